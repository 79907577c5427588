"""What the approver saw is what runs: long arguments page by page, parallel calls apart."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.tab import APPROVER, CHANNEL, Tab
from tests.browser_launch import IN_CHROMIUM

pytestmark = IN_CHROMIUM

MIDDLE = "in the middle of it: hidden-in-the-middle"
LONG = f"{'begin ' * 800}{MIDDLE} {'tail ' * 900}and the very end"


async def test_long_arguments_are_approved_on_the_last_page_of_the_full_view(tab: Tab) -> None:
    card = await tab.asked(f'pay 400 to "longs" reference "{LONG}"', "ledger_pay", "longs")
    await tab.become(APPROVER)
    await card.shows("begin begin", "and the very end", "Not shown here:")
    await expect(card.here).not_to_contain_text("hidden-in-the-middle")
    await expect(card.button("Approve")).to_have_count(0)

    await card.button("Review and approve…").click()
    view = tab.page.get_by_role("dialog", name="Review the full call")
    await expect(view).to_contain_text("page 1 of 2")
    await expect(view).to_contain_text("hidden-in-the-middle")
    await expect(view.get_by_role("button", name="Approve")).to_have_count(0)
    await view.get_by_role("button", name="Next page").click()
    await expect(view).to_contain_text("page 2 of 2")
    await expect(view).to_contain_text("and the very end")
    await card.is_pending()
    await view.get_by_role("button", name="Approve").click()
    told = tab.page.get_by_role("dialog", name="Sayso")
    await expect(told).to_contain_text("Your approval of ledger_pay is recorded.")
    await told.get_by_role("button", name="Close").click()

    await card.is_closed("✅ Approved · ledger_pay – done")
    assert tab.demo.payments()[-1] == ("longs", 400, LONG)


@pytest.mark.long
async def test_calls_of_one_turn_stand_on_one_card_and_run_each_by_its_own_click(tab: Tab) -> None:
    before = tab.demo.service_pid("checkout")
    await tab.type("/agent restart checkout in prod and pay 250 to parallels")
    messages = tab.page.get_by_role("list", name=f"Messages in {CHANNEL}")
    card = messages.get_by_role("listitem").filter(has_text='to: "parallels"').last
    await expect(card).to_contain_text("2 calls of one turn, all to decide")
    await expect(card).to_contain_text(
        re.compile('service: "checkout".*amount_eur: 250', re.DOTALL)
    )

    await tab.become(APPROVER)
    await card.get_by_role("button", name="Approve", exact=True).last.click()
    await expect(card).to_contain_text("2 calls of one turn, 1 to decide")
    await expect(card).to_contain_text(re.compile(r"2\. ✅ Approved.*done", re.DOTALL))
    assert tab.demo.service_pid("checkout") == before
    (reject,) = await card.get_by_role("button", name="Reject", exact=True).all()
    await reject.click()
    form = tab.page.get_by_role("dialog", name="Reject this call")
    await form.get_by_role("button", name="Reject").click()

    await expect(card).to_contain_text("2 calls of one turn, all ended")
    await expect(card.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    thread = await tab.thread("pay 250 to parallels")
    await expect(thread).to_contain_text(re.compile(r"ledger_pay\(.*parallels.*\) is done"))
    await expect(thread).to_contain_text(
        "service_restart(service=checkout, environment=prod) did not succeed"
    )
    assert tab.demo.paid("parallels") == [250]
    assert tab.demo.service_pid("checkout") == before


async def test_a_payment_up_to_a_hundred_is_made_without_a_card(tab: Tab) -> None:
    await tab.type("/agent pay 100 to smalls")
    await expect(await tab.thread("pay 100 to smalls")).to_contain_text("is done")
    await expect(tab.page.get_by_text('to: "smalls"')).to_have_count(0)
    assert tab.demo.paid("smalls") == [100]
