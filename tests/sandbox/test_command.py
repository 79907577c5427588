"""`sayso sandbox` as a process: what it prints, that it ends quickly, that it remembers."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from time import monotonic

import aiohttp
import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from tests.programs import Program, running
from tests.sayso_here import SaysoHere

QUIET_START_S = 1.0
"""How long it takes to start on two quiet cores."""


def started(data: Path, *also: str) -> AbstractAsyncContextManager[Program]:
    return running("sandbox", "--port", "0", "--data", str(data), *also, up="SLACK_APP_ID=")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local_slack(place: Path) -> AsyncIterator[Program]:
    """One for the tests that only look at it."""
    async with started(place) as program:
        yield program


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
)
async def test_it_ends_within_two_seconds_with_code_0(tmp_path: Path, number: int) -> None:
    async with started(tmp_path, "--no-page") as program, aiohttp.ClientSession() as session:
        client = AsyncWebClient(base_url=program.setting("SLACK_BASE_URL"))
        opened = await client.apps_connections_open(app_token=program.setting("SLACK_APP_TOKEN"))
        deaf = await session.ws_connect(str(opened["url"]))

        asked_at = monotonic()
        ended = await program.end(number)
        took_s = monotonic() - asked_at
        await deaf.close()

    assert took_s < 2 * max(1.0, program.started_in_s / QUIET_START_S)
    assert ended.code == 0
    assert ended.printed.startswith(f"Stopped. The workspace is kept in {tmp_path}; go on with: ")
    assert ended.complaint == ""


async def test_an_impatient_second_ctrl_c_changes_nothing(tmp_path: Path) -> None:
    async with started(tmp_path, "--no-page") as program:
        while program.process.returncode is None:
            # Not `send_signal`: it looks whether the child lives, and so may reap it unseen.
            with suppress(ProcessLookupError):
                os.kill(program.process.pid, signal.SIGINT)
            await asyncio.sleep(0.005)
        ended = await program.end()

    assert (ended.code, ended.complaint) == (0, "")


async def test_a_killed_workspace_comes_back_with_its_messages_and_tokens(tmp_path: Path) -> None:
    async with started(tmp_path, "--no-page") as before:
        token = before.setting("SLACK_BOT_TOKEN")
        client = AsyncWebClient(token=token, base_url=before.setting("SLACK_BASE_URL"))
        posted = await client.chat_postMessage(channel="C0PROD", text="first")
        await before.kill()

    async with started(tmp_path, "--no-page") as after:
        client = AsyncWebClient(token=token, base_url=after.setting("SLACK_BASE_URL"))
        later = await client.chat_postMessage(channel="C0PROD", text="second")
        updated = await client.chat_update(channel="C0PROD", ts=str(posted["ts"]), text="edited")

    stable = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_TEAM_ID")
    assert [before.setting(name) for name in stable] == [after.setting(name) for name in stable]
    assert updated["text"] == "edited"
    assert str(later["ts"]) > str(posted["ts"])


def test_a_taken_port_is_said_in_one_line_with_code_2(
    local_slack: Program, sayso_here: SaysoHere
) -> None:
    port = local_slack.setting("SLACK_BASE_URL").split(":")[2].split("/")[0]

    second = sayso_here("sandbox", "--port", port, "--no-page")

    assert second.code == 2
    assert second.complaint == (
        f"sayso sandbox: port {port} is taken by another program – stop that one, or choose "
        "another port with --port (0 takes a free one)\n"
    )


def test_a_data_directory_in_use_is_named_with_code_2(
    local_slack: Program, place: Path, sayso_here: SaysoHere
) -> None:
    second = sayso_here("sandbox", "--port", "0", "--data", str(place), "--no-page")

    assert local_slack.process.returncode is None
    assert second.code == 2
    assert second.complaint == (
        f"sayso sandbox: cannot start: another local Slack is using {place}\n"
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_with_its_page_it_prints_the_page_first_and_serves_it(local_slack: Program) -> None:
    url = local_slack.setting("SLACK_BASE_URL").removesuffix("api/")
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        shown = await answer.text()

    assert local_slack.lines[0] == f"Local Slack (a stand-in, not slack.com): {url}"
    assert "prod-incidents" in shown
