"""Whoever may not decide is told so privately, and the card waits on for those who may."""

import pytest
from playwright.async_api import expect

from tests.browser.tab import APPROVER, EXTERNAL, GUEST, REQUESTER, SECOND_APPROVER, Tab
from tests.browser_launch import IN_CHROMIUM

pytestmark = IN_CHROMIUM


async def test_guest_external_person_and_bystander_are_told_why_and_the_card_waits(
    tab: Tab,
) -> None:
    card = await tab.asked("pay 300 to bystanders", "ledger_pay", '"bystanders"')
    for person, why in (
        (GUEST, "Guests of the workspace may not decide."),
        (EXTERNAL, "People of another organisation may not decide."),
        (REQUESTER, "You cannot approve this: it was asked by you or for you."),
    ):
        await tab.become(person)
        await card.button("Approve").click()
        await tab.is_told(why)
        await card.is_pending()
    assert tab.demo.paid("bystanders") == []

    await tab.become(APPROVER)
    await tab.approve(card, asks_twice=False)
    await card.is_closed("✅ Approved · ledger_pay – done")
    assert tab.demo.paid("bystanders") == [300]


@pytest.mark.long
async def test_an_approver_who_asked_may_not_approve_but_another_one_may(tab: Tab) -> None:
    before = tab.demo.service_pid("search")
    await tab.become(APPROVER)
    card = await tab.asked("restart search in prod", "service_restart", '"search"')
    await tab.approve(card)
    await tab.is_told("You cannot approve this: it was asked by you or for you.")
    await card.is_pending()
    assert tab.demo.service_pid("search") == before

    await tab.become(SECOND_APPROVER)
    await expect(tab.page.get_by_text("You cannot approve this")).to_have_count(0)
    await tab.approve(card)
    await card.is_closed("✅ Approved · service_restart – done")
    await card.shows("Approved by @Carol Mensah", "for @Bob Larsen")
    assert tab.demo.service_pid("search") != before
