"""`sayso mcp`: the MCP servers Sayso is. `serve` asks, `wrap` puts the gate before another one.

Called by `bot.cli`, started by an MCP client (Claude Code, an editor, an agent) in its directory;
the gateway is reached by SAYSO_URL and SAYSO_KEY. Exit code 0 when the client leaves, 1 when the
wrapped server ended before, 2 with a sentence where nothing could be started.
"""

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Mapping
from ipaddress import ip_address

from pydantic import SecretStr

from approvals.domain.errors import Refusal
from bot.commands.start_trouble import start_trouble

_DOES = "Be an MCP server: one that asks people, or another one with the gate in front."
_SERVE = """\
Offers tools to ask people and to wait for their answer at the gateway at $SAYSO_URL, with the key
$SAYSO_KEY; no tool decides anything. Over HTTP clients come with the token $SAYSO_MCP_TOKEN, if it
is set; without one it listens to this machine only.
"""
_WRAP = """\
Starts COMMAND, or reaches --url, and is that server to whoever started this: everything passes, but
each call of a tool asks the gateway at $SAYSO_URL first, with the key $SAYSO_KEY. COMMAND gets this
process's environment without what begins with SAYSO_.
"""
TOKEN_VARIABLE = "SAYSO_MCP_TOKEN"  # noqa: S105 - a name, not the token
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_NOT_HANDED_ON = "SAYSO_"


def run(arguments: list[str]) -> int:
    """Run the command; return the exit code."""
    given, command = command_line(arguments)
    try:
        if given.verb == "serve":
            return asyncio.run(_serve(given, os.environ))
        return asyncio.run(_wrap(given, command, os.environ))
    except Refusal as why:
        return _refused(why.message)
    except (OSError, ValueError) as why:
        return _refused(f"standard input and output are no pipes to a client ({why})")
    except KeyboardInterrupt:
        return 0


def command_line(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Return what is ours, and the command after ``--``, of which nothing is ours."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return _parser().parse_args(arguments[:at]), arguments[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sayso mcp", description=_DOES)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    serve = verbs.add_parser(
        "serve",
        help="be a server whose tools ask people",
        description=_SERVE,
        epilog="For example:  sayso mcp serve --http --port 8765",
    )
    serve.add_argument("--http", action="store_true", help="over HTTP, not standard input")
    serve.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="where it listens (127.0.0.1)"
    )
    serve.add_argument("--port", type=int, default=8765, metavar="PORT", help="8765; 0: a free one")
    wrap = verbs.add_parser(
        "wrap",
        usage="sayso mcp wrap [--name NAME] [--url URL [--header NAME=VARIABLE]] [-- COMMAND …]",
        help="put the gate in front of an MCP server",
        description=_WRAP,
        epilog="For example:  sayso mcp wrap --name github -- npx -y some-github-server",
    )
    wrap.add_argument(
        "--name",
        default="",
        metavar="NAME",
        help="stands before the tools' names in the policy and on cards, as NAME_tool",
    )
    wrap.add_argument("--url", default="", metavar="URL", help="where the server answers over HTTP")
    wrap.add_argument(
        "--header",
        action="append",
        default=[],
        metavar="NAME=VARIABLE",
        help="a header for --url, with the value of an environment variable",
    )
    return parser


async def _serve(given: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from bot.mcp.lines import JsonLines, LineTooLong
    from bot.mcp.serving import NotProtected, serve_http, serve_lines
    from bot.reached_gateway import reached_gateway

    if not _is_address(given.host) or not 0 <= given.port < 65_536:
        return _refused("--host takes an address such as 127.0.0.1, --port 0 to 65535")
    try:
        async with reached_gateway() as gateway:
            if not given.http:
                await serve_lines(gateway, await JsonLines.here())
                return 0
            await serve_http(
                gateway,
                host=given.host,
                port=given.port,
                token=environ.get(TOKEN_VARIABLE, ""),
                announce=lambda url: print(f"MCP at {url}", flush=True),
            )
    except (NotProtected, LineTooLong) as why:
        return _refused(str(why))
    except OSError as why:
        if not given.http:
            raise
        return _refused(start_trouble(why, port=given.port))
    return 0


async def _wrap(given: argparse.Namespace, command: list[str], environ: Mapping[str, str]) -> int:
    from bot.mcp.lines import LineTooLong
    from bot.mcp.upstream import McpServer, McpUnavailable
    from bot.mcp.wrap import wrap
    from bot.reached_gateway import reached_gateway

    mistake = _mistake(given, command, environ)
    if mistake:
        return _refused(mistake)
    server = McpServer(
        name=given.name or "wrapped",
        command=tuple(command),
        env=_handed_on(environ) if command else {},
        url=given.url,
        headers=_headers(given.header, environ),
    )
    try:
        async with reached_gateway() as gateway:
            await wrap(server, gateway, name=given.name)
    except McpUnavailable as why:
        sys.stderr.write(f"sayso mcp wrap: {why}\n")
        return 1
    except LineTooLong as why:
        return _refused(str(why))
    return 0


def _is_address(written: str) -> bool:
    try:
        return bool(ip_address(written))
    except ValueError:
        return False


def _mistake(
    given: argparse.Namespace, command: list[str], environ: Mapping[str, str]
) -> str | None:
    """Return what is wrong on the command line."""
    if bool(command) == bool(given.url):
        return "give either a command after --, or --url"
    if given.url and not given.url.startswith(("http://", "https://")):
        return "--url begins with https:// or http://"
    if given.header and not given.url:
        return "--header means nothing without --url"
    if given.name and not _NAME.fullmatch(given.name):
        return "--name takes 1 to 32 letters, digits, _ or -"
    for each in given.header:
        name, _, variable = each.partition("=")
        if not name or variable not in environ:
            return f"--header {name}: no environment variable {variable!r:.60}"
    return None


def _headers(given: list[str], environ: Mapping[str, str]) -> dict[str, SecretStr]:
    pairs = (each.partition("=") for each in given)
    return {name: SecretStr(environ[variable]) for name, _, variable in pairs}


def _handed_on(environ: Mapping[str, str]) -> dict[str, SecretStr]:
    """Return what the wrapped program may know: whatever it was started with, but not our key."""
    return {
        name: SecretStr(value)
        for name, value in environ.items()
        if not name.startswith(_NOT_HANDED_ON)
    }


def _refused(said: str) -> int:
    sys.stderr.write(f"sayso mcp: {said}\n")
    return 2
