"""Every window people decide in, opened as they open it, at a desk and on a phone."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser_launch import IN_CHROMIUM
from tests.looks.stage import DESK, PHONE, POLICY, Stage, a_stage, card, close, press, window

pytestmark = [*IN_CHROMIUM, pytest.mark.long]

LONG = "\n".join(f"kubectl delete pod checkout-{number:03d} -n prod" for number in range(220))


@pytest.mark.parametrize(("where", "looks"), [("desk", DESK), ("phone", PHONE)])
async def test_every_window_opens_fits_and_does_what_it_says(
    chromium: Browser, tmp_path: Path, where: str, looks: dict[str, Any]
) -> None:
    async with a_stage(tmp_path, chromium) as stage, stage.somebody("U0BOB", **looks) as page:
        await _details_extending_and_editing(stage, page, where)
        await _reasons(stage, page, where)
        await _a_hold_is_stopped(stage, page, where)
        await _the_full_view(stage, page, where)
        await _asking_people(stage, page, where)
        await _home(stage, page, where)
        await _freezing(stage, page, where)


@pytest.mark.parametrize(("where", "looks"), [("desk", DESK), ("phone", PHONE)])
async def test_a_burst_is_one_card_and_reviewed_call_by_call(
    chromium: Browser, tmp_path: Path, where: str, looks: dict[str, Any]
) -> None:
    folds = POLICY.replace("timeout: 15m", "timeout: 15m\n  fold: 1")
    opened = a_stage(tmp_path, chromium, folds)
    async with opened as stage, stage.somebody("U0BOB", **looks) as page:
        for text in ("one", "two", LONG):
            stage.asks("script", text=text)
        about = card(page, "3 calls on one card")
        await expect(about).to_contain_text("text=two")
        await stage.picture(about, f"burst-{where}")
        await press(about, "Review 3 calls…")
        first = await window(page, "Call 1 of 3")
        await stage.picture(page, f"burst-review-{where}")
        await press(first, "Skip to the next call")
        await press(await window(page, "Call 2 of 3"), "Approve")
        third = await window(page, "Call 3 of 3")
        await expect(third).to_contain_text("is recorded")
        await stage.picture(page, f"burst-next-{where}")
        await close(third)
        await expect(about).to_contain_text("3 calls on one card, 2 to decide")
        await stage.picture(about, f"burst-decided-{where}")


async def _details_extending_and_editing(stage: Stage, page: Page, where: str) -> None:
    stage.asks("deploy", service="checkout", replicas=30, dry_run=False, kind="a")
    about = card(page, "deploy")
    await expect(about.get_by_role("button", name="Edit…")).to_be_visible()
    await stage.picture(about, f"card-{where}")
    await press(about, "Details")
    details = await window(page, "Details")
    await expect(details).to_contain_text("replicas: 30")
    await expect(details).to_contain_text("Bob Larsen")
    await stage.picture(page, f"details-{where}")
    await close(details)

    await press(about, "Extend…")
    more = await window(page, "Give it more time")
    await stage.picture(page, f"extend-{where}")
    await press(more, "Extend")
    await expect(about).to_contain_text("given more time by @Bob Larsen")

    await press(about, "Edit…")
    form = await window(page, "Edit this call")
    await form.get_by_role("spinbutton", name="replicas").fill("12")
    await stage.picture(page, f"edit-{where}")
    await press(form, "Save changes")
    await expect(about).to_contain_text("Changed by @Bob Larsen")
    await stage.picture(about, f"card-edited-{where}")
    await press(about, "Approve")
    private = page.get_by_role("listitem").filter(has_text="Only visible to you").last
    await expect(private).to_contain_text("You")
    await stage.picture(private, f"refused-{where}")


async def _reasons(stage: Stage, page: Page, where: str) -> None:
    stage.asks("pay", to="ACME", amount_eur=400)
    about = card(page, "pay")
    await press(about, "Reject")
    form = await window(page, "Reject this call")
    await stage.picture(page, f"reject-{where}")
    await form.get_by_label("Reason").first.select_option(label="Ask the owner first.")
    await press(form, "Reject")
    await expect(about).to_contain_text("Rejected by @Bob Larsen")

    stage.asks("pay", to="ACME", amount_eur=500)
    await expect(card(page, "pay")).to_contain_text("500")
    await press(card(page, "pay"), "Approve…")
    form = await window(page, "Approve this call")
    await stage.picture(page, f"approve-reason-{where}")
    await press(form, "Back")


async def _a_hold_is_stopped(stage: Stage, page: Page, where: str) -> None:
    stage.asks("restart", service="checkout")
    about = card(page, "restart")
    await press(about, "Approve")
    sure = await window(page, "Run this high-risk call?")
    await stage.picture(page, f"high-risk-{where}")
    await press(sure, "Approve")
    await expect(about.get_by_role("button", name="Stop")).to_be_visible()
    await stage.picture(about, f"card-held-{where}")
    await press(about, "Stop")
    await expect(about).to_contain_text("Rejected by @Bob Larsen")
    await stage.picture(about, f"card-stopped-{where}")


async def _the_full_view(stage: Stage, page: Page, where: str) -> None:
    stage.asks("script", text=LONG)
    about = card(page, "script")
    await press(about, "Review and approve…")
    view = await window(page, "Review the full call")
    await stage.picture(page, f"full-view-{where}")
    while await view.get_by_role("button", name="Next page").count():
        await press(view, "Next page")
        await page.wait_for_timeout(300)
    await expect(view.get_by_role("button", name="Approve", exact=True)).to_be_visible()
    await stage.picture(page, f"full-view-end-{where}")
    await press(view, "Approve")
    told = await window(page, "Sayso")
    await stage.picture(page, f"recorded-{where}")
    await close(told)


async def _asking_people(stage: Stage, page: Page, where: str) -> None:
    await _type(page, "can we deploy 2.3?")
    said = page.get_by_role("listitem").filter(has_text="can we deploy 2.3?").last
    await said.hover()
    await said.get_by_label("Message actions").click()
    await said.get_by_role("button", name="Ask for approval").click()
    form = await window(page, "Ask for approval")
    await stage.picture(page, f"ask-{where}")
    await form.get_by_role("textbox", name="Question").fill("Deploy 2.3 to prod?")
    await press(form, "Ask")
    about = card(page, "Deploy 2.3 to prod?")
    await expect(about).to_be_visible()
    await stage.picture(about, f"card-question-{where}")


async def _home(stage: Stage, page: Page, where: str) -> None:
    stage.asks("both", service="checkout")
    await expect(card(page, "both")).to_be_visible()
    await page.goto(f"{stage.gateway.slack.url}home")
    await expect(page.get_by_text("Waiting for you")).to_be_visible()
    await stage.picture(page, f"home-{where}")
    await page.goto(stage.gateway.slack.url)


async def _freezing(stage: Stage, page: Page, where: str) -> None:
    await _type(page, "/approvals freeze all for 2h a bad deploy")
    about = card(page, "both")
    await expect(about).to_contain_text("Everything is frozen by @Bob Larsen")
    await stage.picture(page, f"frozen-{where}")
    await press(about, "Approve")
    private = page.get_by_role("listitem").filter(has_text="Only visible to you").last
    await expect(private).to_contain_text("Nothing was decided. You may still reject.")
    await stage.picture(private, f"refused-frozen-{where}")


async def _type(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Message").first
    await box.fill(text)
    await box.press("Enter")
    await expect(box).to_have_value("")  # it was sent
