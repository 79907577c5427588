"""An agent that asks people where to, and then asks before it goes there.

The answer is data; the guarded call asks for itself. docs/how-to/ask-a-question.md says more.
"""

import asyncio
import logging

from approvals.gate import CallNotApproved, CallRejected, Gate

REGIONS = ["eu-west-1", "us-east-1"]
gate = Gate(agent="deploy-bot", channel="#prod-incidents")


@gate.guard
async def shift_traffic(region: str) -> str:
    """Send all traffic to one region."""
    return f"traffic goes to {region}"


async def main() -> None:
    """Ask where to, then for the approval of exactly that."""
    async with gate:
        try:
            region = await gate.ask("Which region takes the traffic?", options=REGIONS)
            print(await shift_traffic(region))
        except CallRejected as no:
            print(f"no: {no.outcome.reason}")
        except CallNotApproved as refusal:
            print(f"{refusal.outcome.kind}: {refusal}")


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    logging.getLogger("sayso.gate").setLevel(logging.INFO)  # says what it waits for, and how long
    asyncio.run(main())
