"""`gate.ask()` at a console: the question, a line for each thing it asks for, what does not fit."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from pydantic import BaseModel, Field

from approvals.gate import CallRejected, CallTimedOut, Gate
from tests.gate.at_a_terminal import Person, a_terminal


class Scaling(BaseModel):
    replicas: int = Field(ge=1)
    day: date
    loud: bool = False


@pytest.fixture
def person() -> Iterator[Person]:
    with a_terminal() as person:
        yield person


async def types(person: Person, *lines: str) -> str:
    """Answer prompt after prompt; return all that was shown."""
    shown = ""
    for line in lines:
        shown += await person.reads("declines): ")
        person.types(line)
    return shown


async def test_a_text_is_typed_on_one_line(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        asking = asyncio.create_task(gate.ask("Which ticket?\u202e\nCleanup-bot asks: sure?"))
        shown = await types(person, "OPS-7")

        assert await asking == "OPS-7"
    assert "cleanup-bot asks, in its own words:" in shown
    assert "  │ Which ticket?⟦U+202E⟧\n  │ Cleanup-bot asks: sure?" in shown
    assert "It approves nothing and runs nothing." in shown


@pytest.mark.parametrize("typed", ["2", " 2 "])
async def test_an_option_is_named_by_its_number(person: Person, typed: str) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        asking = asyncio.create_task(gate.ask("Which region?", options=["eu", "us"]))
        shown = await types(person, typed)

        assert await asking == "us"
    assert "  1. eu\n  2. us\n" in shown


async def test_what_does_not_fit_is_said_and_asked_for_again(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        asking = asyncio.create_task(gate.ask("How?", schema=Scaling))
        shown = await types(person, "0", "2026-03-02", "", "4")

        assert await asking == Scaling(replicas=4, day=date(2026, 3, 2))
    assert "replicas: Has to be at least 1." in shown
    assert shown.count("day (a date") == 1


async def test_declining_tells_the_program_why(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        asking = asyncio.create_task(gate.ask("Which ticket?"))
        await types(person, "! ask Carol")

        with pytest.raises(CallRejected, match="declined to answer.*ask Carol"):
            await asking


async def test_under_its_key_an_answer_is_told_again_without_asking(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        with gate.calling(key="k1"):
            asking = asyncio.create_task(gate.ask("Which ticket?"))
            await types(person, "OPS-7")

            assert [await asking, await gate.ask("Which ticket?")] == ["OPS-7", "OPS-7"]


async def test_a_gate_whose_rule_names_other_tools_asks_all_the_same(person: Person) -> None:
    gate = Gate(agent="cleanup-bot", require_approval=["delete"])
    async with gate.console(tty=person.tty):
        asking = asyncio.create_task(gate.ask("Which ticket?"))
        await types(person, "OPS-7")

        assert await asking == "OPS-7"


async def test_silence_at_the_terminal_is_no_answer(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty, timeout=timedelta(milliseconds=20)):
        with pytest.raises(CallTimedOut, match="Nobody answered in time"):
            await gate.ask("Which ticket?")
