"""`sayso unfreeze`: lifts what `sayso freeze` or a person in Slack froze; all of it is there."""

from bot.commands.freeze import run_verb
from bot.console_freeze import UNFREEZE


def run(arguments: list[str]) -> int:
    """Run the command; return the exit code."""
    return run_verb(UNFREEZE, arguments)
