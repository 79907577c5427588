"""How much processor time drawing takes."""

import time
from collections.abc import Callable

import pytest

from bot.sandbox.nouns import Message
from bot.sandbox.page import render
from bot.sandbox.page.pictures import Picture
from tests.sandbox_page.cards import approval_card
from tests.sandbox_page.desk import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


def fastest_ms(work: Callable[[], object], *, rounds: int) -> float:
    def once() -> float:
        started = time.process_time()
        work()
        return (time.process_time() - started) * 1000

    return min(once() for _ in range(rounds))


async def test_a_card_is_drawn_in_two_milliseconds_and_a_hundred_in_fifty(desk: Desk) -> None:
    messages: list[Message] = [desk.post("card", blocks=approval_card()) for _ in range(100)]
    picture = Picture(desk.workspace, desk.workspace.people()[0])
    frame = render.Frame(page_token="t", version="v", commands=[])
    channel = desk.workspace.channel("C0PROD")

    def one() -> str:
        return render.message_fragment(picture.row(messages[0]), in_thread=False)

    assert fastest_ms(one, rounds=50) < 2
    assert fastest_ms(lambda: render.channel_page(picture, channel, frame), rounds=5) < 50
