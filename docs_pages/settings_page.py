"""docs/reference/settings.md: every environment variable, from `bot.settings.Settings`."""

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.settings import Settings
from docs_pages.markdown import block, code, page, table

_INTRO = """
Settings are environment variables, read once at start. Every mistake is told at once, one line each
with its remedy, and the command ends with exit code 2. A variable that begins with `SAYSO_` and is
not on this page is a mistake too, so that a typing error is not silently a default.

`sayso serve`, and an agent that opens its own gateway with `with gate:`, read all of them; the
other commands read those they need, `sayso demo` none. What stands in a file named `.env` in the
directory they are started in counts where the environment says nothing: `NAME=value` lines, `#`
before a remark, quotes around a value if need be. Nothing in it is expanded or run. `sayso slack
setup` writes one.

Models and their keys are named in [the agents' file](../how-to/configure-agents.md).
"""
_FILES = """
## Secrets in files

Each variable may also be given as `NAME_FILE`: the path of a file that holds the value. Blanks
around it are cut off. Setting both is a mistake. With Docker or systemd credentials:
"""
_FILES_EXAMPLE = """
SLACK_BOT_TOKEN_FILE=/run/secrets/slack_bot_token
SLACK_APP_TOKEN_FILE=/run/secrets/slack_app_token
"""
_OTHERS = (
    ("`HTTPS_PROXY`, `NO_PROXY`", "the proxy for everything sent to Slack, the socket included"),
    ("`SSL_CERT_FILE`", "the certificates to trust, where a company's proxy has its own"),
    (
        "`OPENAI_API_KEY`, `OPENAI_BASE_URL`, `SAYSO_MODEL`",
        "the model of `sayso demo --real-model`, and of no other command",
    ),
    (
        "`SAYSO_CHROMIUM`, `SAYSO_REQUIRE_BROWSER`",
        "read by the test suite only: which Chromium, and whether a missing one is a failure",
    ),
)


def settings_page() -> str:
    """Return the page."""
    rows = [_row(field) for field in Settings.model_fields.values()]
    return page(
        "Settings",
        _INTRO,
        table(("Variable", "Default", "Takes", "Meaning"), rows),
        "What one setting needs of another: `socket` needs `SLACK_APP_TOKEN`, `http` needs "
        "`SLACK_SIGNING_SECRET`.",
        _FILES,
        block("sh", _FILES_EXAMPLE.strip()),
        "## Variables of the surroundings",
        table(("Variable", "Meaning"), _OTHERS),
    )


def _row(field: FieldInfo) -> tuple[str, str, str, str]:
    default = "required" if field.is_required() else _default(field.default)
    return f"`{field.alias}`", default, _takes(field), field.description or ""


def _default(value: Any) -> str:
    return "none" if value is None or value == "" else code(str(value))


def _takes(field: FieldInfo) -> str:
    kinds = _kinds(field.annotation)
    if SecretStr in kinds:
        return "a secret"
    if Path in kinds:
        return "a path"
    if int in kinds:
        return "a number"
    if get_origin(field.annotation) is Literal:
        return ", ".join(code(str(choice)) for choice in get_args(field.annotation))
    return "text"


def _kinds(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) or (annotation,)
