"""I10: whatever breaks, what nobody permitted does not run; with the fault over, it may."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.nouns import Message
from tests.security.test_store_in_trouble import full_disk, held_by_another
from tests.security.whole_gateway import (
    BOB,
    CAROL,
    POLICY,
    PROD,
    WholeGateway,
    a_whole_gateway,
    eventually,
)

Trouble = Callable[[WholeGateway], AbstractAsyncContextManager[None]]
TWO_PEOPLE = POLICY.replace("effect: ask", "effect: ask, quorum: [{of: oncall, count: 2}]")
LOOKS_A_WHILE_S = 0.1


def slack_refuses(*methods: str) -> Trouble:
    @asynccontextmanager
    async def trouble(whole: WholeGateway) -> AsyncIterator[None]:
        for method in methods:
            fault = Fault(kind=FaultKind.SERVER_ERROR, method=method, times=None)
            await whole.slack.faults.switch_on(fault)
        yield
        whole.slack.faults.clear()

    return trouble


@pytest.mark.parametrize(
    "trouble",
    [full_disk, held_by_another],
    ids=["the disk is full", "the database is held"],
)
async def test_i10_a_click_that_cannot_be_stored_lets_nothing_run(
    tmp_path: Path, trouble: Trouble
) -> None:
    async with asking(tmp_path) as (whole, ran, calling):
        card = await whole.card()
        async with trouble(whole):
            await whole.press(BOB, card)
            await asyncio.sleep(LOOKS_A_WHILE_S)
            while_broken = (list(ran), calling.done())
        await pressed_until_it_ran(whole, card, calling)

    assert while_broken == ([], False)
    assert ran == ["checkout"]


async def test_i10_a_call_whose_card_cannot_be_posted_does_not_run(tmp_path: Path) -> None:
    trouble = slack_refuses("chat.postMessage")
    async with (
        a_whole_gateway(tmp_path) as whole,
        trouble(whole),
        started(whole) as (ran, calling),
    ):
        await asyncio.sleep(LOOKS_A_WHILE_S)
        while_broken = (list(ran), calling.done(), whole.slack.workspace.messages(PROD))
        whole.slack.faults.clear()
        await pressed_until_it_ran(whole, await whole.card(), calling)

    assert while_broken == ([], False, [])
    assert ran == ["checkout"]


async def test_i10_one_vote_of_two_lets_nothing_run(tmp_path: Path) -> None:
    async with asking(tmp_path, TWO_PEOPLE) as (whole, ran, calling):
        card = await whole.card()
        for _ in range(3):
            await whole.press(BOB, card)
        await asyncio.sleep(LOOKS_A_WHILE_S)
        with_one = (list(ran), calling.done())
        await whole.press(CAROL, card)
        await calling

    assert with_one == ([], False)
    assert ran == ["checkout"]


async def test_i10_a_policy_that_breaks_lets_nothing_run_that_asked_before(tmp_path: Path) -> None:
    async with asking(tmp_path) as (whole, ran, calling):
        await whole.card()
        (tmp_path / "policy.yml").write_text("version: 1\nchannels: {", encoding="utf-8")
        await asyncio.sleep(LOOKS_A_WHILE_S)
        outsider = await whole.press("U0ALICE", await whole.card())
        broken = (list(ran), calling.done())
        await whole.press(BOB, await whole.card())
        await calling

    assert outsider
    assert broken == ([], False)
    assert ran == ["checkout"]


@asynccontextmanager
async def asking(
    directory: Path, policy: str = POLICY
) -> AsyncIterator[tuple[WholeGateway, list[str], "asyncio.Task[None]"]]:
    """A whole gateway, of which one call asks."""
    async with a_whole_gateway(directory, policy) as whole, started(whole) as (ran, calling):
        yield whole, ran, calling


@asynccontextmanager
async def started(
    whole: WholeGateway,
) -> AsyncIterator[tuple[list[str], "asyncio.Task[None]"]]:
    """Let a tool be called; what it has done is in the list."""
    ran: list[str] = []

    @whole.gate.guard
    async def restart(service: str) -> None:
        ran.append(service)

    calling: asyncio.Task[None] = asyncio.create_task(restart("checkout"))
    try:
        yield ran, calling
    finally:
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)


async def pressed_until_it_ran(
    whole: WholeGateway, card: Message, calling: "asyncio.Task[None]"
) -> None:
    """Approve now that nothing is broken; who was not known a moment ago may press again."""
    while not calling.done():
        await whole.press(BOB, card)
        await asyncio.wait({calling}, timeout=0.5)
    await eventually(calling.done)
