"""What a person does at the page in a real Chromium, found by role and accessible name only."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from playwright.async_api import expect

from bot.sandbox.interactions import InteractionResult
from tests.browser_launch import IN_CHROMIUM
from tests.sandbox_page.cards import (
    approval_card,
    button,
    closed_card,
    mrkdwn_text,
    plain,
)
from tests.sandbox_page.conftest import NewPage
from tests.sandbox_page.desk import Deed, Desk
from tests.sandbox_page.person import become, until

pytestmark = IN_CHROMIUM


def closes_the_card(desk: Desk) -> Callable[[Deed], Awaitable[InteractionResult]]:
    async def answer(deed: Deed) -> InteractionResult:
        message = desk.workspace.message(deed["channel"], deed["ts"])
        assert message is not None
        edited = replace(message, blocks=closed_card(), edited_ts=message.ts)
        desk.workspace.log.put(edited)
        return InteractionResult(acked=True)

    return answer


async def test_a_click_on_approve_is_sent_as_the_chosen_person_and_closes_the_card(
    desk: Desk, new_page: NewPage
) -> None:
    message = desk.post("card", blocks=approval_card())
    desk.interactions.answer = closes_the_card(desk)
    page = await new_page()
    await page.goto(desk.url)
    await page.get_by_role("link", name="#prod-incidents").click()
    await become(page, "Bob Larsen (Approver)")
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("heading", name="Approved: k8s.restart")).to_be_visible()
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    [deed] = desk.interactions.deeds
    assert (deed["person"], deed["ts"], deed["action_id"]) == ("U0BOB", message.ts, "approve")


async def test_an_unanswered_click_leaves_a_warning(desk: Desk, new_page: NewPage) -> None:
    async def silent(_: Deed) -> InteractionResult:
        return InteractionResult(acked=False, error="operation_timeout")

    desk.post("card", blocks=approval_card())
    desk.interactions.answer = silent
    page = await new_page()
    await page.goto(desk.url)
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("img", name="did not answer")).to_be_visible()


async def test_a_confirm_dialog_stands_before_the_click(desk: Desk, new_page: NewPage) -> None:
    confirm = {"title": plain("Really?"), "text": plain("It is prod"), "confirm": plain("Do it")}
    elements = [button("Restart", "go", confirm=confirm)]
    desk.post("card", blocks=[{"type": "actions", "block_id": "b", "elements": elements}])
    page = await new_page()
    await page.goto(desk.url)
    dialog = page.get_by_role("dialog", name="Really?")
    await page.get_by_role("button", name="Restart").click()
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_have_count(0)
    assert desk.interactions.deeds == []
    await page.get_by_role("button", name="Restart").click()
    await dialog.get_by_role("button", name="Do it").click()
    await until(lambda: len(desk.interactions.deeds) == 1)


async def test_a_command_is_completed_by_keyboard_and_sent(desk: Desk, new_page: NewPage) -> None:
    page = await new_page()
    await page.goto(desk.url)
    box = page.get_by_role("textbox", name="Message")
    await box.press_sequentially("/ag")
    await expect(page.get_by_role("option", name="/agent")).to_be_visible()
    await box.press("Enter")
    await expect(box).to_have_value("/agent ")
    await box.press_sequentially("restart the checkout service in prod")
    await box.press("Enter")
    await until(lambda: len(desk.interactions.deeds) == 1)
    assert desk.interactions.deeds[0]["text"] == "/agent restart the checkout service in prod"
    await expect(box).to_have_value("")


async def test_a_text_too_long_for_slack_is_kept_and_told_about(
    desk: Desk, new_page: NewPage
) -> None:
    page = await new_page()
    await page.goto(desk.url)
    box = page.get_by_role("textbox", name="Message")
    for start in ("", "/agent "):
        text = start + "x" * 40_001
        await box.fill(text)
        await box.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("at most 40,000 characters")
        await expect(box).to_have_value(text)
    assert desk.interactions.deeds == []
    await box.fill("x" * 40_000)
    await expect(page.get_by_role("alert")).to_have_count(0)
    await box.press("Enter")
    await until(lambda: len(desk.interactions.deeds) == 1)


async def test_an_overflow_menu_sends_its_option_and_closes_on_a_click_elsewhere(
    desk: Desk, new_page: NewPage
) -> None:
    options = [{"text": plain("Freeze"), "value": "freeze"}]
    menu = {"type": "overflow", "action_id": "more", "options": options}
    text = mrkdwn_text("a section")
    section = {"type": "section", "block_id": "s", "text": text, "accessory": menu}
    desk.post("card", blocks=[section])
    page = await new_page()
    await page.goto(desk.url)
    freeze = page.get_by_role("button", name="Freeze")
    await page.get_by_label("More actions").click()
    await expect(freeze).to_be_visible()
    await page.get_by_role("heading", name="#prod-incidents").click()
    await expect(freeze).to_be_hidden()
    await page.get_by_label("More actions").click()
    await freeze.click()
    await until(lambda: [d["value"] for d in desk.interactions.deeds] == ["freeze"])


async def test_messages_are_walked_by_arrow_keys_and_answered_by_keyboard(
    desk: Desk, new_page: NewPage
) -> None:
    for text in ("first", "second"):
        desk.post(text, author="U0BOB")
    page = await new_page()
    await page.goto(desk.url)
    await page.get_by_role("list", name="Messages in #prod-incidents").focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    thread = page.get_by_role("region", name="Thread")
    await expect(thread.get_by_text("first")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(thread).to_have_count(0)
    first = page.get_by_role("listitem").filter(has_text="first")
    await expect(first).to_be_focused()


async def test_a_phone_notification_shows_the_text_alone(desk: Desk, new_page: NewPage) -> None:
    message = desk.post("restart checkout, high risk", blocks=approval_card())
    page = await new_page()
    await page.goto(desk.url)
    await page.get_by_role("heading", name="Approve k8s.restart?").hover()
    toggle = page.get_by_role("button", name="Show as a phone notification")
    await toggle.click()
    await expect(page.get_by_role("note").filter(has_text=message.text)).to_be_visible()
    await toggle.click()
    await expect(page.get_by_text(message.text)).to_have_count(0)


async def test_the_home_tab_is_opened_and_its_buttons_work(desk: Desk, new_page: NewPage) -> None:
    elements = [button("Show mine", "mine")]
    blocks = [{"type": "actions", "block_id": "b", "elements": elements}]
    home = desk.workspace.views.publish_home("U0ALICE", {"type": "home", "blocks": blocks})
    page = await new_page()
    await page.goto(desk.url)
    apps = page.get_by_role("navigation", name="Apps")
    await apps.get_by_role("link", name="Sayso").click()
    await page.get_by_role("button", name="Show mine").click()
    await until(lambda: len(desk.interactions.deeds) == 2)
    assert desk.interactions.deeds[0]["kind"] == "open_home"
    assert desk.interactions.deeds[1]["view"] == home.id


async def test_the_open_channel_is_marked_under_the_mouse_too(
    desk: Desk, new_page: NewPage
) -> None:
    page = await new_page()
    await page.goto(desk.url)
    channel = page.get_by_role("link", name="#prod-incidents")
    paper = "getComputedStyle(document.querySelector('#sidebar a[aria-current]')).backgroundColor"
    marked = await page.evaluate(paper)
    await channel.hover()
    assert await page.evaluate(paper) == marked
