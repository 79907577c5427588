"""From nothing to a gateway that asks in Slack: the conversation of `sayso slack setup`.

Called by `sayso slack`. Every mistake is told in one sentence with its remedy, and asked again.
Nothing is written before Slack took the tokens; the last step is a real card, drawn, posted and
clicked through the gateway itself, in a directory that is thrown away.
"""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from approvals.domain.ids import ChannelId
from approvals.gate import Gate
from approvals.gate.exceptions import CallNotApproved
from approvals.storage.mistakes import PolicyInvalid
from approvals.storage.slack_ids import read_channel, read_user
from bot.bootstrap import running_gateway
from bot.commands.env_writing import merged, write_env
from bot.commands.manifest import command_settings
from bot.commands.terminal import Terminal
from bot.environment import ENV_FILE, environment
from bot.http.serving import PortTaken
from bot.settings import read_settings
from bot.slack import start_checks
from bot.slack.manifest import manifest, new_app_link
from bot.slack.slack_findings import person_trouble
from bot.slack.slack_settings import SLACK_BASE_URL, SlackSettings
from bot.slack.start_checks import StartRefused
from bot.slack.web_api import CallFailed, WebApi, make_client, open_session

TRIES_MAX = 5
POLICY = """\
# The first policy: every tool call asks. docs/how-to/write-a-policy.md tells what more there is.
version: 1
defaults:
  channel: "#{name}"
people:
  owner: {{users: [{you}]}}
channels:
  "#{name}":
    id: {channel}
    approvers: [owner]
    timeout: 10m
    rules:
      - {{tool: "*", effect: ask}}
"""
Result = TypeVar("Result")


