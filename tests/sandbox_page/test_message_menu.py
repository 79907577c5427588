"""The menu of a message, reached by keyboard and by name."""

from playwright.async_api import expect

from tests.browser_launch import IN_CHROMIUM
from tests.sandbox_page.conftest import NewPage
from tests.sandbox_page.desk import Desk
from tests.sandbox_page.person import until

pytestmark = IN_CHROMIUM


async def test_an_entry_of_the_menu_is_chosen_by_keyboard_and_reaches_the_app(
    desk: Desk, new_page: NewPage
) -> None:
    message = desk.post("checkout is down", author="U0BOB")
    page = await new_page()
    await page.goto(desk.url)
    await page.get_by_role("link", name="#prod-incidents").click()
    row = page.get_by_role("listitem").filter(has_text="checkout is down").first

    await page.get_by_role("list", name="Messages in #prod-incidents").focus()
    await page.keyboard.press("ArrowUp")
    menu = row.get_by_label("Message actions")
    await menu.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(row.get_by_role("button", name="Hand to agent")).to_be_focused()
    await page.keyboard.press("Enter")

    await until(lambda: bool(desk.interactions.deeds))
    [deed] = desk.interactions.deeds
    assert (deed["kind"], deed["ts"]) == ("shortcut", message.ts)
    assert deed["callback_id"] == "sayso:hand_to_agent"
    await expect(menu).to_be_focused()


async def test_what_only_one_person_sees_has_no_menu(desk: Desk, new_page: NewPage) -> None:
    desk.post("for you alone", ephemeral_to="U0ALICE")
    page = await new_page()
    await page.goto(desk.url)
    await page.get_by_role("link", name="#prod-incidents").click()
    row = page.get_by_role("listitem").filter(has_text="for you alone")

    await expect(row).to_be_visible()
    await expect(row.get_by_label("Message actions")).to_have_count(0)
