"""The `sayso` command: finds the subcommand and loads only what it needs.

Exit codes: 0 done, 2 a mistake in arguments, settings, policy or environment (one line each).
"""

import importlib
import sys
from collections.abc import Callable
from typing import cast

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("bot.demo.command", "try everything on this machine: no Slack account, no keys"),
    "serve": ("bot.commands.serve", "run the gateway on your Slack workspace"),
    "slack": ("bot.commands.slack", "set Slack up: the app, its tokens, a first card"),
    "manifest": ("bot.commands.manifest", "print the manifest of the Slack app"),
    "check": ("bot.commands.check", "tell what keeps the gateway from working, and what to do"),
    "agents": ("bot.commands.agents", "check the agents' file: every mistake, or every tool"),
    "sandbox": ("bot.sandbox.command", "run a local stand-in for Slack, to develop against"),
    "policy": (
        "bot.commands.policy.command",
        "check a policy file, try it on cases and on recorded calls",
    ),
    "keys": ("bot.commands.keys", "make, list and revoke the keys programs come in with"),
    "request": ("bot.commands.request", "ask people from a shell script, and run what they allow"),
    "inbox": ("bot.commands.inbox", "decide from a terminal what waits for you"),
    "hook": ("bot.commands.hook", "answer the hooks of Claude Code, each tool call of it"),
    "mcp": ("bot.commands.mcp", "be an MCP server: one that asks, or another one behind the gate"),
    "freeze": ("bot.commands.freeze", "let no agent start anything: the emergency stop"),
    "unfreeze": ("bot.commands.unfreeze", "lift a freeze"),
}


def usage() -> str:
    """Return the overview of the commands."""
    return "\n".join(
        [
            "usage: sayso COMMAND [OPTIONS]",
            "",
            "A Slack approval gateway for AI agents: tool calls ask people before they run.",
            "",
            *(f"  {name:<9} {what}" for name, (_, what) in COMMANDS.items()),
            "",
            "`sayso COMMAND --help` tells a command's options, `sayso --version` the version.",
            "New here? Start with `sayso demo`.",
        ]
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] in (["--version"], ["-V"]):
        from importlib.metadata import version

        print(f"sayso {version('sayso')}")
        return 0
    if not arguments:
        print(usage(), file=sys.stderr)
        return 2
    if arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if arguments[0] not in COMMANDS:
        print(f"sayso: no command {arguments[0]!r}\n\n{usage()}", file=sys.stderr)
        return 2
    try:
        module = importlib.import_module(COMMANDS[arguments[0]][0])
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] in ("bot", "approvals"):
            raise
        print(
            f"sayso: {missing.name} is not installed – this command needs the server: "
            "pip install 'sayso[server]'",
            file=sys.stderr,
        )
        return 2
    run = cast("Callable[[list[str]], int]", module.run)
    return run(arguments[1:])


if __name__ == "__main__":
    sys.exit(main())
