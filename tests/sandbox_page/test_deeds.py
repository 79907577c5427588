"""What people do at the page, and what reaches the app of it."""

import pytest

from bot.sandbox.interactions import InteractionResult
from tests.sandbox_page.browserlike import Browserlike
from tests.sandbox_page.cards import approval_card
from tests.sandbox_page.desk import Deed

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_click_reaches_the_app_as_the_person_who_clicked(tab: Browserlike) -> None:
    message = tab.desk.post("card", blocks=approval_card())
    body = {
        "as": "U0BOB",
        "channel": "C0PROD",
        "ts": message.ts,
        "block_id": "decide",
        "action_id": "approve",
        "values": {"b": {"a": ["x", "y"]}},
    }
    assert await tab.do("click", body) == (200, {"acked": True, "error": None, "errors": {}})
    [deed] = tab.desk.interactions.deeds
    assert (deed["person"], deed["ts"], deed["action_id"]) == ("U0BOB", message.ts, "approve")
    assert deed["values"] == {"b": {"a": ["x", "y"]}}


async def test_what_came_of_a_deed_is_told(tab: Browserlike) -> None:
    async def late(_: Deed) -> InteractionResult:
        return InteractionResult(acked=False, error="operation_timeout", errors={"b": "no"})

    tab.desk.interactions.answer = late
    answer = await tab.do("submit", {"as": "U0BOB", "view": "V1"})
    told = {"acked": False, "error": "operation_timeout", "errors": {"b": "no"}}
    assert answer == (200, told)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("/agent restart it", "command"), ("hello", "say"), (" /agent", "say"), ("/ x", "say")],
)
async def test_a_text_that_begins_with_a_slash_is_a_command(
    tab: Browserlike, text: str, kind: str
) -> None:
    await tab.do("say", {"as": "U0ALICE", "channel": "C0PROD", "text": text})
    [deed] = tab.desk.interactions.deeds
    assert (deed["kind"], deed["text"]) == (kind, text)


async def test_people_and_groups_in_a_command_come_as_tokens_with_their_names(
    tab: Browserlike,
) -> None:
    text = '/approvals ask "a & b?" @bob @sre @nobody #general'
    await tab.do("say", {"as": "U0ALICE", "channel": "C0PROD", "text": text})
    [deed] = tab.desk.interactions.deeds
    told = '/approvals ask "a & b?" <@U0BOB|bob> <!subteam^S0SRE|@sre> @nobody #general'
    assert deed["text"] == told


async def test_an_entry_of_a_messages_menu_reaches_the_app(tab: Browserlike) -> None:
    body = {"as": "U0BOB", "channel": "C0PROD", "ts": "1.0", "callback_id": "sayso:hand_to_agent"}
    await tab.do("shortcut", body)
    [deed] = tab.desk.interactions.deeds
    assert (deed["person"], deed["channel"], deed["ts"]) == ("U0BOB", "C0PROD", "1.0")
    assert deed["callback_id"] == "sayso:hand_to_agent"


async def test_a_sentence_is_sent_as_slacks_client_sends_it(tab: Browserlike) -> None:
    text = "<!channel> & @bob, @sre. @nobody #prod-incidents a@bob"
    await tab.do("say", {"as": "U0ALICE", "channel": "C0PROD", "text": text})
    [deed] = tab.desk.interactions.deeds
    assert deed["text"] == (
        "&lt;!channel&gt; &amp; <@U0BOB>, <!subteam^S0SRE>. @nobody <#C0PROD|prod-incidents> a@bob"
    )


async def test_a_sentence_in_a_channel_one_is_not_in_is_refused(tab: Browserlike) -> None:
    _, answer = await tab.do("say", {"as": "U0ALICE", "channel": "C0LEADS", "text": "hi"})
    assert (answer["acked"], answer["error"]) == (False, "not_in_channel")


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/archives/C0PROD/p1700000000000100", "/c/C0PROD#m-1700000000.000100"),
        ("/archives/C0PROD/p1700000000000200?thread_ts=1.5", "/c/C0PROD?thread=1.5"),
    ],
)
async def test_a_permalink_leads_to_its_message(tab: Browserlike, path: str, leads_to: str) -> None:
    async with tab.session.get(tab.desk.url + path, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, leads_to)


async def test_who_may_not_write_gets_a_sentence_instead_of_a_composer(tab: Browserlike) -> None:
    root = await tab.see("/c/C0LEADS", "U0ALICE")
    assert root.all("textarea") == []
    assert "not a member" in root.one(class_="no-composer").text
    archived = await tab.see("/c/C0OLD", "U0ALICE")
    assert "archived" in archived.one(class_="no-composer").text
