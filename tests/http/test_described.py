"""The API is what its OpenAPI document says, whatever is sent to it. Case G18."""

import asyncio
import json
import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain.key import Scope
from approvals.domain.limits import Limits
from tests.fakes.people import BOB
from tests.http.api_in_test import Api, an_api

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES_EACH = 150
CASES_MIN = 5_000
A_MOMENT = timedelta(seconds=1)
"""Nobody decides here, so that a long poll would only cost its whole time."""
UNLIMITED = Limits(pending_of_agent=10**6, pending=10**6, new_of_agent=10**6)
POLICY = """
version: 1
defaults: {channel: "#ops", timeout: 15m, fold: off, cooldown: off}
people:
  sre: {users: [U0BOB, U0CAROL]}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules: [{tool: "read_*", effect: allow}, {tool: "drop_*", effect: deny}]
"""


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_G18_no_case_of_thousands_is_answered_otherwise_than_described(
    tmp_path: Path,
) -> None:
    """0 server errors, 0 answers that are not described."""
    async with an_api(UNLIMITED, failures_max=10**9, wait_max=A_MOMENT, policy=POLICY) as api:
        asking = await api.key(Scope.REQUEST, Scope.READ)
        deciding = await api.key(Scope.DECIDE, Scope.READ, owner=BOB)
        await api.ask(asking, "known")

        found = [await cases(api, key, tmp_path) for key in (asking, deciding)]

    assert sum(found) >= CASES_MIN


async def cases(api: Api, key: str, place: Path) -> int:
    """Try everything described with *key*, and return in how many cases."""
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG)),
        *("run", f"{api.url}/openapi.json", "--checks", "all", "--continue-on-failure"),
        *("--header", f"Authorization: Bearer {key}", "--max-examples", str(EXAMPLES_EACH)),
        # Strict JSON refuses what JSON Schema cannot: NUL, half surrogates, 1.0 for 1.
        *("--exclude-checks", "positive_data_acceptance"),
        *("--no-shrink", "--workers", "1", "--seed", "1", "--no-color"),
        cwd=place,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    text = out.decode()
    counted = re.search(r"(\d+) generated", text)
    assert process.returncode == 0, shortened(text)
    assert counted is not None, shortened(text)
    return int(counted[1])


def shortened(text: str) -> str:
    """Return *text* without the middles of its endless lines."""
    return "\n".join(json.dumps(line)[:300] for line in text.splitlines())[-12_000:]
