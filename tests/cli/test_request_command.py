"""`sayso request`: a shell script asks; its exit code says what people or the policy said."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from approvals.domain.decision import Verdict
from approvals.domain.permit import PermitState
from bot.cli import main
from tests.fakes.people import BOB
from tests.http.api_in_test import Api, an_api


@pytest_asyncio.fixture
async def api(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    async with an_api() as opened:
        monkeypatch.setenv("SAYSO_URL", opened.url)
        monkeypatch.setenv("SAYSO_KEY", await opened.key())
        yield opened


def request(*words: str) -> asyncio.Task[int]:
    """Run the command beside the test, as a shell would."""
    return asyncio.create_task(asyncio.to_thread(main, ["request", *words]))


async def decided(api: Api, verdict: Verdict, **also: str) -> None:
    asked = await api.behind.pending()
    await api.behind.clicks(asked.id, BOB, verdict=verdict, **also)


async def test_approved_it_ends_with_0_and_says_with_which_arguments(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    running = request("restart_service", "service=web", "times:=2", "--wait", "--json")
    await decided(api, Verdict.APPROVE)

    assert await running == 0
    said = json.loads(capsys.readouterr().out)
    assert said["arguments"] == {"service": "web", "times": 2}
    assert said["by"] == BOB


async def test_rejected_it_ends_with_3_and_repeats_the_reason(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    running = request("restart_service", "service=web", "--wait")
    await decided(api, Verdict.REJECT, reason="Not \x1b[31mnow")

    assert await running == 3
    out = capsys.readouterr().out
    assert "Not" in out
    assert "\x1b" not in out


async def test_nobody_answering_it_ends_with_4(api: Api) -> None:
    running = request("restart_service", "service=web", "--wait")
    await api.behind.pending()
    await api.behind.time_passes(timedelta(minutes=5))

    assert await running == 4


async def test_denied_it_ends_with_5_and_allowed_with_0(api: Api) -> None:
    assert await request("drop_table", "--wait") == 5
    assert await request("read_logs", "--wait") == 0


async def test_without_waiting_it_tells_the_request(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await request("restart_service", "service=web", "--key", "n1", "--json") == 0
    first = json.loads(capsys.readouterr().out)
    assert await request("restart_service", "service=web", "--key", "n1") == 0

    assert first["status"] == "pending"
    assert capsys.readouterr().out == f"{first['id']} pending\n"


async def test_a_command_runs_only_when_it_is_allowed_and_its_end_is_told(
    api: Api, tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    script = "import os, sys; open(sys.argv[1], 'w').write(os.environ['SAYSO_ARGUMENTS'])"
    command = ("--", sys.executable, "-c", f"{script}; assert 'SAYSO_KEY' not in os.environ")

    assert await request("drop_table", *command, str(touched)) == 5
    assert not touched.exists()
    running = request("restart_service", "service=web", *command, str(touched))
    asked = await api.behind.pending()
    assert not touched.exists()
    await api.behind.clicks(asked.id, BOB)

    assert await running == 0
    assert json.loads(touched.read_text()) == {"service": "web"}
    permit = await api.behind.store.look(lambda snapshot: snapshot.permit(asked.id))
    assert permit is not None
    assert permit.state is PermitState.SUCCEEDED


async def test_a_command_that_fails_gives_its_own_code(api: Api) -> None:
    code = await request("read_logs", "--", sys.executable, "-c", "raise SystemExit(9)")
    (asked,) = await api.behind.store.look(lambda snapshot: snapshot.newest(limit=9))
    permit = await api.behind.store.look(lambda snapshot: snapshot.permit(asked.id))

    assert code == 9
    assert permit is not None
    assert permit.state is PermitState.FAILED


@pytest.mark.parametrize(
    "words",
    [("tool", "novalue"), ("tool", "=1"), ("tool", "a=1", "a=2"), ("tool", "a:={"), ("",)],
)
async def test_words_that_cannot_be_read_end_with_2_and_ask_nobody(
    api: Api, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await request(*words) == 2
    assert capsys.readouterr().err.startswith("sayso request: ")
    assert await api.behind.store.look(lambda snapshot: snapshot.newest(limit=9)) == []


async def test_a_gateway_that_is_not_there_ends_with_6(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAYSO_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SAYSO_KEY", "sayso_nothing")

    assert await request("tool", "a=1") == 6
    assert "127.0.0.1:9" in capsys.readouterr().err


async def test_without_an_address_or_a_key_it_says_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("SAYSO_URL", "SAYSO_KEY", "SAYSO_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)

    assert await request("tool", "--wait") == 2
    assert "SAYSO_URL" in capsys.readouterr().err
