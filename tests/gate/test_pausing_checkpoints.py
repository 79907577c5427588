"""What a pause leaves in a checkpoint: plain JSON with a version, and nothing to be unpickled."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import interrupt

from approvals.domain.run_errors import PauseUnreadable
from approvals.gate import Gate
from approvals.gate.langchain import paused_requests, resume_paused
from tests.engine.gateway_in_test import GatewayInTest
from tests.gate.pausing import CONFIG, an_agent, ran, started, told
from tests.gate.scripted_agent import call

WEB = call("restart_service", service="web")


@dataclass
class Stored:
    value: Any


class Strict(JsonPlusSerializer):
    """Revives only what LangGraph calls safe, as `LANGGRAPH_STRICT_MSGPACK=true` does."""

    def __init__(self) -> None:
        super().__init__(allowed_msgpack_modules=None, pickle_fallback=False)
        self.kinds: set[str] = set()

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        kind, stored = super().dumps_typed(obj)
        self.kinds.add(kind)
        return kind, stored


async def test_a_pause_is_plain_json_with_a_version_and_carries_no_authority(
    gateway: GatewayInTest, gate: Gate
) -> None:
    paused = await started(an_agent(gate, WEB))
    request = await gateway.pending()

    (value,) = (each.value for each in paused.interrupts)

    assert json.loads(json.dumps(value)) == value
    assert value == {
        "type": "sayso.paused",
        "version": 1,
        "request_id": request.id,
        "is_interrupted": False,
    }


async def test_nothing_of_a_pause_needs_more_than_strict_msgpack(
    gateway: GatewayInTest, gate: Gate, tmp_path: Path
) -> None:
    path, serde = str(tmp_path / "checkpoints.db"), Strict()
    async with AsyncSqliteSaver.from_conn_string(path) as saver:
        saver.serde = serde
        await started(an_agent(gate, WEB, saver=saver))
    await gateway.clicks((await gateway.pending()).id)

    async with AsyncSqliteSaver.from_conn_string(path) as saver:
        saver.serde = serde
        values = await resume_paused(an_agent(gate, WEB, saver=saver), CONFIG, gate=gate)

    assert told(values) == ["web restarted"]
    assert serde.kinds <= {"msgpack", "json", "null", "empty"}


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 2},
        {"version": 0},
        {"version": "1"},
        {"version": True},
        {"version": None},
        {"request_id": None},
        {"request_id": ["01J"]},
        {"request_id": ""},
    ],
    ids=str,
)
def test_a_pause_of_another_version_is_refused_by_name(changed: dict[str, Any]) -> None:
    value = {"type": "sayso.paused", "version": 1, "request_id": "01J", "is_interrupted": False}

    with pytest.raises(PauseUnreadable, match="this program reads version 1"):
        paused_requests([Stored({**value, **changed})])


@pytest.mark.parametrize("value", [None, 1, "sayso.paused", ["sayso.paused"], {"type": "other"}])
def test_an_interrupt_of_another_kind_is_left_out(value: Any) -> None:
    assert paused_requests([Stored(value)]) == ()


async def test_a_thread_that_waits_in_a_pause_of_a_later_version_is_left_as_it_is(
    gate: Gate, tmp_path: Path
) -> None:
    def later(_: MessagesState) -> MessagesState:
        interrupt({"type": "sayso.paused", "version": 2, "waits_for": ["01J"]})
        ran.append("went on")
        return {"messages": []}

    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "checkpoints.db")) as saver:
        builder: Any = StateGraph(MessagesState)
        builder.add_node("later", later)
        builder.add_edge(START, "later")
        builder.add_edge("later", END)
        graph = builder.compile(checkpointer=saver)
        await graph.ainvoke({"messages": []}, CONFIG)

        with pytest.raises(PauseUnreadable, match="of version 2 is stored"):
            await resume_paused(graph, CONFIG, gate=gate)

        left = (await graph.aget_state(CONFIG)).interrupts

    assert ran == []
    assert len(left) == 1
