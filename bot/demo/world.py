"""Everything the demo's agent acts on, started together: model server, services, ledger.

Entered by the demo command (and by tests). Leaving it stops all of it in under a second and leaves
no process behind; the ledger's file stays.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.agents.spec import ModelSettings
from bot.demo.fleet import ServiceFleet
from bot.demo.ledger import Ledger
from bot.demo.scripted_model import MODEL_NAME, ScriptedModel
from bot.demo.tools import Tool, demo_tools

POLICY_PATH = Path(__file__).with_name("policy.yml")
SYSTEM_PROMPT = (
    "You look after the services checkout and search and the payments ledger. Look before you "
    "change anything. When a call is rejected, denied or times out, say so and do not repeat it. "
    "Answer briefly, with the facts the tools returned."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWorld:
    """The running world; `tools` are not guarded yet."""

    model: ModelSettings
    fleet: ServiceFleet
    ledger: Ledger
    tools: tuple[Tool, ...]


@asynccontextmanager
async def demo_world(data_dir: Path) -> AsyncIterator[DemoWorld]:
    """Start the world with its ledger in *data_dir*, which must exist."""
    ledger = Ledger(data_dir / "ledger.db")
    await ledger.open()
    async with ScriptedModel() as scripted, ServiceFleet() as fleet:
        model = ModelSettings(
            base_url=scripted.base_url, model=MODEL_NAME, api_key=scripted.api_key
        )
        yield DemoWorld(model=model, fleet=fleet, ledger=ledger, tools=demo_tools(fleet, ledger))
