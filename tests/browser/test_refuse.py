"""A person says no, or nobody says anything: nothing ran, and the agent knows which it was."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.tab import APPROVER, CHANNEL, Tab
from tests.browser_launch import IN_CHROMIUM

pytestmark = IN_CHROMIUM


async def test_a_rejection_with_its_reason_reaches_the_agent_and_nothing_ran(tab: Tab) -> None:
    before = tab.demo.service_pid("search")
    card = await tab.asked("restart search in prod", "service_restart", '"search"')
    await tab.become(APPROVER)
    await card.button("Reject").click()
    form = tab.page.get_by_role("dialog", name="Reject this call")
    await form.get_by_role("textbox", name="Reason").fill("not before the sale <ends>")
    await card.is_pending()
    await form.get_by_role("button", name="Reject").click()

    await card.is_closed("❌ Rejected · service_restart – did not run")
    await card.shows("Rejected by @Bob Larsen", "not before the sale <ends>", 'service: "search"')
    await expect(form).to_have_count(0)
    thread = await tab.thread("restart search in prod")
    await expect(thread).to_contain_text("service_restart(service=search, environment=prod) did")
    await expect(thread).to_contain_text("not before the sale <ends>")
    assert tab.demo.service_pid("search") == before


async def test_a_reject_form_that_is_left_decides_nothing(tab: Tab) -> None:
    card = await tab.asked("pay 120 to backers", "ledger_pay", '"backers"')
    await tab.become(APPROVER)
    await card.button("Reject").click()
    form = tab.page.get_by_role("dialog", name="Reject this call")
    await form.get_by_role("button", name="Back").click()
    await expect(form).to_have_count(0)

    await card.is_pending()
    await tab.approve(card, asks_twice=False)
    await card.is_closed("✅ Approved · ledger_pay – done")
    assert tab.demo.paid("backers") == [120]


async def test_the_agent_is_asked_back_and_answers_in_the_thread_while_its_card_waits(
    tab: Tab,
) -> None:
    card = await tab.asked("pay 170 to printers", "ledger_pay", '"printers"')
    await tab.become(APPROVER)
    await card.button("Ask…").click()
    form = tab.page.get_by_role("dialog", name="Ask back")
    await form.get_by_role("textbox").fill("Which invoice is it for?")
    await form.get_by_role("button", name="Ask", exact=True).click()
    await expect(form).to_have_count(0)

    await card.shows("Asked back 1 time; see the thread.")
    await card.here.get_by_role("link", name=re.compile("repl")).click()
    thread = tab.page.get_by_role("region", name="Thread")
    await expect(thread).to_contain_text("Which invoice is it for?")
    await expect(thread).to_contain_text("The agent answers (unverified, approves nothing):")
    await expect(thread).to_contain_text("I was asked to: pay 170 to printers")
    await card.is_pending()
    assert tab.demo.paid("printers") == []
    await tab.approve(card, asks_twice=False)
    await card.is_closed("✅ Approved · ledger_pay – done")
    assert tab.demo.paid("printers") == [170]


@pytest.mark.long
async def test_silence_ends_in_a_timeout_that_nobody_calls_a_no(tab: Tab) -> None:
    await tab.type("/agent pay 250 to nobody")
    messages = tab.page.get_by_role("list", name=f"Messages in {CHANNEL}")
    card = messages.get_by_role("listitem").filter(has_text='to: "nobody"')
    timed_out = card.get_by_role("heading", name="⌛ Timed out · ledger_pay – did not run")
    await expect(timed_out).to_be_visible()
    await expect(card.get_by_role("button", name="Approve")).to_have_count(0)
    await expect(card).to_contain_text("amount_eur: 250")

    thread = await tab.thread("pay 250 to nobody")
    await expect(thread).to_contain_text("Nobody answered in time")
    assert tab.demo.paid("nobody") == []


async def test_dropping_the_ledger_is_denied_and_nobody_is_asked(tab: Tab) -> None:
    before = tab.demo.payments()
    await tab.type("/agent drop the ledger")
    thread = await tab.thread("drop the ledger")
    await expect(thread).to_contain_text("The ledger is never dropped by an agent.")
    await expect(tab.page.get_by_role("heading", name="ledger_drop")).to_have_count(0)
    assert tab.demo.payments()[: len(before)] == before != []
