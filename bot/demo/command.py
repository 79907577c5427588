"""`sayso demo`: local Slack, gateway and a demo agent in one process, until Ctrl-C or SIGTERM.

Prints the page's address on a line of its own once page and socket are up; LangChain is imported
in a thread after that. The scripted model answers whatever keys the shell holds, unless
`--real-model` is given. Exit codes: 0 ended as asked, 2 a mistake, one line with its remedy.
"""

import argparse
import asyncio
import logging
import os
import shlex
import sqlite3
import sys
import tempfile
import webbrowser
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from pydantic import SecretStr

from approvals.domain.ids import ChannelId
from approvals.gate import Gate
from approvals.gate.local_gateway import LocalGateway
from approvals.storage.data_directory import hold
from approvals.storage.policy_file import LOGGER_NAME as POLICY_LOGGER
from bot.agents.built_agents import warm_up
from bot.agents.spec import AgentSpec, ModelSettings, given_tools
from bot.bootstrap import running_gateway
from bot.commands.arguments import port_number
from bot.commands.serve import is_start_refusal
from bot.commands.start_trouble import start_trouble
from bot.demo.places import gateway_of_demo
from bot.demo.tools import READS
from bot.demo.world import POLICY_PATH, SYSTEM_PROMPT, DemoWorld, demo_world
from bot.logs import log_to_stderr
from bot.sandbox.page.routes import add_page
from bot.sandbox.server import LocalSlack
from bot.settings import Settings, read_settings
from bot.stopping import say_stopped, stop_signal

PORT = 8484
AGENT = "demo-agent"
CHANNEL = ChannelId("C0PROD")


def run(arguments: list[str]) -> int:
    """Run the command with *arguments* (without the program's name); return the exit code."""
    parser = argparse.ArgumentParser(
        prog="sayso demo",
        description="Run everything on this machine: a local Slack, the gateway, an agent.",
    )
    parser.add_argument(
        "--port",
        type=port_number,
        default=PORT,
        metavar="PORT",
        help=f"the page's port (default {PORT}; 0 takes a free one)",
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="keep everything there; without it nothing is kept"
    )
    parser.add_argument(
        "--policy",
        type=Path,
        default=POLICY_PATH,
        metavar="FILE",
        help="rules of your own, read again whenever they change",
    )
    parser.add_argument("--no-open", action="store_true", help="do not open a browser")
    parser.add_argument(
        "--real-model", action="store_true", help="a model by OPENAI_API_KEY instead of the script"
    )
    wanted = parser.parse_args(arguments)
    log_to_stderr("WARNING", "%(levelname)s %(name)s %(message)s")
    logging.getLogger(POLICY_LOGGER).setLevel(logging.INFO)
    try:
        real = _real_model() if wanted.real_model else None
        return asyncio.run(_demo(wanted, real))
    except OSError as error:
        return _refused(start_trouble(error, port=wanted.port))
    except sqlite3.Error as error:
        return _refused(f"what is kept there cannot be read ({error}) – choose another --data")
    except Exception as refusal:
        if not is_start_refusal(refusal):
            raise
        return _refused(*str(refusal).splitlines())


def _refused(*lines: str) -> int:
    for line in lines:
        print(f"sayso demo: {line}", file=sys.stderr)
    return 2


def _real_model() -> ModelSettings:
    key = os.environ.get("OPENAI_API_KEY")
    if not key:
        raise SystemExit(_refused("--real-model needs OPENAI_API_KEY – set it"))
    return ModelSettings(
        base_url=os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1"),
        model=os.environ.get("SAYSO_MODEL", "gpt-5-mini"),
        api_key=SecretStr(key),
    )


async def _demo(wanted: argparse.Namespace, real: ModelSettings | None) -> int:
    with stop_signal() as stop:
        async with AsyncExitStack() as stack:
            data = wanted.data or Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="sayso-demo-"))
            )
            stack.enter_context(hold(data))
            slack = await stack.enter_async_context(
                LocalSlack.running(data_dir=data, port=wanted.port, add_routes=(add_page,))
            )
            world = await stack.enter_async_context(demo_world(data))
            running = await stack.enter_async_context(
                running_gateway(
                    _settings(slack, data, wanted.policy),
                    lambda gateway: _agents(gateway, world, real),
                )
            )
            _greet(slack.url, opens=not wanted.no_open)
            _tell_api(running.url, data)
            warming = asyncio.create_task(warm_up())
            await stop.wait()
            warming.cancel()
            await asyncio.wait({warming})
    say_stopped(_kept(wanted.data))
    return 0


def _kept(data: Path | None) -> str:
    if data is None:
        return "Nothing was kept; `sayso demo --data DIR` keeps everything."
    again = shlex.join(["sayso", "demo", "--data", str(data)])
    return f"Everything is kept in {data}; go on with: {again}"


def _settings(slack: LocalSlack, data: Path, policy: Path) -> Settings:
    return read_settings(
        {
            "SAYSO_DATA": str(gateway_of_demo(data)),
            "SAYSO_POLICY": str(policy),
            "SAYSO_HTTP_PORT": "0",
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_BASE_URL": slack.base_url,
        }
    )


def _agents(
    gateway: LocalGateway, world: DemoWorld, real: ModelSettings | None
) -> Sequence[AgentSpec]:
    gate = Gate(agent=AGENT)
    gate.use(gateway)
    return (
        AgentSpec(
            name=AGENT,
            system_prompt=SYSTEM_PROMPT,
            model=real or world.model,
            load_tools=given_tools(gate.guard_tools(world.tools, reads=READS)),
            channels=frozenset({CHANNEL}),
        ),
    )


def _tell_api(url: str, data: Path) -> None:
    keys = shlex.join(["sayso", "keys", "create", "--data", str(data)])
    print(
        f"Agents elsewhere ask over HTTP at {url}; a key for one:\n"
        f"  {keys} --scope request --owner U0ALICE",
        flush=True,
    )


def _greet(url: str, *, opens: bool) -> None:
    print(url, flush=True)
    print(
        "Open it, go to #prod-incidents and type\n"
        "  /agent restart the checkout service in prod\n"
        "then choose an approver in “You are” and press Approve. Ctrl-C ends the demo.",
        flush=True,
    )
    if opens:
        webbrowser.open(url)
