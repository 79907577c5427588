"""`sayso agents check`: every mistake in the agents' file, or every agent with its tools.

Called by `bot.cli` with the words after `agents`. Imports modules of tools and starts MCP servers,
as the gateway would, and stops them again; no tool is called, no model is asked, Slack is not
reached. Exit code 0, or 2 with one line per mistake.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from approvals.domain.errors import Refusal
from approvals.gate import Gate
from approvals.gate.declared import Declared
from approvals.storage.mistakes import FileInvalid
from approvals.storage.policy_file import read_file
from approvals.storage.policy_reader import read_policy
from bot.agents.agent_specs import AgentsOfFile, guarded
from bot.agents.agents_file import AgentEntry, open_agents
from bot.agents.tools_file import tool_name
from bot.environment import EnvFileInvalid, environment
from bot.logs import log_to_stderr

_USAGE = """\
usage: sayso agents check [FILE] [--policy FILE]

  check  tell every mistake in an agents' file, or each agent with its tools

Reads FILE, else $SAYSO_AGENTS, else agents.yml here; and the policy, --policy FILE, else
$SAYSO_POLICY, else policy.yml here. MCP servers are started and stopped; no tool is called.
"""


def run(arguments: list[str]) -> int:
    """Run the command; return the exit code, 0 or 2."""
    if arguments[:1] in (["-h"], ["--help"], ["help"]):
        sys.stdout.write(_USAGE)
        return 0
    if arguments[:1] != ["check"]:
        if arguments:
            sys.stderr.write(f"sayso agents: no command {arguments[0]!r}\n\n")
        sys.stderr.write(_USAGE)
        return 2
    try:
        return _check(arguments[1:])
    except FileInvalid as refusal:
        sys.stderr.writelines(f"{mistake}\n" for mistake in refusal.mistakes)
    except (Refusal, EnvFileInvalid) as refusal:
        sys.stderr.write(f"{refusal}\n")
    except SystemExit as leaving:
        return 0 if leaving.code in {0, None} else 2
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
    return 2


def _check(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="sayso agents check",
        description="Tell every mistake in an agents' file, or each agent with its tools.",
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="default: $SAYSO_AGENTS")
    parser.add_argument("--policy", metavar="FILE", help="default: $SAYSO_POLICY")
    chosen = parser.parse_args(arguments)
    log_to_stderr("ERROR")
    environ = environment()
    policy = Path(chosen.policy or environ.get("SAYSO_POLICY") or "policy.yml")
    file = Path(chosen.file or environ.get("SAYSO_AGENTS") or "agents.yml")
    channels = read_policy(read_file(policy), file=policy.name).channels
    entries = open_agents(file, channels=channels, environ=environ)
    names = {channel.id: channel.name for channel in channels}
    return asyncio.run(_tell(entries, {str(key): name for key, name in names.items()}))


async def _tell(entries: tuple[AgentEntry, ...], channels: dict[str, str]) -> int:
    code = 0
    async with AgentsOfFile(entries) as agents:
        for entry in agents.entries:
            where = ", ".join(sorted(channels[each] for each in entry.channels))
            print(f"{entry.name}: {entry.model.model} at {entry.model.base_url}, in {where}")
            try:
                tools = await agents.tools(entry)
                await asyncio.to_thread(guarded, entry, tools, Gate(agent=entry.name))
            except Refusal as refusal:
                code = 2
                sys.stderr.write(f"{entry.name}: {refusal.message}\n")
                continue
            for name in map(tool_name, tools):
                print(f"  {name}{_declared(entry, name)}")
    return code


def _declared(entry: AgentEntry, tool: str) -> str:
    traits = Declared.of(reads=entry.reads, idempotent=entry.idempotent).traits(tool)
    asks = any(glob.matches(tool) for glob in entry.require_approval)
    said = {"reads": traits.reads, "idempotent": traits.idempotent, "always asks": asks}
    words = ", ".join(word for word, is_so in said.items() if is_so)
    return f"  ({words})" if words else ""
