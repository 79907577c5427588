"""The end of a whole gateway: who is let go first, what is still finished, and what stays."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from approvals.gate import CallUnavailable, Gate
from bot.bootstrap import running_gateway
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.server import LocalSlack
from bot.settings import read_settings
from tests.programs import running
from tests.security.whole_gateway import POLICY, PROD, a_whole_gateway

HOSTED = """
async def run(gate):
    @gate.guard(name="restart")
    async def restart(service: str) -> str:
        return service

    await restart("web")
"""


def _settings(slack: LocalSlack, place: Path) -> dict[str, str]:
    (place / "policy.yml").write_text(POLICY, encoding="utf-8")
    return {
        "SLACK_BASE_URL": slack.base_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SAYSO_POLICY": str(place / "policy.yml"),
        "SAYSO_DATA": str(place / "data"),
        "SAYSO_HTTP_PORT": "0",
    }


def _rows(place: Path, sql: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(place / "data" / "sayso.db")) as connection:
        return connection.execute(sql).fetchall()


async def _cards_when_no_click_can_come(slack: LocalSlack, place: Path) -> list[tuple[Any, ...]]:
    while slack.sockets.connection_count:
        await asyncio.sleep(0.005)
    return _rows(place, "SELECT ts FROM card")


async def test_clicks_stop_first_callers_are_let_go_and_a_card_being_posted_is_remembered(
    tmp_path: Path,
) -> None:
    async with LocalSlack.running() as slack:
        await slack.faults.switch_on(
            Fault(kind=FaultKind.SLOW_REPLY, method="chat.postMessage", seconds=1.0)
        )
        async with running_gateway(read_settings(_settings(slack, tmp_path))) as gateway:
            gate = Gate(agent="deploy-bot")
            gate.use(gateway.gateway)

            @gate.guard
            async def restart(service: str) -> str:
                return service

            call = asyncio.create_task(restart("web"))
            while not slack.workspace.messages(PROD):
                await asyncio.sleep(0.01)
            looking = asyncio.create_task(_cards_when_no_click_can_come(slack, tmp_path))

        with pytest.raises(CallUnavailable):
            await call
        assert await looking == [(None,)]

    assert _rows(tmp_path, "SELECT status FROM approval_request") == [("pending",)]
    ((ts,),) = _rows(tmp_path, "SELECT ts FROM card")
    assert ts is not None


@pytest.mark.long
async def test_a_hosted_agents_question_stays_when_the_gateway_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "hosted.py").write_text(HOSTED, encoding="utf-8")
    async with LocalSlack.running() as slack:
        env = {"SAYSO_RUN": "hosted:run", **_settings(slack, tmp_path)}
        async with running("serve", up="Sayso is serving", cwd=tmp_path, env=env) as program:
            async with asyncio.timeout(20):
                while not slack.workspace.messages(PROD):
                    await asyncio.sleep(0.02)
            ended = await program.end()

    assert ended.code == 0, ended.complaint
    assert _rows(tmp_path, "SELECT status FROM approval_request") == [("pending",)]


async def test_readiness_names_a_loop_that_has_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_whole_gateway(tmp_path) as whole:
        assert await whole.is_ready()
        (loop,) = (each for each in asyncio.all_tasks() if each.get_name() == "loop follow-ups")

        loop.cancel()
        await asyncio.wait({loop})

        assert await whole.readiness() == (
            503,
            {"loops": "Ended: follow-ups. See the log and restart the gateway."},
        )
        assert "loop follow-ups has ended" in caplog.text
