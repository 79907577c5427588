"""`sayso sandbox` as a process: what it prints, that it ends quickly, that it remembers."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from time import monotonic

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

_PROGRAM = "import sys; from bot.sandbox.command import run; sys.exit(run(sys.argv[1:]))"


async def _start(data_dir: Path, *, page: str = "--no-page") -> tuple[Process, dict[str, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", _PROGRAM, "--port", "0", "--data", str(data_dir), *([page] if page else [])),
        stdout=PIPE,
        stderr=PIPE,
    )
    assert process.stdout is not None
    printed = {}
    while "SLACK_APP_ID" not in printed:
        line = (await process.stdout.readline()).decode().strip()
        assert line, "it ended before it was up"
        name, _, value = line.partition("=")
        printed[name] = value
    return process, printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_ends_within_two_seconds_with_code_0(tmp_path: Path, number: int) -> None:
    process, printed = await _start(tmp_path)
    client = AsyncWebClient(base_url=printed["SLACK_BASE_URL"])
    opened = await client.apps_connections_open(app_token=printed["SLACK_APP_TOKEN"])
    async with aiohttp.ClientSession() as session:
        deaf = await session.ws_connect(str(opened["url"]))

        asked_at = monotonic()
        process.send_signal(number)
        rest, noise = await process.communicate()
        await deaf.close()

    assert monotonic() - asked_at < 2
    assert process.returncode == 0
    assert rest.decode().startswith(f"Stopped. The workspace is kept in {tmp_path}; go on with: ")
    assert noise == b""


async def test_an_impatient_second_ctrl_c_changes_nothing(tmp_path: Path) -> None:
    process, _ = await _start(tmp_path)

    while process.returncode is None:
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.005)
    _, noise = await process.communicate()

    assert (process.returncode, noise) == (0, b"")


async def test_a_killed_workspace_comes_back_with_its_messages_and_tokens(tmp_path: Path) -> None:
    process, before = await _start(tmp_path)
    client = AsyncWebClient(token=before["SLACK_BOT_TOKEN"], base_url=before["SLACK_BASE_URL"])
    posted = await client.chat_postMessage(channel="C0PROD", text="first")
    process.kill()
    await process.communicate()

    process, after = await _start(tmp_path)
    client = AsyncWebClient(token=before["SLACK_BOT_TOKEN"], base_url=after["SLACK_BASE_URL"])
    later = await client.chat_postMessage(channel="C0PROD", text="second")
    updated = await client.chat_update(channel="C0PROD", ts=str(posted["ts"]), text="edited")
    process.terminate()
    await process.communicate()

    stable = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_TEAM_ID")
    assert [before[name] for name in stable] == [after[name] for name in stable]
    assert updated["text"] == "edited"
    assert str(later["ts"]) > str(posted["ts"])


async def test_a_taken_port_is_said_in_one_line_with_code_2(tmp_path: Path) -> None:
    process, printed = await _start(tmp_path / "a")
    port = printed["SLACK_BASE_URL"].split(":")[2].split("/")[0]

    second = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROGRAM, "--port", port, "--no-page", stdout=PIPE, stderr=PIPE
    )
    _, said = await second.communicate()
    process.terminate()
    await process.communicate()

    assert second.returncode == 2
    assert said.decode() == (
        f"sayso sandbox: port {port} is taken by another program – stop that one, or choose "
        "another port with --port (0 takes a free one)\n"
    )


async def test_a_data_directory_in_use_is_named_with_code_2(tmp_path: Path) -> None:
    process, _ = await _start(tmp_path)

    second = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PROGRAM, "--port", "0", "--data", str(tmp_path), "--no-page"),
        stdout=PIPE,
        stderr=PIPE,
    )
    _, said = await second.communicate()
    process.terminate()
    await process.communicate()

    assert second.returncode == 2
    assert (
        said.decode() == f"sayso sandbox: cannot start: another local Slack is using {tmp_path}\n"
    )


async def test_with_its_page_it_prints_the_page_first_and_serves_it(tmp_path: Path) -> None:
    process, printed = await _start(tmp_path, page="")
    first = next(iter(printed))
    url = printed["SLACK_BASE_URL"].removesuffix("api/")
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        shown = await answer.text()
    process.terminate()
    await process.communicate()

    assert first == f"Local Slack (a stand-in, not slack.com): {url}"
    assert "prod-incidents" in shown
    assert process.returncode == 0
