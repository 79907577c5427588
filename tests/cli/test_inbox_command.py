"""`sayso inbox`: a person decides from a terminal, shown everything first."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from approvals.domain.key import Scope
from bot.cli import main
from tests.fakes.people import ALICE, BOB
from tests.gate.at_a_terminal import a_terminal
from tests.http.api_in_test import Api, an_api


@pytest_asyncio.fixture
async def api(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    async with an_api() as opened:
        monkeypatch.setenv("SAYSO_URL", opened.url)
        deciding = await opened.key(Scope.DECIDE, Scope.READ, owner=BOB)
        monkeypatch.setenv("SAYSO_KEY", deciding)
        yield opened


def inbox(*words: str) -> asyncio.Task[int]:
    return asyncio.create_task(asyncio.to_thread(main, ["inbox", *words]))


async def asked(api: Api, **said: Any) -> str:
    return str((await api.ask(await api.key(), **said)).body["id"])


async def status(api: Api, request_id: str) -> str:
    request = await api.behind.store.request(request_id)  # type: ignore[arg-type]
    assert request is not None
    return request.status.value


async def test_it_lists_what_waits(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert await inbox() == 0
    assert capsys.readouterr().out == "Nothing waits for you.\n"
    request_id = await asked(api, tool="restart\u202eecivres", args={})

    assert await inbox() == 0
    table = capsys.readouterr().out
    assert await inbox("list", "--json") == 0

    assert request_id[-6:] in table
    assert "deploy-bot" in table
    assert "\u202e" not in table
    assert [each["id"] for each in json.loads(capsys.readouterr().out)] == [request_id]


async def test_who_said_yes_at_the_terminal_after_the_whole_call_approves_it(api: Api) -> None:
    request_id = await asked(api, args={"service": "web", "password": "hunter22hunter22"})
    with a_terminal() as person:
        running = inbox("approve", request_id[-6:], "--tty", person.tty)
        shown = await person.answers("y")

        assert await running == 0
    assert await status(api, request_id) == "approved"
    assert "service: " in shown
    assert "deploy-bot wants to run restart_service" in shown
    assert "hunter22" not in shown


async def test_no_typed_there_rejects_with_its_reason(api: Api) -> None:
    request_id = await asked(api)
    with a_terminal() as person:
        running = inbox("approve", request_id, "--tty", person.tty)
        await person.answers("n too early")

        assert await running == 0
    request = await api.behind.store.request(request_id)  # type: ignore[arg-type]
    assert request is not None
    assert (request.status.value, request.ended_reason) == ("rejected", "too early")


async def test_without_a_terminal_nothing_is_approved(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    request_id = await asked(api)

    assert await inbox("approve", request_id, "--tty", "/dev/null") == 7
    assert "There is no terminal" in capsys.readouterr().err
    assert await status(api, request_id) == "pending"


async def test_a_rejection_takes_its_reason_from_the_command(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    request_id = await asked(api)

    assert await inbox("reject", request_id) == 2
    assert "--reason" in capsys.readouterr().err
    assert await status(api, request_id) == "pending"
    assert await inbox("reject", request_id, "--reason", "No") == 0
    assert await status(api, request_id) == "rejected"


async def test_who_may_not_approve_is_told_why(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    request_id = await asked(api)
    monkeypatch.setenv("SAYSO_KEY", await api.key(Scope.DECIDE, owner=ALICE))
    with a_terminal() as person:
        running = inbox("approve", request_id, "--tty", person.tty)
        await person.answers("y")

        assert await running == 7
    assert "made by you or for you" in capsys.readouterr().err
    assert await status(api, request_id) == "pending"


async def test_it_shows_one_request_whole(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    request_id = await asked(api, args={"lines": "one\ntwo"}, reason="Because")

    assert await inbox("show", request_id) == 0

    shown = capsys.readouterr().out
    assert f"Request {request_id} in #ops" in shown
    assert "  │ one\n  │ two" in shown
    assert "unverified" in shown


@pytest.mark.parametrize("typed", ["ZZZZZZ", ""])
async def test_a_request_that_does_not_wait_is_not_found(
    api: Api, typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await inbox("show", typed) == 2
    assert "No request that waits for you ends in" in capsys.readouterr().err


async def test_an_agents_key_is_refused_with_the_scope_it_lacks(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    request_id = await asked(api)
    monkeypatch.setenv("SAYSO_KEY", await api.key())

    assert await inbox("show", request_id) == 7
    assert "'decide'" in capsys.readouterr().err
