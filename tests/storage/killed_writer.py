"""A process for `test_crashes`: decides without end and prints what it was told is stored.

Run as `python -m tests.storage.killed_writer DATABASE` and killed from outside.
"""

import asyncio
import sys
from pathlib import Path

from approvals.domain.approval_request import Cause
from tests.storage.given import a_request, end, opened, submit


async def decide_without_end(path: Path) -> None:
    async with opened(path) as store:

        async def caller() -> None:
            while True:
                request = await store.write(submit(a_request()))
                await store.write(end(request.id, Cause.PEOPLE))
                print(request.id, flush=True)

        await asyncio.gather(*(caller() for _ in range(8)))


if __name__ == "__main__":
    asyncio.run(decide_without_end(Path(sys.argv[1])))
