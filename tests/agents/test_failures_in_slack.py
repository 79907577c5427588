"""Tasks that cannot go well, from the command to Slack's messages: one sentence, and an end."""

import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from approvals.domain.ids import ChannelId
from approvals.gate.local_gateway import LocalGateway
from bot.agents.agent_specs import AgentsOfFile
from bot.agents.spec import AgentSpec, ModelSettings
from bot.mcp.upstream import McpServer
from tests.agents.builders import an_agent
from tests.agents.fake_model import Answer, fake_model, streamed
from tests.agents.test_mcp_in_runs import an_entry
from tests.security.whole_gateway import PROD, WholeGateway, a_whole_gateway, eventually

ALICE = "U0ALICE"
A_CALL: list[tuple[str, dict[str, Any]]] = [("restart", {"service": "web"})]
pytestmark = pytest.mark.timeout(90)


async def restart(service: str) -> str:
    """Restart a service."""
    raise AssertionError("it must not run")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDesk:
    """A whole gateway with one agent, and what people read of its tasks."""

    whole: WholeGateway

    async def types(self, words: str) -> None:
        """Type a command as Alice."""
        result = await self.whole.slack.interactions.slash_command(ALICE, PROD, words)
        assert result.acked

    async def told_of(self, words: str) -> tuple[str, str]:
        """Start a task; return its root message and its thread, once it failed."""
        await self.types(f"/agent run {words}")
        await eventually(lambda: len(self._replies()) > 0 and "❌" in self._root())
        return self._root(), "\n".join(self._replies())

    def ends(self) -> list[tuple[str, str]]:
        """How the runs ended: status and cause."""
        with closing(sqlite3.connect(self.whole.database)) as database:
            return database.execute("SELECT status, cause FROM run").fetchall()

    def _root(self) -> str:
        roots = self.whole.slack.workspace.messages(PROD)
        return text_of(roots[-1].blocks) if roots else ""

    def _replies(self) -> list[str]:
        roots = self.whole.slack.workspace.messages(PROD)
        if not roots:
            return []
        thread = self.whole.slack.workspace.messages(PROD, thread_ts=roots[-1].ts)[1:]
        return [f"{each.text}\n{text_of(each.blocks)}" for each in thread]


def text_of(blocks: Any) -> str:
    return json.dumps(list(blocks), ensure_ascii=False)


@asynccontextmanager
async def a_desk(tmp_path: Path, spec: AgentSpec) -> AsyncIterator[TaskDesk]:
    placed = replace(spec, channels=frozenset({ChannelId(PROD)}))
    async with a_whole_gateway(tmp_path, agents=lambda _: [placed]) as whole:
        yield TaskDesk(whole=whole)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (401, "The model refused the API key (401)."),
        (429, "The model's provider says we ask too much."),
        (500, "The model answered with an error (500)"),
        (streamed("All is well with it").partition(b"data: [DONE]")[0][:-400], "broke off"),
        (streamed(A_CALL).replace(b"web", b'w\\"eb\\"}{'), "in a way that cannot be read"),
    ],
)
async def test_a_model_that_fails_is_a_sentence_in_root_and_thread(
    tmp_path: Path, answer: Answer | bytes, told: str
) -> None:
    async with (
        fake_model(lambda _: answer) as model,
        a_desk(tmp_path, an_agent(model, [restart])) as desk,
    ):
        root, thread = await desk.told_of("restart web")
        ends = desk.ends()

    assert told in root
    assert told in thread
    assert ends == [("failed", "model")]


async def test_a_model_that_cannot_be_reached_is_a_sentence_in_root_and_thread(
    tmp_path: Path,
) -> None:
    nobody = ModelSettings(
        base_url="http://127.0.0.1:9/v1",
        model="x",
        api_key=SecretStr("none"),
        retries=0,
    )
    async with a_desk(tmp_path, an_agent(nobody, [])) as desk:
        root, thread = await desk.told_of("restart web")
        ends = desk.ends()

    for text in (root, thread):
        assert "The model at http://127.0.0.1:9/v1 cannot be reached." in text.replace("\u200b", "")
    assert ends == [("failed", "model")]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("no-such-program",), "there is no program 'no-such-program'"),
        ((sys.executable, "-c", "import time; time.sleep(60)"), "it was not ready within 1 s."),
    ],
)
async def test_an_mcp_server_that_does_not_start_is_a_sentence_in_root_and_thread(
    tmp_path: Path, command: tuple[str, ...], told: str
) -> None:
    server = McpServer(name="bad", command=command, timeout=timedelta(seconds=1))
    async with fake_model(lambda _: "done") as model:
        entry = replace(an_entry(model, server), channels=frozenset({ChannelId(PROD)}))
        async with AgentsOfFile([entry]) as agents, a_desk_of_file(tmp_path, agents) as desk:
            root, thread = await desk.told_of("deploy web")
            ends = desk.ends()

    assert told in root
    assert told in thread
    assert ends == [("failed", "agent")]


@asynccontextmanager
async def a_desk_of_file(tmp_path: Path, agents: AgentsOfFile) -> AsyncIterator[TaskDesk]:
    def specs(gateway: LocalGateway) -> tuple[AgentSpec, ...]:
        return agents.specs(gateway)

    async with a_whole_gateway(tmp_path, agents=specs) as whole:
        yield TaskDesk(whole=whole)


@pytest.mark.parametrize("text", ["ä" * 20_000, "größe 🚀 \u202e عربى \u200bx", "\\u0000 %s {0}"])
async def test_a_task_reaches_the_model_as_it_was_typed(tmp_path: Path, text: str) -> None:
    asked: list[str] = []

    def answer(body: dict[str, Any]) -> Answer:
        asked.append(body["messages"][-1]["content"])
        return 500

    async with fake_model(answer) as model, a_desk(tmp_path, an_agent(model, [])) as desk:
        await desk.told_of(text)
        ends = desk.ends()

    assert asked == [text]
    assert ends == [("failed", "model")]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("/agent run \u200b\u2060", "There are no words for the agent in it."),
        ("/agent run agent=nobody look", "There is no agent `nobody` here."),
        ("/agent stauts", "Did you mean `status`?"),
    ],
)
async def test_what_is_no_task_is_answered_privately_and_starts_nothing(
    tmp_path: Path, typed: str, told: str
) -> None:
    async with (
        fake_model(lambda _: "done") as model,
        a_desk(tmp_path, an_agent(model, [])) as desk,
    ):
        await desk.types(typed)
        await eventually(lambda: bool(desk.whole.told(ALICE)))

        assert told in desk.whole.told(ALICE)[-1]
        assert desk.ends() == []


@pytest.mark.parametrize("typed", ["/agent", "/agent run", "/agent run   ", "/agent agent=ops"])
async def test_without_words_the_form_opens_and_starts_nothing(tmp_path: Path, typed: str) -> None:
    async with (
        fake_model(lambda _: "done") as model,
        a_desk(tmp_path, an_agent(model, [])) as desk,
    ):
        await desk.types(typed)
        await eventually(lambda: bool(desk.whole.slack.workspace.view_stack(ALICE)))

        assert desk.ends() == []
