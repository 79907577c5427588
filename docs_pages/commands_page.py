"""docs/reference/commands.md: the command line as it prints itself, and the Slack commands."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress

from bot import cli
from bot.settings import Settings
from bot.slack.task_words import USAGE
from bot.slack.verbs.table import VERBS
from docs_pages.markdown import block, page, table

_INTRO = """
`sayso` is installed with the package; `python -m bot` is the same. The gate alone (`pip install
sayso`) has the command too, but what needs the server says so and ends with 2.
"""
_EXITS = (
    ("0", "done, or ended as asked by Ctrl-C or SIGTERM"),
    (
        "1",
        (
            "`serve`: what `SAYSO_RUN` names failed; `policy test`: a case does not hold; "
            "`policy validate --strict`: something is odd"
        ),
    ),
    (
        "2",
        "a mistake in arguments, settings, policy or environment: one line each, with its remedy",
    ),
    (
        "3 to 7",
        "`request`, `inbox`: what people, policy or gateway said ([which](../how-to/shell.md))",
    ),
    ("75", "`serve`: the PostgreSQL server cannot be reached yet; starting again may help"),
    ("75", "`check`: nothing is set wrongly, but Slack or the database cannot be reached now"),
)
_HELPED = (
    ("demo",),
    ("serve",),
    ("check",),
    ("slack", "setup"),
    ("manifest",),
    ("agents", "check"),
    ("sandbox",),
    ("policy", "validate"),
    ("policy", "explain"),
    ("policy", "test"),
    ("policy", "replay"),
    ("policy", "suggest"),
    ("policy", "schema"),
    ("keys", "create"),
    ("keys", "list"),
    ("keys", "revoke"),
    ("request",),
    ("inbox",),
    ("inbox", "list"),
    ("inbox", "show"),
    ("inbox", "approve"),
    ("inbox", "reject"),
    ("freeze",),
    ("unfreeze",),
    ("hook",),
    ("mcp", "wrap"),
    ("mcp", "serve"),
)
_SLACK_INTRO = """
## In Slack

The names are settings, and have to be those of the app's manifest.
"""
_TASKS_INTRO = """
### `/agent`

Answers are private; everything else about a task is told in its thread. `@sayso`, at the beginning
of a message, means the same where slash commands cannot go. In a task's thread, what is said to
`@sayso` is said to its agent, but for a verb that stands alone. Without words a form opens. No word
decides anything.
"""
_VERBS_INTRO = """
### `/approvals`

Answers are private, and come within a second. What is asked in a channel is seen by its members;
guests and people of other organisations see nothing. Nothing typed ever approves anything.
"""
_SLACK_NOTE = """
Everything else happens on cards: *Approve*, *Reject* (with a reason, if you like), *Details*, and
on a card that cannot show the whole call *Review and approve…*, which opens all its pages.
"""
_MAKE = """
## In the repository

| Command | Does |
|---|---|
| `make demo` | sets up, then `sayso demo` |
| `make serve` | sets up, then `sayso serve` |
| `make test` | sets up and passes the quick suite |
| `make test-long` | passes what takes seconds each, twelve times as many examples among it |
| `make test-slow` | the campaigns, which take minutes each |
| `make campaign` | kills `CYCLES` gateways (1000) amid agent tasks, and checks the rest |
| `make check` | format, lint, types, import contracts, documentation |
| `make bench` | [benchmarks](benchmarks.md) |
| `make docs` | writes the generated pages of this folder anew |
| `make lock` | resolves `requirements.lock` anew |
"""


def commands_page() -> str:
    """Return the page."""
    helps = [
        block("console", f"$ sayso {' '.join(words)} --help\n{_help(*words)}") for words in _HELPED
    ]
    return page(
        "Commands",
        _INTRO,
        block("console", f"$ sayso --help\n{cli.usage()}"),
        table(("Exit code", "Means"), _EXITS),
        *helps,
        _SLACK_INTRO,
        table(("Command", "Setting", "Does"), _slack_commands()),
        _SLACK_NOTE,
        _TASKS_INTRO,
        "\n".join(f"- {usage.format(c='/agent')}." for usage in USAGE.values()),
        _VERBS_INTRO,
        table(("Verb", "Does"), _verbs()),
        _MAKE,
    )


def _slack_commands() -> Iterator[tuple[str, str, str]]:
    for name, usage in (("agent_command", " TEXT"), ("approvals_command", "")):
        field = Settings.model_fields[name]
        yield f"`{field.default}{usage}`", f"`{field.alias}`", field.description or ""


def _verbs() -> Iterator[tuple[str, str]]:
    for verb in VERBS:
        does = f"{verb.does}. {verb.details}".removesuffix(" ")
        yield f"`{verb.name} {verb.usage}`".replace(" `", "`"), does.replace("|", "\\|")


def _help(*words: str) -> str:
    printed = io.StringIO()
    with _eighty_columns(), redirect_stdout(printed), suppress(SystemExit):
        cli.main([*words, "--help"])
    return printed.getvalue()


@contextmanager
def _eighty_columns() -> Iterator[None]:
    """Make argparse wrap the same everywhere."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