class SetUpEnded(Exception):
    """The set-up cannot go on; the text says why and what to do."""


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Let the block write *path*.

    Raises:
        SetUpEnded: it cannot be written.
    """
    try:
        yield
    except OSError as fault:
        why = fault.strerror or type(fault).__name__
        raise SetUpEnded(f"{path} cannot be written ({why}). Mend that, then begin anew.") from None


class SetUp:
    """One conversation."""

    def __init__(self, terminal: Terminal, *, features: Sequence[str], prefix: str) -> None:
        self._terminal = terminal
        self._features = features
        self._prefix = prefix
        self._slack = SlackSettings(bot_token="")

    def run(self) -> None:
        """Set everything up.

        Raises:
            SetUpEnded, EnvFileInvalid, Refusal, EOFError
        """
        environ = environment()
        base_url = environ.get("SLACK_BASE_URL", SLACK_BASE_URL)
        self._slack = replace(self._slack, base_url=base_url)
        say, link = self._terminal.say, new_app_link(manifest(self._features, self._prefix))
        say("1. Open this address, choose the workspace, create the app and install it:\n")
        say(f"{link}\n")
        say(
            "2. On the app's page, Basic Information, App-Level Tokens: make a token with the scope"
        )
        say("   connections:write. The bot token is under OAuth & Permissions.\n")
        workspace = self._tried(self._ask_tokens)
        say(f"Slack takes both. The workspace is {workspace}.\n")
        say("3. In Slack, write /invite @Sayso in the channel where approvals are asked.")
        say(
            "   Its id stands at the end of the channel's details, yours in your profile under ⋮.\n"
        )
        channel, name = self._tried(self._ask_channel)
        you = self._tried(self._ask_person)
        self._write()
        policy = POLICY.format(name=name, channel=channel, you=you)
        self._write_policy(Path(environ.get("SAYSO_POLICY") or "policy.yml"), policy)
        self._finish(policy, name, workspace)

    def _tried(self, question: Callable[[], Result]) -> Result:
        for _ in range(TRIES_MAX):
            try:
                return question()
            except (StartRefused, ValueError) as mistake:
                self._terminal.say(f"✗ {mistake}\n")
        raise SetUpEnded("Too many tries. Put right what was told, then begin anew.")

    def _ask_tokens(self) -> str:
        again = " (Enter: the same)" if self._slack.bot_token else ""
        bot = self._terminal.ask_hidden(f"Bot token, xoxb-…{again}:") or self._slack.bot_token
        app = self._terminal.ask_hidden(f"App-level token, xapp-…{again}:") or (
            self._slack.app_token or ""
        )
        self._slack = replace(self._slack, bot_token=bot, app_token=app)
        start_checks.check_settings(self._slack)
        return self._asked(self._workspace)

    def _ask_channel(self) -> tuple[ChannelId, str]:
        channel = read_channel(self._terminal.ask("Channel id, C…:"))

        async def look(api: WebApi) -> str:
            await start_checks.check_channel(api, channel, settings=self._slack)
            found = await api.call("conversations.info", channel=channel)
            return str(found["channel"]["name"])

        return channel, self._asked(look)

    def _ask_person(self) -> str:
        you = read_user(self._terminal.ask("Your member id, U…:"))
        trouble = self._asked(lambda api: person_trouble(api, you))
        if trouble is not None:
            raise ValueError(trouble)
        return you

    async def _workspace(self, api: WebApi) -> str:
        who, headers = await start_checks.ask(api, "auth.test", settings=self._slack)
        start_checks.check_scopes(headers.get("x-oauth-scopes"), features=self._features)
        app = await start_checks.app_of_bot(api, who, settings=self._slack)
        async with open_session(self._slack) as session:
            client = make_client(self._slack, session, token=self._slack.app_token)
            app_api = WebApi(client, timeout_s=self._slack.call_timeout_s)
            await start_checks.check_app_token(app_api, app, settings=self._slack)
        return str(who.get("team", who["team_id"]))

    def _asked(self, question: Callable[[WebApi], Coroutine[Any, Any, Result]]) -> Result:
        async def put() -> Result:
            async with open_session(self._slack) as session:
                client = make_client(self._slack, session, token=self._slack.bot_token)
                return await question(WebApi(client, timeout_s=self._slack.call_timeout_s))

        try:
            return asyncio.run(put())
        except CallFailed as failure:
            raise StartRefused(
                f"Slack could not be asked ({failure.code}). Answer again in a moment."
            ) from None

    def _settings(self) -> dict[str, str]:
        return {
            "SLACK_BOT_TOKEN": self._slack.bot_token,
            "SLACK_APP_TOKEN": self._slack.app_token or "",
            **command_settings(self._prefix),
        }

    def _write(self) -> None:
        values = self._settings()
        if self._slack.base_url != SLACK_BASE_URL:
            values["SLACK_BASE_URL"] = self._slack.base_url
        text, replaced = merged(ENV_FILE, values)
        if replaced and not self._terminal.confirm(
            f"{ENV_FILE} sets {', '.join(replaced)} otherwise. Replace?", otherwise=False
        ):
            raise SetUpEnded(f"{ENV_FILE} was left as it is. Move it away, then begin anew.")
        with _written(ENV_FILE):
            write_env(ENV_FILE, text)
        self._terminal.say(
            f"The tokens are in {ENV_FILE}, which only you can read. Keep it out of Git.\n"
        )

    def _write_policy(self, path: Path, policy: str) -> None:
        if path.exists():
            self._terminal.say(f"{path} is there already and stays as it is.\n")
        elif self._terminal.confirm(
            f"Write a first policy to {path}, by which everything asks you?", otherwise=True
        ):
            with _written(path):
                path.write_text(policy, encoding="utf-8")
            self._terminal.say()

    def _finish(self, policy: str, name: str, workspace: str) -> None:
        self._terminal.say(f"4. There is a card in #{name} for you now. Press Approve on it.")
        with tempfile.TemporaryDirectory(prefix="sayso-setup-") as place:
            (Path(place) / "policy.yml").write_text(policy, encoding="utf-8")
            try:
                said = asyncio.run(self._first_card(Path(place), workspace, f"#{name}"))
            except CallNotApproved as end:
                raise SetUpEnded(
                    f"The card was not approved: {end.outcome.message} Everything is written; begin"
                    " anew to try it again, or start `sayso serve`."
                ) from None
            except (StartRefused, PolicyInvalid, PortTaken) as refusal:
                raise SetUpEnded(
                    f"Everything is written, but no card was asked: {refusal}"
                ) from None
        self._terminal.say(f"✓ {said} Start the gateway here with: sayso serve")

    async def _first_card(self, place: Path, workspace: str, channel: str) -> str:
        settings = read_settings(
            {
                "SAYSO_DATA": str(place / "data"),
                "SAYSO_POLICY": str(place / "policy.yml"),
                "SAYSO_HTTP_PORT": "0",
                **self._settings(),
                "SLACK_BASE_URL": self._slack.base_url,
            }
        )
        async with running_gateway(settings) as running:
            gate = Gate(agent="sayso slack setup")
            gate.use(running.gateway)

            @gate.guard
            async def finish_setup(workspace: str, channel: str) -> str:
                """Finish the set-up of Sayso."""
                return f"Set up: {workspace}, {channel}."

            return await finish_setup(workspace, channel)
