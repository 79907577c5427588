"""`sayso sandbox`: the local Slack alone, until Ctrl-C or SIGTERM.

Prints the page's address first, then what a client needs as `NAME=value` lines. Exit codes: 0 ended
as asked, 2 wrong arguments, a taken port or a data directory that cannot be used, in one line.
"""

import argparse
import asyncio
import shlex
import sqlite3
import sys
from pathlib import Path

from bot.commands.arguments import port_number
from bot.commands.start_trouble import start_trouble
from bot.sandbox.server import AddRoutes, LocalSlack
from bot.stopping import say_stopped, stop_signal

_PORT = 8484


def run(arguments: list[str]) -> int:
    """Run the command with these arguments (without the program's name); returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="sayso sandbox", description="Run the local Slack: a stand-in for a workspace."
    )
    parser.add_argument(
        "--port",
        type=port_number,
        default=_PORT,
        metavar="PORT",
        help=f"default {_PORT}; 0 takes a free one",
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="keep the workspace there; else it is in memory"
    )
    parser.add_argument("--signed-http", metavar="URL", help="post payloads there, signed")
    parser.add_argument("--no-page", action="store_true", help="the Web API only")
    wanted = parser.parse_args(arguments)
    try:
        return asyncio.run(_serve(wanted))
    except OSError as error:
        print(f"sayso sandbox: {start_trouble(error, port=wanted.port)}", file=sys.stderr)
    except sqlite3.Error as error:
        print(f"sayso sandbox: cannot start: {error}", file=sys.stderr)
    return 2


async def _serve(wanted: argparse.Namespace) -> int:
    with stop_signal() as stop:
        async with LocalSlack.running(
            data_dir=wanted.data,
            port=wanted.port,
            signed_http_url=wanted.signed_http,
            add_routes=() if wanted.no_page else _page(),
        ) as slack:
            print("\n".join(_lines(slack, with_page=not wanted.no_page)), flush=True)
            await stop.wait()
    say_stopped(_kept(wanted.data))
    return 0


def _kept(data: Path | None) -> str:
    if data is None:
        return "The workspace was in memory and is gone; --data DIR keeps one."
    again = shlex.join(["sayso", "sandbox", "--data", str(data)])
    return f"The workspace is kept in {data}; go on with: {again}"


def _page() -> tuple[AddRoutes, ...]:
    """The page is loaded only when it is wanted: its templates cost start-up time."""
    from bot.sandbox.page.routes import add_page

    return (add_page,)


def _lines(slack: LocalSlack, *, with_page: bool) -> list[str]:
    page = [f"Local Slack (a stand-in, not slack.com): {slack.url}"] if with_page else []
    return [
        *page,
        f"SLACK_BASE_URL={slack.base_url}",
        f"SLACK_BOT_TOKEN={slack.bot_token}",
        f"SLACK_APP_TOKEN={slack.app_token}",
        f"SLACK_SIGNING_SECRET={slack.signing_secret}",
        f"SLACK_TEAM_ID={slack.team_id}",
        f"SLACK_APP_ID={slack.app_id}",
    ]
