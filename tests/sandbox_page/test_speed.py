"""What drawing costs."""

import pytest

from bot.sandbox.nouns import Message
from bot.sandbox.page import render
from bot.sandbox.page.pictures import Picture
from tests.costs import cost
from tests.sandbox_page.cards import approval_card
from tests.sandbox_page.desk import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_card_costs_a_few_pieces_of_work_and_a_hundred_in_proportion(desk: Desk) -> None:
    messages: list[Message] = [desk.post("card", blocks=approval_card()) for _ in range(100)]
    picture = Picture(desk.workspace, desk.workspace.people()[0])
    frame = render.Frame(page_token="t", version="v", commands=[])
    channel = desk.workspace.channel("C0PROD")

    def one() -> str:
        return render.message_fragment(picture.row(messages[0]), in_thread=False)

    one()  # compiles the templates
    assert cost(one) < 5
    assert cost(lambda: render.channel_page(picture, channel, frame)) < 250
