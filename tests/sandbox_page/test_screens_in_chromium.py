"""The page on a phone and by night: everything is reachable, fits, and can be read."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser_launch import IN_CHROMIUM
from tests.sandbox_page.cards import approval_card, mrkdwn_text, reason_modal
from tests.sandbox_page.conftest import NewPage
from tests.sandbox_page.desk import Desk
from tests.sandbox_page.person import until

pytestmark = IN_CHROMIUM

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
CONTRAST_MIN = 4.5
"""WCAG 2.2, level AA, for text of ordinary size."""
FAINT_TEXTS = """minimum => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const over = ([r, g, b, a = 1], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
  const layers = (element) => {
    const above = [];
    for (let one = element; one; one = one.parentElement) above.unshift(one);
    return above;
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (element) => {
    let [paper, faded] = [[255, 255, 255], 1];
    for (const one of layers(element)) {
      const style = getComputedStyle(one);
      const [r, g, b, a = 1] = parse(style.backgroundColor);
      faded *= Number(style.opacity);
      paper = over([r, g, b, a * faded], paper);
    }
    const [r, g, b, a = 1] = parse(getComputedStyle(element).color);
    const ink = over([r, g, b, a * faded], paper);
    const [dim, bright] = [light(ink), light(paper)].sort((x, y) => x - y);
    return (bright + 0.05) / (dim + 0.05);
  };
  const top = document.querySelector('dialog[open]') ?? document.body;
  const written = [...top.querySelectorAll('*')].filter((one) => one.checkVisibility({
    visibilityProperty: true }) && !one.matches(':disabled, option, .sr')
    && [...one.childNodes].some((node) => node.nodeType === 3 && /[\\p{L}\\d]/u.test(node.data)));
  return [written.length, written.filter((one) => contrast(one) < minimum)
    .map((one) => `${one.textContent.trim()}: ${contrast(one).toFixed(2)}`)];
}"""


async def _is_no_wider_than_its_window(page: Page) -> None:
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width == await page.evaluate("window.innerWidth")


async def test_on_a_phone_the_channels_come_by_keyboard_or_tap_and_a_card_fits(
    desk: Desk, new_page: NewPage
) -> None:
    desk.post("card", blocks=approval_card(arguments=f'{{"digest": "{"0123456789" * 30}"}}'))
    page = await new_page(**PHONE)
    await page.goto(desk.url)
    person = page.get_by_label("You are")
    await expect(person).to_be_hidden()
    await _is_no_wider_than_its_window(page)

    await page.get_by_role("checkbox", name="Show channels").press("Space")
    await person.select_option(label="Bob Larsen (Approver)")
    await expect(person).to_be_hidden()
    await page.get_by_role("button", name="Approve").tap()
    await until(lambda: [d["person"] for d in desk.interactions.deeds] == ["U0BOB"])

    await page.get_by_text("☰").tap()
    await page.get_by_role("link", name="#general").tap()
    await expect(page.get_by_role("heading", name="#general")).to_be_visible()
    await expect(person).to_be_hidden()


async def test_on_a_phone_a_thread_and_a_modal_take_the_screen_and_give_it_back(
    desk: Desk, new_page: NewPage
) -> None:
    parent = desk.post("question")
    desk.post("answer", thread_ts=parent.ts)
    page = await new_page(**PHONE)
    await page.goto(desk.url)
    channel = page.get_by_role("heading", name="#prod-incidents")

    await page.get_by_role("link", name="1 reply").tap()
    await expect(page.get_by_role("textbox", name="Reply")).to_be_in_viewport()
    await expect(channel).to_be_hidden()
    await page.get_by_role("link", name="Close thread").tap()
    await expect(channel).to_be_visible()

    desk.workspace.views.push("U0ALICE", reason_modal())
    modal = page.get_by_role("dialog", name="Reject this request")
    await expect(modal.get_by_role("button", name="Reject")).to_be_in_viewport(ratio=1)
    await _is_no_wider_than_its_window(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_can_be_read_by_day_and_by_night(
    desk: Desk, new_page: NewPage, scheme: str
) -> None:
    parent = desk.post("card", blocks=approval_card())
    desk.post("for you alone", ephemeral_to="U0ALICE")
    said = mrkdwn_text("`code`, a <https://example.com|link>, <@U0BOB> and <#C0GENERAL>")
    desk.post("", blocks=[{"type": "section", "text": said}], thread_ts=parent.ts)
    page = await new_page(color_scheme=scheme)
    await page.goto(f"{desk.url}/c/C0PROD?thread={parent.ts}")
    papers = await page.evaluate("getComputedStyle(document.getElementById('stage')).background")
    assert ("255, 255, 255" in papers) is (scheme == "light")

    written, faint = await page.evaluate(FAINT_TEXTS, CONTRAST_MIN)
    assert written > 40
    assert faint == []

    desk.workspace.views.push("U0ALICE", reason_modal())
    await expect(page.get_by_role("dialog", name="Reject this request")).to_be_visible()
    written, faint = await page.evaluate(FAINT_TEXTS, CONTRAST_MIN)
    assert written >= 10
    assert faint == []
