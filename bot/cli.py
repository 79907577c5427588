"""The `sayso` command: finds the subcommand and loads only what it needs.

Exit codes: 0 done, 2 a mistake in arguments, settings, policy or environment (one line each).
"""

import importlib
import sys
from collections.abc import Callable
from typing import cast

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("bot.demo.command", "the whole thing on this machine, no account needed"),
    "serve": ("bot.serve_command", "the gateway on a real workspace"),
    "sandbox": ("bot.sandbox.command", "the local Slack alone"),
    "policy": ("bot.policy_command", "validate a policy file, explain what it says"),
}


def usage() -> str:
    """Return the overview of the commands."""
    lines = ["usage: sayso COMMAND [OPTIONS]   (sayso COMMAND --help for its options)", ""]
    lines += [f"  {name:<9} {what}" for name, (_, what) in COMMANDS.items()]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] in (["--version"], ["-V"]):
        from importlib.metadata import version

        print(f"sayso {version('sayso')}")
        return 0
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if arguments else 2
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
