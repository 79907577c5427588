"""mrkdwn: what becomes markup, and what Slack would show literally."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.page.mrkdwn import mrkdwn
from bot.sandbox.page.names import Names
from tests.costs import grows_like_a_line
from tests.sandbox_page.reading import Element, read

NAMES = Names(
    viewer_id="U0ALICE",
    people={"U0ALICE": "Alice Ito", "U0BOB": "Bob Larsen"},
    channels={"C0PROD": "prod-incidents"},
    usergroups={"S0SRE": "sre"},
)


def drawn(text: str, *, verbatim: bool = False) -> Element:
    return read(str(mrkdwn(text, NAMES, verbatim=verbatim)))


@pytest.mark.parametrize(
    ("text", "tag", "inside"),
    [
        ("a *bold* word", "b", "bold"),
        ("an _italic_ word", "i", "italic"),
        ("a ~gone~ word", "s", "gone"),
        ("run `ls -l` now", "code", "ls -l"),
        ("```\nfirst\n  second\n```", "pre", "first\n  second"),
        ("> said", "blockquote", "said"),
        ("&gt; said", "blockquote", "said"),
        ("&gt;&gt;&gt; one\ntwo", "blockquote", "one\ntwo"),
    ],
)
def test_slacks_marks_become_their_elements(text: str, tag: str, inside: str) -> None:
    assert drawn(text).one(tag).text.removeprefix("\n") == inside


@pytest.mark.parametrize(
    "text", ["snake_case_name", "2*3*4", "a ~ b ~ c", "* not a list", "**", "_ _", "*open"]
)
def test_marks_inside_words_and_alone_stay_text(text: str) -> None:
    assert drawn(text).children == [text]


def test_bold_may_hold_italic_and_code_holds_neither() -> None:
    root = drawn("*all _of_ it* and `*not* _this_`")
    assert root.one("b").text == "all of it"
    assert root.one("b").one("i").text == "of"
    assert root.one("code").children == ["*not* _this_"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<@U0BOB>", "@Bob Larsen"),
        ("<@U0NOBODY|ghost>", "@ghost"),
        ("<!here>", "@here"),
        ("<!channel|ignored>", "@channel"),
        ("<!subteam^S0SRE|@old>", "@sre"),
        ("<#C0NONE|elsewhere>", "#elsewhere"),
    ],
)
def test_live_tokens_become_mentions(text: str, shown: str) -> None:
    assert drawn(text).one("span", class_="mention").text == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("&lt;!channel&gt;", "<!channel>"),
        ("&lt;@U0BOB&gt;", "<@U0BOB>"),
        ("&lt;https://evil.example|Approve here&gt;", "<https://evil.example|Approve here>"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("`&lt;!here&gt;`", "<!here>"),
    ],
)
def test_escaped_tokens_stay_literal(text: str, shown: str) -> None:
    root = drawn(text, verbatim=True)
    assert root.text == shown
    assert root.all("a") == []
    assert root.all(class_="mention") == []


def test_a_channel_token_leads_to_the_channel() -> None:
    link = drawn("see <#C0PROD>").one("a")
    assert (link.text, link.attributes["href"]) == ("#prod-incidents", "/c/C0PROD")


def test_a_link_shows_its_label_and_names_its_target() -> None:
    link = drawn("<https://example.com/?a=1&amp;b=2|the *runbook*>").one("a")
    assert link.text == "the *runbook*"
    assert link.attributes["href"] == link.attributes["title"] == "https://example.com/?a=1&b=2"
    assert link.attributes["rel"] == "noopener noreferrer"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,<b>",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        "\x01javascript:alert(1)",
        "java\tscript:alert(1)",
    ],
)
def test_only_web_and_mail_addresses_become_links(url: str) -> None:
    root = drawn(f"<{url}|Approve>")
    assert root.all("a") == []
    assert "Approve" in root.text


def test_bare_addresses_are_linked_unless_the_text_is_verbatim() -> None:
    root = drawn("see https://example.com/a_b_c.")
    assert root.one("a").attributes["href"] == "https://example.com/a_b_c"
    assert root.text == "see https://example.com/a_b_c."
    assert drawn("see https://example.com", verbatim=True).all("a") == []


def test_a_date_carries_its_moment_and_falls_back_to_its_words() -> None:
    time = drawn("<!date^1700000000^{date_short} at {time}|then>").one("time")
    assert time.text == "then"
    assert time.attributes["datetime"] == "2023-11-14T22:13:20+00:00"
    assert time.attributes["data-layout"] == "{date_short} at {time}"


@pytest.mark.parametrize("moment", ["", "soon", "9" * 30])
def test_a_date_that_is_none_shows_its_words(moment: str) -> None:
    root = drawn(f"<!date^{moment}^{{time}}|later>")
    assert (root.text, root.all("time")) == ("later", [])


def test_known_emoji_are_drawn_and_unknown_ones_stay_written() -> None:
    assert drawn(":x: :our_own_one: 12:30:45").text == "❌ :our_own_one: 12:30:45"


def test_the_person_at_the_page_is_marked() -> None:
    assert "mention-me" in drawn("<@U0ALICE>").one("span").attributes["class"]
    assert "mention-me" not in drawn("<@U0BOB>").one("span").attributes["class"]


_PIECES = st.sampled_from(
    [
        *("<", ">", "|", "&lt;", "&gt;", "&amp;", "&", "*", "_", "~", "`", "```", "\n", " ", "x"),
        *("@U0BOB", "!here", "#C0PROD", "!date^1^{time}", ":x:", '"', "'", "<b>", "onload="),
        *("https://e.example", "javascript:x", "\x00", "\x02", "\x03", "\x020\x03"),
    ]
)


@pytest.mark.parametrize("text", ["<|>", "<||>", "<@>", "<#>", "<!>", "<!date^>", "<!subteam^>"])
def test_an_empty_token_is_survived(text: str) -> None:
    assert drawn(text).all("a") == []


@pytest.mark.parametrize("text", ["\x020\x03", "<@U0BOB> \x020\x03", "\x00\x02\x03"])
def test_the_drawers_own_marks_cannot_be_written_by_a_sender(text: str) -> None:
    shown = drawn(text)
    assert shown.text.replace("@Bob Larsen", "<@U0BOB>") == "".join(
        "\ufffd" if character in "\x00\x02\x03" else character for character in text
    )


@given(st.lists(_PIECES, max_size=30).map("".join))
def test_any_text_is_well_nested_and_makes_no_other_elements(text: str) -> None:
    root = drawn(text)
    tags = {one.tag for one in root.all()}
    assert tags <= {"a", "b", "i", "s", "code", "pre", "blockquote", "span", "br", "time"}
    for one in root.all():
        assert not [name for name in one.attributes if name.startswith("on")]
        href = one.attributes.get("href", "/c/")
        assert href.startswith(("http://", "https://", "mailto:", "/c/"))


@pytest.mark.parametrize("piece", ["*a _b ~c <e ", "<", "`", "```", "*", "&gt;", "http://", ":"])
def test_a_long_hostile_text_is_drawn_in_linear_time(piece: str) -> None:
    def draw(size: int) -> None:
        mrkdwn(piece * (size // len(piece)), NAMES)

    assert grows_like_a_line(draw, 10_000)
