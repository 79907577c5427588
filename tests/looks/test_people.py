"""Two people in two browsers at once, and one who has no mouse."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser_launch import IN_CHROMIUM
from tests.looks.stage import a_stage, card, press

pytestmark = [*IN_CHROMIUM, pytest.mark.long]


async def test_two_people_decide_at_once_and_both_see_what_was_decided(
    chromium: Browser, tmp_path: Path
) -> None:
    async with (
        a_stage(tmp_path, chromium) as stage,
        stage.somebody("U0BOB") as bob,
        stage.somebody("U0CAROL") as carol,
    ):
        stage.asks("both", service="checkout")
        await asyncio.gather(*(press(card(page, "both"), "Approve") for page in (bob, carol)))
        for page in (bob, carol):
            about = card(page, "both")
            await expect(about.get_by_role("heading")).to_contain_text("Approved · both – done")
            await expect(about).to_contain_text("@Bob Larsen")
            await expect(about).to_contain_text("@Carol Mensah")

        stage.asks("script", text="true")
        await expect(card(carol, "script")).to_be_visible()
        await press(card(carol, "script"), "Reject")
        form = carol.get_by_role("dialog", name="Reject this call")
        await expect(form).to_be_visible()
        await press(card(bob, "script"), "Approve")
        await expect(card(carol, "script").get_by_role("heading")).to_contain_text("Approved")

        # What was decided while her form was open is told when she sends it, and stands.
        await press(form, "Reject")
        await expect(carol.get_by_text("already approved by")).to_be_visible()
        await expect(card(carol, "script").get_by_role("heading")).to_contain_text("Approved")


async def test_a_call_is_rejected_with_words_by_keyboard_alone_and_the_focus_comes_back(
    chromium: Browser, tmp_path: Path
) -> None:
    async with a_stage(tmp_path, chromium) as stage, stage.somebody("U0BOB") as page:
        stage.asks("script", text="true")
        reject = card(page, "script").get_by_role("button", name="Reject")
        await expect(reject).to_be_visible()
        await _tab_to(page, reject)
        await page.keyboard.press("Enter")
        form = page.get_by_role("dialog", name="Reject this call")
        await expect(form).to_be_visible()
        await _tab_to(page, form.get_by_label("In your own words"))
        await page.keyboard.type("not tonight")
        await _tab_to(page, form.get_by_role("button", name="Reject"))
        await page.keyboard.press("Enter")

        await expect(card(page, "script")).to_contain_text("Rejected by @Bob Larsen")
        await expect(card(page, "script")).to_contain_text("not tonight")
        await expect(form).to_have_count(0)


async def _tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until *wanted* has the focus."""
    for _ in range(80):
        if await wanted.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"{wanted} is not reached with Tab")
