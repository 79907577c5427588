"""`sayso serve`: the gateway the environment describes, until Ctrl-C or SIGTERM.

Exit codes: 0 ended as asked, 1 an agent it hosts failed, 2 a mistake in settings, policy or
environment, one line each with its remedy, 75 the database cannot be reached yet.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from approvals.domain.errors import Refusal
from approvals.gate import Gate
from approvals.storage.out_of_reach import StoreOutOfReach
from approvals.storage.policy_file import read_file
from approvals.storage.policy_reader import read_policy
from bot.agents.agent_specs import AgentsOfFile
from bot.agents.agents_file import AgentEntry, open_agents
from bot.bootstrap import Running, running_gateway
from bot.commands.arguments import add_places, places_in
from bot.environment import EnvFileInvalid, environment
from bot.heap import keep_loaded
from bot.hosted_function import Hosted, coroutine_function
from bot.http.serving import PortTaken
from bot.logs import log_to_stderr
from bot.settings import Settings, SettingsInvalid, read_settings
from bot.slack.start_checks import StartRefused
from bot.stopping import say_stopped, stop_signal
from bot.variables import value_of

AGENT = "agent"
OUT_OF_REACH = 75
"""Nothing is set wrongly, as far as can be seen: a restart may help (sysexits calls it so)."""


def run(arguments: list[str]) -> int:
    """Run the command with *arguments* (without the program's name); return the exit code."""
    parser = argparse.ArgumentParser(
        prog="sayso serve",
        description="Run the gateway. Settings are environment variables: "
        "docs/reference/settings.md.",
    )
    add_places(parser)
    wanted = parser.parse_args(arguments)
    environ: Mapping[str, str] = os.environ
    try:
        environ = environment()
        settings = read_settings(environ, **places_in(wanted))
        log_to_stderr(settings.log_level)
        return asyncio.run(_serve(settings, environ))
    except SettingsInvalid as mistakes:
        return _refused(*mistakes.lines, *_policy_mistakes(wanted.policy, environ))
    except Exception as refusal:
        if not is_start_refusal(refusal):
            raise
        code = _refused(*str(refusal).splitlines())
        return OUT_OF_REACH if isinstance(refusal, StoreOutOfReach) else code


def _policy_mistakes(given: Path | None, environ: Mapping[str, str]) -> Sequence[str]:
    """Return what is wrong with the policy file too, so that a first start tells all at once."""
    from approvals.storage.mistakes import PolicyInvalid

    try:
        path = given or Path(value_of(environ, "SAYSO_POLICY") or "policy.yml")
        read_policy(read_file(path), file=path.name)
    except PolicyInvalid as refusal:
        return str(refusal).splitlines()
    except ValueError:
        return ()  # told already, with the settings
    return ()


def is_start_refusal(error: Exception) -> bool:
    """Whether *error* is one of those that say in their text what a person has to put right."""
    from approvals.storage.mistakes import PolicyInvalid

    return isinstance(error, Refusal | PolicyInvalid | StartRefused | PortTaken | EnvFileInvalid)


def _refused(*lines: str) -> int:
    for line in lines:
        print(f"sayso serve: {line}", file=sys.stderr)
    return 2


async def _serve(settings: Settings, environ: Mapping[str, str]) -> int:
    hosted = None if settings.run is None else coroutine_function(settings.run)
    entries = await asyncio.to_thread(_agent_entries, settings, environ)
    with stop_signal() as stop:
        async with (
            AgentsOfFile(entries) as agents,
            running_gateway(settings, agents.specs) as running,
        ):
            keep_loaded()
            print(f"Sayso is serving; health at {running.url}/readyz", flush=True)
            code = await _hosting(hosted, running, stop)
    if code == 0:
        say_stopped(f"Everything is kept in {settings.data_dir}; `sayso serve` goes on with it.")
    return code


async def _hosting(agent: Hosted | None, running: Running, stop: asyncio.Event) -> int:
    """Wait for the end, running *agent* beside the gateway."""
    stopping = asyncio.create_task(stop.wait())
    if agent is None:
        await stopping
        return 0
    gate = Gate(agent=AGENT)
    gate.use(running.gateway)
    hosted = asyncio.create_task(agent(gate))
    await asyncio.wait({stopping, hosted}, return_when=asyncio.FIRST_COMPLETED)
    if hosted.done() and hosted.exception() is not None:
        logging.getLogger("sayso").error("SAYSO_RUN failed", exc_info=hosted.exception())
        stopping.cancel()
        return 1
    await stopping
    # Detached first: a call cancelled before that would withdraw its question.
    await running.gateway.close()
    hosted.cancel()
    await asyncio.wait({hosted}, timeout=1)
    return 0


def _agent_entries(settings: Settings, environ: Mapping[str, str]) -> Sequence[AgentEntry]:
    if settings.agents is None:
        return ()
    channels = read_policy(read_file(settings.policy), file=settings.policy.name).channels
    return open_agents(settings.agents, channels=channels, environ=environ)
