"""An agent of the OpenAI Agents SDK that pauses for a person, and goes on from what was stored.

docs/how-to/openai-agents.md says more. The model is scripted, so that no key is needed; as long as
the gate answers from a script too, nothing else is. Drop `scripted(…)` for `async with gate:`.
"""

import asyncio
import secrets
from typing import Any

from agents import Agent, RunConfig, Runner, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call

from approvals.gate import Gate
from approvals.gate.openai_agents import ask_interruptions, guard_tools, resume, seal, unseal
from approvals.gate.testing import approved, scripted

gate = Gate(agent="deploy-bot", channel="#prod-incidents")
KEY = secrets.token_bytes(32)  # from where your secrets are, the same in every process
RUN = "incident-42"
QUIET = RunConfig(tracing_disabled=True)


@function_tool
async def restart_service(name: str) -> str:
    """Restart a service."""
    print(f"{name} restarted")
    return f"{name} restarted"


def an_agent(*turns: Any) -> Any:
    """Make the agent; `guard_tools` is all that Sayso adds."""
    tools = guard_tools(gate, [restart_service], pauses=True)
    return Agent(name="ops", model=ScriptedModel(turns), tools=list(tools))


async def start() -> str:
    """Run the agent until it pauses, and return what is to be stored."""
    call = function_call("restart_service", {"name": "checkout"}, call_id="call_1")
    result = await Runner.run(an_agent([call]), "restart checkout, please", run_config=QUIET)
    state = result.to_state()
    await ask_interruptions(state, gate=gate, run=RUN)
    return seal(state, key=KEY, run=RUN)


async def go_on(stored: str) -> str:
    """Go on in any process, as soon as people have decided."""
    agent = an_agent([assistant_message("It is up again.")])
    state = await unseal(agent, stored, key=KEY, run=RUN)
    result = await resume(agent, state, gate=gate, run=RUN, run_config=QUIET)
    return str(result.final_output)


async def main() -> None:
    """Both, one after the other."""
    async with scripted(gate, approved()):
        print(await go_on(await start()))


if __name__ == "__main__":
    asyncio.run(main())
