"""Settings: environment variables in, one checked value out, every mistake on a line of its own.

Read once by the commands and handed to the composition root; nothing reads the environment later.
A secret may stand in a file named by `NAME_FILE`. `docs/reference/settings.md` is generated from
the fields here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from bot.setting_types import (
    Address,
    Command,
    DatabaseUrl,
    Hosts,
    ModuleAttribute,
    Networks,
    Origins,
)
from bot.settings_mistakes import explained
from bot.variables import value_of

_OURS = ("SAYSO_",)
_NOT_SETTINGS = frozenset(
    {
        *("SAYSO_CHROMIUM", "SAYSO_MODEL", "SAYSO_REQUIRE_BROWSER"),
        *("SAYSO_URL", "SAYSO_KEY", "SAYSO_KEY_FILE"),
    }
)
"""Read by the test suite, the demo and remote gates, not by the gateway."""

_SOCKET_MODE_NEEDS = (
    "SLACK_APP_TOKEN: Socket Mode needs it – create an app-level token with connections:write "
    "(docs/how-to/deploy.md), or set SAYSO_SLACK_TRANSPORT=http"
)


class SettingsInvalid(Exception):
    """The environment holds mistakes; `lines` has one sentence with a remedy for each."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        super().__init__("\n".join(lines))


