"""What the page shows, and to whom."""

from dataclasses import replace

import aiohttp
import pytest

from bot.sandbox.nouns import Channel, Person
from bot.sandbox.seed import default_seed
from tests.sandbox_page.browserlike import Browserlike
from tests.sandbox_page.cards import approval_card, plain
from tests.sandbox_page.desk import running_desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_channel_shows_its_last_hundred_messages(tab: Browserlike) -> None:
    for number in range(105):
        tab.desk.post(f"line {number}")
    shown = (await tab.see("/c/C0PROD")).one("ol", id="messages").all("li", class_="message")
    assert len(shown) == 100
    assert "line 104" in shown[-1].text
    assert "line 5" in shown[0].text


async def test_an_ephemeral_message_is_shown_to_one_person_only(tab: Browserlike) -> None:
    message = tab.desk.post("for Bob", ephemeral_to="U0BOB")
    assert "Only visible to you" in (await tab.see("/c/C0PROD", "U0BOB")).text
    assert "for Bob" not in (await tab.see("/c/C0PROD", "U0ALICE")).text
    path = f"/page/message/C0PROD/{message.ts}"
    assert (await tab.see(path, "U0ALICE")).children == []
    assert "for Bob" in (await tab.see(path, "U0BOB")).text


async def test_a_thread_shows_its_parent_and_replies_beside_the_channel(tab: Browserlike) -> None:
    parent = tab.desk.post("question")
    tab.desk.post("answer", thread_ts=parent.ts)
    root = await tab.see(f"/c/C0PROD?thread={parent.ts}")
    assert "1 reply" in root.one("a", class_="replies").text
    replies = root.one("ol", id="replies").all("li")
    assert [one.one(class_="text").text for one in replies] == ["question", "answer"]
    assert "answer" not in root.one("ol", id="messages").text


@pytest.mark.parametrize(
    ("person", "sees"),
    [("U0BOB", True), ("U0ALICE", False), ("U0DANA", False), ("U0EVE", False)],
)
async def test_a_private_channel_is_shown_to_its_members_only(
    tab: Browserlike, person: str, sees: bool
) -> None:
    secret = Channel(id="C0SECRET", name="secret", members=("U0BOB",), is_private=True)
    tab.desk.workspace.put_channel(secret)
    message = tab.desk.post("hush", channel="C0SECRET")
    for path in ("/", "/c/C0SECRET", f"/page/message/C0SECRET/{message.ts}"):
        text = (await tab.see(path, person)).text
        assert ("hush" in text or "secret" in text) is sees, path


async def test_an_author_is_named_once_for_words_said_in_one_breath_but_on_every_card(
    tab: Browserlike,
) -> None:
    for text in ("one", "two"):
        tab.desk.post(text, author="U0BOB")
    for _ in range(2):
        tab.desk.post("card", blocks=approval_card())
    rows = (await tab.see("/c/C0PROD")).one("ol", id="messages").all("li")
    assert [len(row.all(class_="byline")) for row in rows] == [1, 0, 1, 1]


async def test_direct_messages_are_shown_to_their_person_only(tab: Browserlike) -> None:
    direct = tab.desk.workspace.direct_messages("U0BOB")
    tab.desk.post("just for you", channel=direct.id)
    assert "just for you" in (await tab.see(f"/c/{direct.id}", "U0BOB")).text
    assert "just for you" not in (await tab.see(f"/c/{direct.id}", "U0ALICE")).text


async def test_a_guest_sees_only_the_channels_they_are_in(tab: Browserlike) -> None:
    nav = (await tab.see("/", "U0DANA")).one("nav", aria_label="Channels")
    names = [one.attributes["aria-label"] for one in nav.all("a")]
    assert "#leads-only" not in names
    assert "#prod-incidents" in names


async def test_an_unknown_person_or_the_bot_is_shown_the_page_as_the_first_person(
    tab: Browserlike,
) -> None:
    for person in ("U0NOBODY", "U0SAYSO", "<script>"):
        assert (await tab.see("/", person)).one("body").attributes["data-viewer"] == "U0ALICE"


async def test_an_app_without_a_home_tab_opens_at_its_messages() -> None:
    async def app_link(tab: Browserlike) -> str:
        apps = (await tab.see("/", "U0BOB")).one("nav", aria_label="Apps")
        return apps.one("a").attributes["href"]

    seed = replace(default_seed(), events=("app_mention",))
    async with running_desk(seed=seed) as desk, aiohttp.ClientSession() as session:
        tab = Browserlike(desk, session)
        direct = desk.workspace.direct_messages("U0BOB").id
        assert await app_link(tab) == f"/c/{direct}"
        assert (await tab.see(f"/c/{direct}", "U0BOB")).one("h1").text == "Sayso"
        desk.workspace.views.publish_home("U0BOB", {"type": "home", "blocks": []})
        assert await app_link(tab) == "/home"


async def test_an_app_that_hears_of_its_home_tab_opens_there(tab: Browserlike) -> None:
    apps = (await tab.see("/", "U0CAROL")).one("nav", aria_label="Apps")
    assert apps.one("a").attributes["href"] == "/home"


async def test_the_home_tab_shows_what_the_app_published_for_this_person(tab: Browserlike) -> None:
    blocks = [{"type": "header", "text": plain("Waiting for you")}]
    tab.desk.workspace.views.publish_home("U0BOB", {"type": "home", "blocks": blocks})
    assert "Waiting for you" in (await tab.see("/home", "U0BOB")).one("h3").text
    assert "has not published" in (await tab.see("/home", "U0ALICE")).text


async def test_hostile_names_and_texts_add_no_element_to_the_document(tab: Browserlike) -> None:
    async def shape() -> list[tuple[str, list[str]]]:
        root = await tab.see("/c/C0X")
        return [(one.tag, sorted(one.attributes)) for one in root.all()]

    async def with_words(words: str) -> list[tuple[str, list[str]]]:
        tab.desk.workspace.put_person(
            Person(id="U0X", name=words, real_name=words, team_id="T0LOCAL", title=words)
        )
        channel = Channel(id="C0X", name=words, members=("U0ALICE",), topic=words)
        tab.desk.workspace.put_channel(channel)
        message = tab.desk.post(words, author="U0X", channel="C0X")
        seen = await shape()
        tab.desk.workspace.log.remove(message)
        return seen

    calm = await with_words("calm")
    for hostile in ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title><b>"):
        assert await with_words(hostile.replace("<", "&lt;")) == calm
        assert await with_words(hostile) == calm


async def test_half_a_surrogate_pair_is_shown_as_such_and_breaks_nothing(tab: Browserlike) -> None:
    message = tab.desk.post("broken \ud800 text")
    assert "broken ? text" in (await tab.see(f"/page/message/C0PROD/{message.ts}")).text
    url = f"{tab.desk.url}/page/do/say"
    sent = {"Origin": tab.desk.url, "X-Page-Token": tab.token, "Content-Type": "application/json"}
    body = b'{"as": "U0ALICE", "channel": "C0PROD", "text": "\\ud800"}'
    async with tab.session.post(url, data=body, headers=sent) as answer:
        assert answer.status == 400


async def test_the_page_says_plainly_that_it_is_not_slack(tab: Browserlike) -> None:
    banner = (await tab.see("/")).one("div", class_="banner").text
    assert "stand-in for Slack" in banner
    assert "Nothing leaves this machine" in banner
