"""A function that asks before it runs, and what its caller does with the answer.

docs/how-to/guard-a-function.md says how to try it on the local Slack.
"""

import asyncio
import logging

from approvals.gate import CallNotApproved, CallTimedOut, Gate

gate = Gate(agent="deploy-bot", channel="#prod-incidents")


@gate.guard
async def restart_service(name: str, drain_s: int = 30) -> str:
    """Restart a service after letting it drain."""
    return f"{name} restarted after {drain_s} s"


@gate.guard
async def read_status(name: str) -> str:
    """Read how a service is doing."""
    return f"{name} is up"


async def main() -> None:
    """Ask for two calls: one is allowed by rule, one needs a person."""
    async with gate:
        print(await read_status("checkout"))
        try:
            print(await restart_service("checkout", drain_s=5))
        except CallTimedOut:
            print("Nobody answered. Nobody said no either: ask again when people are there.")
        except CallNotApproved as refusal:
            print(f"{refusal.outcome.kind}: {refusal}")


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    logging.getLogger("sayso.gate").setLevel(logging.INFO)  # says what it waits for, and how long
    asyncio.run(main())
