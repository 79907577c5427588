"""`gate.console()`: a script asks whoever sits at its terminal, a real pseudo-terminal here."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from approvals.domain import errors
from approvals.domain.approval_request import Requester
from approvals.domain.tool_call import ToolCall
from approvals.gate import (
    CallAlreadyRan,
    CallCancelled,
    CallRefused,
    CallRejected,
    CallTimedOut,
    CallUnavailable,
    Gate,
    Question,
)
from approvals.gate.console_words import MARGIN, call_lines
from approvals.gate.gateway import Proposal
from tests.gate.at_a_terminal import Person, a_terminal

ran: list[str] = []


@pytest.fixture
def person() -> Iterator[Person]:
    ran.clear()
    with a_terminal() as person:
        yield person


def deleting(gate: Gate) -> Any:
    @gate.guard
    async def delete(path: str, note: str = "") -> str:
        ran.append(path)
        return f"{path} is gone"

    return delete


async def test_yes_runs_the_body_once_and_the_end_is_told(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        calling = asyncio.create_task(deleting(gate)("/data/old"))
        shown = await person.answers("y")

        assert await calling == "/data/old is gone"
        assert "cleanup-bot wants to run delete" in shown
        assert 'path: "/data/old"' in shown
        await person.reads("delete ran: /data/old is gone")
    assert ran == ["/data/old"]


@pytest.mark.parametrize(
    ("typed", "reason"), [("n", None), ("NO", None), ("n not today", "not today")]
)
async def test_no_runs_nothing_and_its_reason_reaches_the_agent(
    person: Person, typed: str, reason: str | None
) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        calling = asyncio.create_task(deleting(gate)("/data/old"))
        await person.answers(typed)

        with pytest.raises(CallRejected) as rejected:
            await calling
    assert rejected.value.outcome.reason == reason
    assert str(rejected.value.outcome.by).startswith("console:")
    assert ran == []


@pytest.mark.parametrize("typed", ["", "yes please", "ok", "yn", "y\x08n", "ja", "Y "])
async def test_only_a_plain_yes_is_one(person: Person, typed: str) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        calling = asyncio.create_task(deleting(gate)("/data/old"))
        await person.answers(typed)
        if typed != "Y ":
            await person.reads("Please type y or n.")
            assert ran == []
            await person.answers("y")
        await calling
    assert ran == ["/data/old"]


async def test_what_was_typed_before_the_question_answers_nothing(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        person.types("y")
        calling = asyncio.create_task(deleting(gate)("/data/old"))
        await person.answers("n")

        with pytest.raises(CallRejected):
            await calling
    assert ran == []


async def test_without_a_rule_on_the_gate_every_call_asks_and_with_one_those_it_names(
    person: Person,
) -> None:
    gate = Gate(agent="cleanup-bot", require_approval=lambda _, args: args["path"] != "/tmp")
    async with gate.console(tty=person.tty):
        await deleting(gate)("/tmp")
        calling = asyncio.create_task(deleting(gate)("/data"))
        await person.answers("n")
        with pytest.raises(CallRejected):
            await calling
    assert ran == ["/tmp"]


async def test_parallel_calls_are_asked_one_after_the_other(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        delete = deleting(gate)
        calls = [asyncio.create_task(delete(name)) for name in ("a", "b", "c")]
        for answer in ("y", "n", "y"):
            await person.answers(answer)
        ended = await asyncio.gather(*calls, return_exceptions=True)

    assert ran == ["a", "c"]
    assert [isinstance(each, CallRejected) for each in ended] == [False, True, False]


async def test_a_long_call_is_approved_on_its_last_page_only(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        calling = asyncio.create_task(deleting(gate)("\n".join(f"line {n}" for n in range(40))))
        await person.reads("Enter reads on, n rejects: ")
        person.types("y")
        shown = await person.reads("Enter reads on, n rejects: ")
        assert "line 17" not in shown
        person.types("")
        shown = await person.reads("Enter reads on, n rejects: ")
        assert "line 17" in shown
        person.types("")
        assert "line 39" in await person.answers("y")
        await calling
    assert len(ran) == 1


async def test_a_long_call_can_be_rejected_unread(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        calling = asyncio.create_task(deleting(gate)("x\n" * 40))
        await person.reads("Enter reads on, n rejects: ")
        person.types("n too long")
        with pytest.raises(CallRejected, match="too long"):
            await calling


async def test_t1_no_value_looks_like_a_line_of_sayso(person: Person) -> None:
    forged = "x\nApprove delete? y, n: y\r\x1b[2J\u202e" + " " * 70 + "Approve all? y"
    gate = Gate(agent="cleanup-bot\nApprove? y")
    async with gate.console(tty=person.tty):
        calling = asyncio.create_task(deleting(gate)(forged, note="漢" * 60))
        shown = await person.answers("n")
        with pytest.raises(CallRejected):
            await calling

    lines = shown.split("\n")
    begun = [line for line in lines if line.startswith("Approve")]
    assert begun == [line for line in lines if line.startswith("Approve delete? y, n, n and")]
    assert len(begun) == 1
    assert "⟦U+001B⟧" in shown
    assert "⟦U+202E⟧" in shown
    assert not any(control in shown for control in "\x1b\r\u202e")
    assert all(len(line) + line.count("漢") < 80 for line in lines)


def test_names_are_shown_to_their_end_and_look_like_no_line_of_sayso() -> None:
    end = " " * 70 + "Approve all? y"
    tool, name = "t" * 100 + end, "n" * 200 + end
    call = ToolCall.of(tool, "f" * 64, {name: 1, "short": 2})
    proposal = Proposal(call=call, requester=Requester(agent="cleanup-bot"))

    lines = call_lines(proposal, salt="s", columns=80)

    shown = "".join(line.removeprefix(MARGIN) for line in lines)
    assert "t" * 100 in shown
    assert "n" * 200 in shown
    assert shown.count("Approve all? y") == 2
    assert all(line.startswith(MARGIN) for line in lines if "Approve" in line)
    assert "  short: 2" in lines
    assert all(len(line) < 80 for line in lines)


async def test_secrets_are_masked_and_the_body_gets_them(person: Person) -> None:
    secret = "ghp_" + "a1B2" * 9
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        calling = asyncio.create_task(deleting(gate)(secret))
        shown = await person.answers("y")
        await calling
        shown += await person.reads("is gone")
    assert secret not in shown
    assert ran == [secret]


async def test_nobody_answering_in_time_is_no_rejection(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty, timeout=timedelta(milliseconds=20)):
        with pytest.raises(CallTimedOut):
            await deleting(gate)("/data")
    assert ran == []


async def test_a_cancelled_call_lets_go_of_the_terminal(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        delete = deleting(gate)
        calling = asyncio.create_task(delete("a"))
        await person.reads("? y, n")
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        again = asyncio.create_task(delete("b"))
        await person.answers("y")
        await again
    assert ran == ["b"]


async def test_a_question_can_be_withdrawn_by_its_key(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        with gate.calling(key="nightly"):
            calling = asyncio.create_task(deleting(gate)("a"))
        await person.reads("? y, n")

        assert await gate.cancel("nightly")
        with pytest.raises(CallCancelled):
            await calling
        assert not await gate.cancel("nightly")
    assert ran == []


async def test_a_key_runs_once_and_binds_its_arguments(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        delete = deleting(gate)
        with gate.calling(key="nightly"):
            calling = asyncio.create_task(delete("a"))
            await person.answers("y")
            await calling
            with pytest.raises(CallAlreadyRan):
                await delete("a")
            with pytest.raises(CallRefused) as refused:
                await delete("b")
    assert refused.value.outcome.code == errors.IdempotencyMismatch.code
    assert ran == ["a"]


async def test_who_decides_may_ask_the_program_back(person: Person) -> None:
    heard: list[Question] = []

    def because(question: Question) -> str:
        heard.append(question)
        return "it is old\n\x1b[1mApprove it"

    gate = Gate(agent="cleanup-bot", on_question=because)
    async with gate.console(tty=person.tty):
        calling = asyncio.create_task(deleting(gate)("a"))
        await person.answers("? why now")
        shown = await person.answers("n")
        with pytest.raises(CallRejected):
            await calling
    assert [(each.tool, each.text) for each in heard] == [("delete", "why now")]
    assert "The agent's own words, unverified:\n  │ it is old\n  │ ⟦U+001B⟧[1mApprove it" in shown


async def test_a_script_without_a_loop_asks_as_well(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")

    @gate.guard
    def delete(path: str) -> str:
        ran.append(path)
        return path

    def script() -> str:
        with gate.console(tty=person.tty):
            return delete("a")

    running = asyncio.create_task(asyncio.to_thread(script))
    await person.answers("y")

    assert await running == "a"
    assert ran == ["a"]


async def test_a_closed_terminal_rejects_nothing_and_runs_nothing(person: Person) -> None:
    gate = Gate(agent="cleanup-bot")
    async with gate.console(tty=person.tty):
        calling = asyncio.create_task(deleting(gate)("a"))
        await person.answers("\x04")
        with pytest.raises(CallUnavailable, match="terminal was closed"):
            await calling
    assert ran == []


async def test_where_there_is_no_terminal_it_says_so(tmp_path: Any) -> None:
    gate = Gate(agent="cleanup-bot")
    no_terminal = tmp_path / "file"
    no_terminal.write_text("y\n")
    for path in (str(no_terminal), str(tmp_path / "nothing")):
        with pytest.raises(errors.Unavailable, match="There is no terminal to ask at"):
            async with gate.console(tty=path):
                pass
