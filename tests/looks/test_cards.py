"""Every state of a card, at a desk and on a phone: it fits, it can be read, it says what it is."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, expect

from approvals.operations.ports import CardContent
from bot.slack.card_text import headline
from bot.slack.shared_words import shared_headline
from bot.slack.turn_card import message_blocks, message_text
from tests.browser_launch import IN_CHROMIUM
from tests.looks.gallery import CARDS, NOW
from tests.looks.stage import DESK, PHONE, PICTURES, fits
from tests.sandbox_page.desk import Desk, running_desk
from tests.sandbox_page.test_screens_in_chromium import CONTRAST_MIN, FAINT_TEXTS

pytestmark = [*IN_CHROMIUM, pytest.mark.long]


@pytest_asyncio.fixture(loop_scope="session")
async def desk() -> AsyncIterator[Desk]:
    async with running_desk() as running:
        for make in CARDS.values():
            content = make()
            running.post(message_text(content, NOW), blocks=message_blocks(content, NOW))
        yield running


@pytest.mark.parametrize(("where", "looks"), [("desk", DESK), ("phone", PHONE)])
async def test_every_state_of_a_card_fits_and_can_be_read(
    chromium: Browser, desk: Desk, where: str, looks: dict[str, Any]
) -> None:
    window = await chromium.new_context(**looks)
    page = await window.new_page()
    await page.goto(desk.url)
    messages = page.get_by_role("list", name="Messages in #prod-incidents")
    cards = messages.get_by_role("listitem").filter(has=page.get_by_role("heading"))
    await expect(cards).to_have_count(len(CARDS))

    await fits(page)
    written, faint = await page.evaluate(FAINT_TEXTS, CONTRAST_MIN)
    assert written > len(CARDS)
    assert faint == []
    for number, (name, make) in enumerate(CARDS.items()):
        card = cards.nth(number)
        await expect(card.get_by_role("heading")).to_have_text(_headline(make()))
        assert await _cut_off(card, looks["viewport"]["width"]) == []
        if PICTURES in os.environ:
            file = name.replace(", ", "-").replace(" ", "-").replace("'", "")
            await card.screenshot(path=Path(os.environ[PICTURES]) / f"{file}-{where}.png")
    await window.close()


def _headline(content: CardContent) -> str:
    return shared_headline(content) if content.beside else headline(content)


async def _cut_off(card: Locator, width: float) -> list[str]:
    """The buttons of a card that are not wholly within the width of the window."""
    cut = []
    for button in await card.get_by_role("button").all():
        box = await button.bounding_box()
        if box is not None and not 0 <= box["x"] <= width - box["width"]:
            cut.append(await button.inner_text())
    return cut
