"""What an agent process pays for importing the gate: pydantic, and nothing of the server."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {
            "aiohttp", "aiosqlite", "alembic", "bot", "cel", "jinja2", "langchain",
            "langchain_core", "langgraph", "ruamel", "slack_bolt", "slack_sdk", "sqlalchemy",
            "sqlite3", "sqlmodel", "ulid",
        } or name.startswith(("approvals.operations", "approvals.storage")):
            raise ImportError(f"{name} is not installed")

sys.meta_path.insert(0, Blocker())
from approvals.gate import Gate

gate = Gate(agent="script")

@gate.guard
def pay(amount: int) -> int:
    return amount

try:
    with gate:
        pay(1)
except Exception as error:
    print(type(error).__name__, error)
try:
    pay(1)
except Exception as error:
    print(type(error).__name__)
"""


def test_the_gate_needs_nothing_but_pydantic_and_says_how_to_get_a_gateway() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    first, second = done.stdout.splitlines()
    assert first.startswith("Unavailable No gateway is installed")
    assert "pip install 'sayso[server]'" in first
    assert second == "GateNotConnected"
