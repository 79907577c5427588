"""`sayso slack setup` on a real terminal and a local Slack: from the link to the first card."""

import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
import pytest_asyncio

from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.seed import ALL_SCOPES, default_seed
from bot.sandbox.server import LocalSlack
from bot.slack import buttons
from tests.security.whole_gateway import eventually
from tests.terminal import TypedTerminal, on_a_terminal

BOB, PROD = "U0BOB", "C0PROD"


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack.running() as running:
        yield running


@asynccontextmanager
async def setting_up(slack: LocalSlack, place: Path, *options: str) -> AsyncIterator[TypedTerminal]:
    env = {"SLACK_BASE_URL": slack.base_url}
    async with on_a_terminal("slack", "setup", *options, cwd=place, env=env) as terminal:
        yield terminal


async def give_tokens(terminal: TypedTerminal, slack: LocalSlack) -> None:
    await terminal.answer("Bot token", slack.bot_token)
    await terminal.answer("App-level token", slack.app_token)


async def press(slack: LocalSlack, action_id: str) -> None:
    await eventually(lambda: bool(slack.workspace.messages(PROD)))
    (card,) = slack.workspace.messages(PROD)
    await slack.interactions.click(BOB, channel=PROD, ts=card.ts, action_id=action_id)


@pytest.mark.long
async def test_from_nothing_to_an_approved_card_and_settings_that_serve_reads(
    slack: LocalSlack, tmp_path: Path
) -> None:
    async with setting_up(slack, tmp_path) as terminal:
        await terminal.until("https://api.slack.com/apps?new_app=1&manifest_json=")
        await give_tokens(terminal, slack)
        await terminal.answer("Channel id", PROD)
        await terminal.answer("Your member id", BOB)
        await terminal.answer("Write a first policy to policy.yml", "")
        await terminal.until("Press Approve on it.")
        await press(slack, buttons.APPROVE)
        code = await terminal.ended()

    assert code == 0
    assert "✓ Set up: Local Workspace, #prod-incidents." in terminal.shown
    assert slack.bot_token not in terminal.shown
    assert slack.app_token not in terminal.shown
    link = next(line for line in terminal.shown.splitlines() if "manifest_json=" in line)
    assert json.loads(unquote(link.partition("manifest_json=")[2]))["display_information"]["name"]
    env = tmp_path / ".env"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert f"SLACK_BOT_TOKEN={slack.bot_token}" in env.read_text().splitlines()
    async with on_a_terminal("check", cwd=tmp_path, env={"SAYSO_HTTP_PORT": "0"}) as checking:
        assert await checking.ended() == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == [".env", "policy.yml"]


async def test_each_mistake_is_told_with_its_remedy_and_asked_again(
    slack: LocalSlack, tmp_path: Path
) -> None:
    async with setting_up(slack, tmp_path) as terminal:
        await terminal.answer("Bot token", slack.app_token)
        await terminal.answer("App-level token", slack.bot_token)
        await terminal.until("✗ The bot token and the app-level token are swapped")
        await terminal.answer("Bot token", "xoxb-wrong")
        await terminal.answer("App-level token", slack.app_token)
        await terminal.until("✗ Slack refuses the bot token (invalid_auth). Copy it anew from")
        await terminal.answer("Bot token", slack.bot_token)
        await terminal.answer("App-level token", "")
        await terminal.answer("Channel id", "#prod")
        await terminal.until("✗ ")
        await terminal.answer("Channel id", "C0OLD")
        await terminal.until("is archived. Unarchive or replace it.")
        await terminal.answer("Channel id", PROD)
        await terminal.answer("Your member id", "U0DANA")
        await terminal.until("✗ U0DANA is a guest and may never decide.")
        await terminal.answer("Your member id", "\x04")
        code = await terminal.ended()

    assert code == 2
    assert "Stopped." in terminal.shown
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
async def test_a_missing_scope_is_put_right_without_typing_the_tokens_again(
    tmp_path: Path,
) -> None:
    scopes = tuple(each for each in ALL_SCOPES if each != "usergroups:read")
    async with LocalSlack.running(seed=replace(default_seed(), bot_scopes=scopes)) as slack:
        async with setting_up(slack, tmp_path) as terminal:
            await give_tokens(terminal, slack)
            await terminal.until("✗ The bot token lacks the scopes usergroups:read.")

        async with setting_up(slack, tmp_path, "--features", "agents") as terminal:
            await give_tokens(terminal, slack)
            await terminal.until("Slack takes both.")
            assert "✗" not in terminal.shown


@pytest.mark.long
async def test_what_stands_in_the_env_file_is_kept_and_replaced_only_after_asking(
    slack: LocalSlack, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("# mine\nSLACK_BOT_TOKEN=xoxb-old\nOTHER='a b'\n")
    (tmp_path / "policy.yml").write_text("mine")
    for answer in ("", "y"):
        async with setting_up(slack, tmp_path, "--prefix", "staging-") as terminal:
            await give_tokens(terminal, slack)
            await terminal.answer("Channel id", PROD)
            await terminal.answer("Your member id", BOB)
            await terminal.answer(".env sets SLACK_BOT_TOKEN otherwise. Replace?", answer)
            if not answer:
                assert await terminal.ended() == 2
                assert "xoxb-old" in (tmp_path / ".env").read_text()
                continue
            await terminal.until("policy.yml is there already and stays as it is.")
            await terminal.until("Press Approve on it.")

    kept = (tmp_path / ".env").read_text().splitlines()
    assert kept[:2] == ["# mine", "OTHER='a b'"]
    assert "SAYSO_APPROVALS_COMMAND=/staging-approvals" in kept
    assert (tmp_path / "policy.yml").read_text() == "mine"


@pytest.mark.parametrize("name", [".env", pytest.param("policy.yml", marks=pytest.mark.long)])
async def test_a_place_that_cannot_be_written_ends_it_with_one_line(
    slack: LocalSlack, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).symlink_to(tmp_path / "nowhere" / name)

    async with setting_up(slack, tmp_path) as terminal:
        await give_tokens(terminal, slack)
        await terminal.answer("Channel id", PROD)
        await terminal.answer("Your member id", BOB)
        if name == "policy.yml":
            await terminal.answer("Write a first policy to policy.yml", "")
        code = await terminal.ended()

    assert code == 2
    assert "Traceback" not in terminal.shown
    said = terminal.shown.splitlines()[-1]
    assert said.startswith(f"sayso slack setup: {name} cannot be written (No such file or ")


async def test_a_slack_that_falters_amid_a_question_is_asked_again(
    slack: LocalSlack, tmp_path: Path
) -> None:
    async with setting_up(slack, tmp_path) as terminal:
        await give_tokens(terminal, slack)
        await terminal.until("Channel id")
        await slack.faults.switch_on(
            Fault(kind=FaultKind.SERVER_ERROR, method="users.info", times=1)
        )
        await terminal.answer("", PROD)
        await terminal.answer("Your member id", BOB)
        await terminal.until("✗ Slack could not be asked (")
        await terminal.answer("Your member id", BOB)
        await terminal.until("The tokens are in .env")

    assert slack.bot_token in (tmp_path / ".env").read_text()


@pytest.mark.parametrize("words", [[], ["nothing"]])
def test_the_words_after_slack_are_told(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from bot.cli import main

    assert main(["slack", *words]) == 2
    assert "usage: sayso slack setup" in capsys.readouterr().err
