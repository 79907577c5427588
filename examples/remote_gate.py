"""Guard a function in a program that runs elsewhere than its gateway.

Only `pip install sayso` is needed here: the gate alone. The address of a running gateway stands in
SAYSO_URL and a key that may ask in SAYSO_KEY (docs/how-to/remote-gate.md).
"""

import asyncio
import sys

from approvals.gate import CallRejected, Gate

gate = Gate(agent="deploy-bot")


@gate.guard
async def restart_service(service: str) -> str:
    """Restart one service of production."""
    return f"{service} restarted"


async def main(service: str, release: str) -> None:
    """Ask once for each release: begun again after a crash, it finds its own question."""
    async with gate:
        with gate.calling(key=f"release-{release}", reason=f"Release {release}"):
            try:
                print(await restart_service(service))
            except CallRejected as no:
                print(f"{service} stays as it is: {no.outcome.reason}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