class Settings(BaseModel):
    """Everything an operator can set; each alias is the environment variable's name."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    data_dir: Path = Field(
        Path(".sayso"), alias="SAYSO_DATA", description="Where the database and the lock live."
    )
    database_url: DatabaseUrl = Field(
        None,
        alias="SAYSO_DATABASE_URL",
        description="A PostgreSQL database to use instead of a file (`postgresql://user:password@"
        "host:5432/name`).",
    )
    database_schema: str = Field(
        "sayso",
        alias="SAYSO_DATABASE_SCHEMA",
        pattern=r"^[a-z_][a-z0-9_]{0,62}$",
        description="The schema in it that is Sayso's alone; made if it is missing.",
    )
    policy: Path = Field(Path("policy.yml"), alias="SAYSO_POLICY", description="The policy file.")
    slack_bot_token: SecretStr = Field(
        alias="SLACK_BOT_TOKEN", description="The app's bot token (`xoxb-…`)."
    )
    slack_app_token: SecretStr | None = Field(
        None,
        alias="SLACK_APP_TOKEN",
        description="The app-level token (`xapp-…`, scope `connections:write`) for Socket Mode.",
    )
    slack_signing_secret: SecretStr | None = Field(
        None,
        alias="SLACK_SIGNING_SECRET",
        description="The app's signing secret; needed for the `http` transport.",
    )
    slack_transport: Literal["socket", "http"] = Field(
        "socket",
        alias="SAYSO_SLACK_TRANSPORT",
        description="`socket` needs no public address; `http` receives signed requests.",
    )
    slack_base_url: Address = Field(
        "https://slack.com/api/",
        alias="SLACK_BASE_URL",
        description="The Web API's address, ending in a slash; the local Slack prints its own.",
    )
    http_host: str = Field(
        "127.0.0.1", alias="SAYSO_HTTP_HOST", description="The address the gateway listens on."
    )
    http_port: int = Field(
        8080, alias="SAYSO_HTTP_PORT", ge=0, le=65535, description="Its port; 0 takes a free one."
    )
    http_hosts: Hosts = Field(
        (),
        alias="SAYSO_HTTP_HOSTS",
        description="The names programs may call the gateway by (`sayso.example.com`), with commas "
        "between; this machine's own names always work while it listens on itself alone.",
    )
    http_origins: Origins = Field(
        (),
        alias="SAYSO_HTTP_ORIGINS",
        description="The pages that may connect to `/v1/stream` from a browser "
        "(`https://inbox.example.com`), with commas between; no other page may.",
    )
    streams_max: int = Field(
        2_000,
        alias="SAYSO_STREAMS_MAX",
        ge=1,
        description="How many connections to `/v1/stream` may be open at once.",
    )
    streams_per_key: int = Field(
        100,
        alias="SAYSO_STREAMS_PER_KEY",
        ge=1,
        description="How many of them one key may have.",
    )
    pending_per_agent: int = Field(
        50,
        alias="SAYSO_PENDING_PER_AGENT",
        ge=1,
        description="How many questions of one agent from outside may wait at once.",
    )
    pending_max: int = Field(
        5_000,
        alias="SAYSO_PENDING_MAX",
        ge=1,
        description="How many questions may wait at once before no more are taken from outside.",
    )
    new_per_minute: int = Field(
        30,
        alias="SAYSO_NEW_PER_MINUTE",
        ge=1,
        description="How many questions one agent from outside may ask within a minute.",
    )
    agent_command: Command = Field(
        "/agent", alias="SAYSO_AGENT_COMMAND", description="Starts an agent task."
    )
    approvals_command: Command = Field(
        "/approvals", alias="SAYSO_APPROVALS_COMMAND", description="Shows what waits for approval."
    )
    agents: Path | None = Field(
        None,
        alias="SAYSO_AGENTS",
        description="The file of the agents people may start (docs/how-to/configure-agents.md).",
    )
    run: ModuleAttribute | None = Field(
        None,
        alias="SAYSO_RUN",
        description="`module:function` of a coroutine function run beside the gateway; it gets "
        "the gate.",
    )
    webhook_networks: Networks = Field(
        (),
        alias="SAYSO_WEBHOOK_NETWORKS",
        description="Networks webhooks may reach besides public addresses, such as `10.0.0.0/8`, "
        "with commas between; `http://` goes to loopback alone, and only where it is listed.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", alias="SAYSO_LOG_LEVEL", description="How much the log says."
    )


def setting_names() -> dict[str, str]:
    """Return field names by environment variable."""
    return {str(field.alias): name for name, field in Settings.model_fields.items()}


def read_settings(environ: Mapping[str, str], **overrides: Any) -> Settings:
    """Return the settings *environ* describes; *overrides* (by field name) win.

    Raises:
        SettingsInvalid: with every mistake.
    """
    lines = [
        f"{name}: is not a setting – remove it or correct its name (docs/reference/settings.md)"
        for name in sorted(environ)
        if name.startswith(_OURS) and not _is_known(name)
    ]
    values: dict[str, Any] = {}
    unread: list[str] = []
    for name, field in setting_names().items():
        if field in overrides:
            values[field] = overrides[field]
            continue
        try:
            value = value_of(environ, name)
        except ValueError as mistake:
            lines.append(f"{name}: {mistake}")
            unread.append(f"{name}:")
            continue
        if value is not None:
            values[field] = value
    try:
        settings = Settings(**values)
    except ValidationError as mistakes:
        names = {field: name for name, field in setting_names().items()}
        more = [*explained(mistakes, values, names), *_unset_tokens(values)]
        raise SettingsInvalid(lines + _besides(unread, more)) from None
    lines += _besides(unread, _missing(settings))
    if lines:
        raise SettingsInvalid(lines)
    return settings


def _unset_tokens(values: Mapping[str, Any]) -> list[str]:
    """Say that the app token is missing too, although the settings could not be read."""
    if values.get("slack_transport", "socket") != "socket" or "slack_app_token" in values:
        return []
    return [_SOCKET_MODE_NEEDS]


def _besides(said: list[str], lines: list[str]) -> list[str]:
    """Return the lines about names that have no line yet: one mistake is one line."""
    return [line for line in lines if not line.startswith(tuple(said))]


def _is_known(name: str) -> bool:
    return name in _NOT_SETTINGS or name.removesuffix("_FILE") in setting_names()


def _missing(settings: Settings) -> list[str]:
    """Say what one setting needs of another, or takes from it."""
    lines = []
    if settings.slack_transport == "socket" and settings.slack_app_token is None:
        lines.append(_SOCKET_MODE_NEEDS)
    if settings.slack_transport == "http" and settings.slack_signing_secret is None:
        lines.append(
            "SLACK_SIGNING_SECRET: the http transport needs it – copy it from the app's "
            "Basic Information page"
        )
    if settings.agent_command == settings.approvals_command:
        lines.append(
            "SAYSO_AGENT_COMMAND: is the same as SAYSO_APPROVALS_COMMAND – give each its own name"
        )
    return lines
