"""The page over HTTP: who may read and act, what is shown to whom, what reaches the app."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.interactions import InteractionResult
from bot.sandbox.nouns import Channel, Person
from tests.sandbox_page.cards import approval_card, plain, reason_modal
from tests.sandbox_page.desk import Deed, Desk
from tests.sandbox_page.reading import Element, read

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Browserlike:
    """Reads and posts as the page's own script does."""

    def __init__(self, desk: Desk, session: aiohttp.ClientSession) -> None:
        self.desk = desk
        self.session = session
        self.token = ""

    async def see(self, path: str, person: str = "U0ALICE") -> Element:
        joint = "&" if "?" in path else "?"
        async with self.session.get(f"{self.desk.url}{path}{joint}as={person}") as answer:
            root = read((await answer.text()).removeprefix("<!doctype html>"))
        tokens = root.all("meta", name="page-token")
        self.token = tokens[0].attributes["content"] if tokens else self.token
        return root

    async def do(self, deed: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        sent = {"Origin": self.desk.url, "X-Page-Token": self.token, **headers}
        url = f"{self.desk.url}/page/do/{deed}"
        async with self.session.post(url, json=body, headers=sent) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def tab(desk: Desk) -> AsyncIterator[Browserlike]:
    async with aiohttp.ClientSession() as session:
        opened = Browserlike(desk, session)
        await opened.see("/")
        yield opened


@pytest.mark.parametrize(
    "path", ["/", "/c/C0PROD", "/home", "/page/dialog", "/page/static/page.js", "/c/NONE"]
)
async def test_every_answer_carries_the_strict_policy(tab: Browserlike, path: str) -> None:
    async with tab.session.get(tab.desk.url + path) as answer:
        assert answer.headers["Content-Security-Policy"] == CSP
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_the_document_has_no_inline_script_style_or_handler(tab: Browserlike) -> None:
    tab.desk.post("card", blocks=approval_card())
    tab.desk.workspace.views.push("U0ALICE", reason_modal())
    root = await tab.see("/c/C0PROD")
    assert all(one.text == "" for one in root.all("script"))
    assert root.all("style") == []
    for one in root.all():
        assert not [n for n in one.attributes if n == "style" or n.startswith("on")]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[", "[::2]"]
)
async def test_a_request_naming_another_host_sees_nothing(tab: Browserlike, host: str) -> None:
    async with tab.session.get(tab.desk.url, headers={"Host": host}) as answer:
        assert (answer.status, await answer.json()) == (421, {"error": "wrong_host"})


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1:1"])
async def test_a_post_from_another_page_does_nothing(tab: Browserlike, origin: str) -> None:
    body = {"as": "U0BOB", "channel": "C0PROD", "text": "hi"}
    status, answer = await tab.do("say", body, Origin=origin)
    assert (status, answer, tab.desk.interactions.deeds) == (403, {"error": "wrong_origin"}, [])


@pytest.mark.parametrize("token", ["", "guess", "ä"])
async def test_a_post_without_the_pages_token_does_nothing(tab: Browserlike, token: str) -> None:
    tab.token = token
    status, answer = await tab.do("open-home", {"as": "U0BOB"})
    assert (status, answer["error"], tab.desk.interactions.deeds) == (403, "wrong_page_token", [])


async def test_a_socket_from_another_page_is_refused(tab: Browserlike) -> None:
    url = f"{tab.desk.url}/page/live"
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await tab.session.ws_connect(url, headers={"Origin": "http://evil.example"})


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"as": 7, "action_id": "a"},
        {"as": "U0BOB"},
        {"as": "U0BOB", "action_id": "a", "extra": 1},
        {"as": "U0BOB", "action_id": "a" * 256},
        {"as": "U0BOB", "action_id": "a", "values": {"b": {"c": {"d": 1}}}},
    ],
)
async def test_a_malformed_post_is_refused_with_its_places(tab: Browserlike, body: Any) -> None:
    status, answer = await tab.do("click", body)
    assert (status, answer["error"]) == (400, "malformed")
    assert tab.desk.interactions.deeds == []


async def test_an_unknown_deed_is_not_found(tab: Browserlike) -> None:
    assert await tab.do("fly", {}) == (404, {"error": "unknown_deed"})


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


async def test_who_may_not_write_gets_a_sentence_instead_of_a_composer(tab: Browserlike) -> None:
    root = await tab.see("/c/C0LEADS", "U0ALICE")
    assert root.all("textarea") == []
    assert "not a member" in root.one(class_="no-composer").text
    archived = await tab.see("/c/C0OLD", "U0ALICE")
    assert "archived" in archived.one(class_="no-composer").text


async def test_an_unknown_person_or_the_bot_is_shown_the_page_as_the_first_person(
    tab: Browserlike,
) -> None:
    for person in ("U0NOBODY", "U0SAYSO", "<script>"):
        assert (await tab.see("/", person)).one("body").attributes["data-viewer"] == "U0ALICE"


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


async def test_only_the_pages_own_files_are_served(tab: Browserlike) -> None:
    for name in ("routes.py", "..%2Froutes.py", "%2e%2e/nouns.py", "absent.js"):
        async with tab.session.get(f"{tab.desk.url}/page/static/{name}") as answer:
            assert answer.status == 404


async def test_the_page_says_plainly_that_it_is_not_slack(tab: Browserlike) -> None:
    banner = (await tab.see("/")).one("div", class_="banner").text
    assert "stand-in for Slack" in banner
    assert "Nothing leaves this machine" in banner
