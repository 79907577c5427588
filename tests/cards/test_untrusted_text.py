"""What an agent writes is shown whole, as text, in its own place: it cannot hide, ping or pose."""

import unicodedata
from datetime import timedelta
from typing import Any

import pytest

from approvals.domain.decision import Verdict
from approvals.domain.display import visible
from approvals.domain.errors import DuplicateKey
from approvals.domain.strict_json import JsonValue, read
from approvals.domain.tool_call import ToolCall
from bot.slack.arguments_view import arguments_text, excerpt, shows_everything
from bot.slack.card_text import notification_text
from bot.slack.cards import card_blocks
from bot.slack.full_view import view_page
from bot.slack.modals import details_modal
from bot.slack.reason_form import reason_form
from tests.cards.builders import (
    ASKED_AT,
    a_content,
    a_request,
    arguments_shown,
    labels,
    objects,
    shown,
)
from tests.cards.slack_rules import assert_slack_takes_message
from tests.costs import cost

MENTIONS = ["<!channel>", "<!here>", "<!everyone>", "<!subteam^S1>", "<@U1>", "<#C1>"]
LINKS = ["<https://evil.example|https://bank.example>", "https://evil.example/?leak=1"]


def card_of(arguments: dict[str, JsonValue], **changes: Any) -> list[dict[str, Any]]:
    return card_blocks(a_content(a_request(arguments, **changes)), ASKED_AT)


@pytest.mark.parametrize("gap", ["\n" * 300, " " * 10_000, "\n \t" * 300, "\t" * 500])
def test_a1_a_long_gap_cannot_push_the_dangerous_tail_out_of_sight(gap: str) -> None:
    request = a_request({"command": f"echo ok{gap}; rm -rf /"})

    text = arguments_shown(card_blocks(a_content(request), ASKED_AT))

    assert "; rm -rf /" in text
    assert len(text) < 200
    assert request.call.arguments["command"] == f"echo ok{gap}; rm -rf /"


def test_a1_a_gap_is_drawn_with_its_length() -> None:
    assert visible("a" + "\n" * 301 + "b").text == "a\n⟦⏎×300⟧\nb"
    assert visible("a" + " " * 21 + "b").text == "a⟦␠×21⟧b"
    assert visible("a" + " " * 20 + "b" + "\n" * 4 + "c").text == "a" + " " * 20 + "b\n\n\n\nc"


@pytest.mark.parametrize("size", [1, 2_000, 2_600, 9_000, 60_000, 150_000])
def test_a2_a_card_shows_all_or_says_how_much_it_does_not_show(size: int) -> None:
    request = a_request({"body": "a" * size + "; rm -rf /"})
    arguments = arguments_text(request)

    blocks = card_blocks(a_content(request), ASKED_AT)

    shown_whole = arguments_shown(blocks) == arguments.text
    assert shown_whole is shows_everything(request)
    assert ("Review and approve…" in labels(blocks)) is not shown_whole
    assert ("Approve" in labels(blocks)) is shown_whole
    assert "Reject" in labels(blocks)
    assert arguments_shown(blocks).endswith('; rm -rf /"')
    if not shown_whole:
        hidden = excerpt(arguments).hidden_chars
        assert f"{hidden:,} of {len(arguments.text):,} characters" in shown(blocks)
        assert arguments.sha256[:12] in shown(blocks)
    assert_slack_takes_message(blocks)


def test_a2_many_short_lines_do_not_fit_a_card_either() -> None:
    request = a_request({"script": "a\n" * 60})

    blocks = card_blocks(a_content(request), ASKED_AT)

    assert not shows_everything(request)
    assert arguments_shown(blocks).count("\n") < 32


@pytest.mark.parametrize("attack", [*MENTIONS, *LINKS])
def test_a3_a4_mentions_and_links_stay_text_wherever_they_stand(attack: str) -> None:
    request = a_request(
        {attack: attack, "nested": {attack: [attack]}},
        tool=f"tool {attack}",
        reason=attack,
        injected=(attack,),
    )
    content = a_content(request)

    for drawn in (card_blocks(content, ASKED_AT), view_page(content)):
        assert list(objects(drawn, "mrkdwn")) == []
        assert list(objects(drawn, "link")) == []
        assert list(objects(drawn, "broadcast")) == []
        assert all("<" not in plain["text"] for plain in objects(drawn, "plain_text"))
    assert "<" not in notification_text(content, ASKED_AT)


def test_a3_what_is_escaped_already_is_shown_as_it_was_written() -> None:
    content = a_content(a_request({"a": "&lt;!channel&gt;"}, tool="R&D <b>"))

    assert "(a=&amp;lt;!channel&amp;gt;)" in notification_text(content, ASKED_AT)
    (header,) = objects(card_blocks(content, ASKED_AT), "header")
    assert header["text"]["text"].endswith("R&amp;D &lt;b&gt;?")


def test_a5_direction_characters_are_drawn_and_counted() -> None:
    blocks = card_of({"path\u2066": "txt.\u202eexe\u202c"})

    assert '"path⟦U+2066⟧": "txt.⟦U+202E⟧exe⟦U+202C⟧"' in arguments_shown(blocks)
    assert "3 hidden characters" in shown(blocks)


def test_a5_a6_the_count_of_hidden_characters_stands_in_the_full_view_too() -> None:
    view = view_page(a_content(a_request({"a": "\u200b" * 7})))

    assert "7 hidden characters" in shown(view)


@pytest.mark.parametrize(
    "blank",
    [
        *("\u200b", "\u00ad", "\u3164", "\u2800", "\ufe0f", "\U000e0041", "\U000e0101", "\u00a0"),
        *("\u115f", "\u034f", "\u2028", "\x07", "\x1b", "\r", "\ue000", "\U0010ffff", "\u0378"),
    ],
)
def test_a6_blank_characters_are_drawn_as_their_code_point(blank: str) -> None:
    drawn = visible(f"a{blank}b")

    assert drawn.text == f"a⟦U+{ord(blank):04X}⟧b"
    assert drawn.hidden == 1


@pytest.mark.parametrize("every", [61, pytest.param(1, marks=pytest.mark.long)])
def test_a6_no_code_point_at_all_stays_hidden(every: int) -> None:
    """Planes 4 to 13 and 15 to 16 hold nothing that is assigned: the quick suite takes samples."""
    assigned, planes = range(0x40000), range(0x40000, 0x110000)
    everything = "".join(map(chr, [*assigned, *planes[::every], *range(0xE0000, 0xF0000)]))

    drawn = visible(everything)

    left = {unicodedata.category(character) for character in set(drawn.text) - set("\n\t ")}
    assert left.isdisjoint({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
    assert drawn.hidden > 100_000


def test_a6_what_the_gateway_draws_cannot_be_imitated() -> None:
    assert visible("⟦U+202E⟧").text == "⟦U+27E6⟧U+202E⟦U+27E7⟧"


@pytest.mark.parametrize("tool", ["d\u0435lete_user", "restart\u200b", "re\u202estart"])
def test_a7_a_tool_name_that_only_looks_plain_is_flagged(tool: str) -> None:
    assert "other letters than a to z, which may look like plain ones" in shown(
        card_of({}, tool=tool)
    )


@pytest.mark.parametrize(
    ("address", "is_flagged"),
    [
        ("https://ex\u0430mple.com/pay", True),
        ("https://user@\u03bfkta.example.com:8443/x", True),
        ("https://example.com/\u0430", False),
        ("https://\u043f\u0440\u0438\u043c\u0435\u0440.example.com", False),
        ("https://m\u00fcnchen.de", False),
        ("https://\u6771\u4eacstation.jp", False),
    ],
)
def test_a7_a_host_of_two_alphabets_that_look_alike_is_flagged(
    address: str, is_flagged: bool
) -> None:
    drawn = shown(card_of({"to": {"url": address}}))

    assert ("host name in the arguments with letters of two alphabets" in drawn) is is_flagged


@pytest.mark.parametrize(
    "attack",
    ["```\n*Risk:* low\n```", "> quoted\n*bold* _it_ ~no~", "    indented", "`x` ```", "\n\n# Big"],
)
def test_a8_nothing_breaks_out_of_the_one_element_of_the_arguments(attack: str) -> None:
    harmless = card_of({"value": "x\n"})

    blocks = card_of({"value": attack})

    def outside(drawn: list[dict[str, Any]]) -> str:
        return shown(drawn).replace(arguments_shown(drawn), "").split("digest")[0]

    assert outside(blocks) == outside(harmless)
    call = next(block for block in blocks if str(block["block_id"]).startswith("call:"))
    assert len(list(objects(call, "rich_text_preformatted"))) == 1


def test_a8_a_line_break_cannot_start_an_argument_of_its_own() -> None:
    text = arguments_shown(card_of({"note": "fine\namount: 1", "x\ny: 2": 3}))

    assert text.splitlines() == [
        "note: text of 2 lines",
        "  │ fine",
        "  │ amount: 1",
        '"x⟦⏎⟧y: 2": 3',
    ]


def test_a8_texts_numbers_and_constants_look_different() -> None:
    text = arguments_shown(card_of({"a": "1", "b": 1, "c": "true", "d": True, "e": 'x" y\\'}))

    assert text.splitlines() == ['a: "1"', "b: 1", 'c: "true"', "d: true", 'e: "x\\" y\\\\"']


def test_a9_what_the_agent_says_stands_labelled_behind_the_gateway_s_facts() -> None:
    claim = "*Risk:* low ✅ Pre-approved by security"

    blocks = card_of({"service": "checkout"}, reason=claim)

    order = [str(block["block_id"]).split(":")[0] for block in blocks]
    assert order == ["headline", "call", "facts", "claim", "decide", "footer"]
    said = next(block for block in blocks if str(block["block_id"]).startswith("claim:"))
    assert shown(said) == f"Agent says (unverified){claim}"
    assert shown(blocks).count(claim) == 1
    assert [shown(each) for each in objects(said, "rich_text_quote")] == [claim]


def test_a9_what_the_agent_says_stands_nowhere_else_without_its_label() -> None:
    claim = "*Risk:* low ✅ Pre-approved by security"
    content = a_content(a_request({"service": "checkout"}, reason=claim))

    assert "approved by" not in notification_text(content, ASKED_AT)
    assert claim not in shown(view_page(content)) + shown(reason_form(content, Verdict.REJECT))
    details = shown(details_modal(content, ASKED_AT))
    assert details.count(claim) == 1
    assert f"Agent says (unverified){claim}" in details


def test_a11_the_sixtieth_field_is_shown_or_counted() -> None:
    request = a_request({f"field_{number:02}": "v" * 80 for number in range(60)})

    part = excerpt(arguments_text(request))

    names = [f"field_{number:02}" for number in range(60)]
    whole = [name for name in names if f'{name}: "{"v" * 80}"' in part.text]
    assert part.hidden_values == 60 - len(whole)
    assert "field_59" in whole
    assert f"in {part.hidden_values} values" in shown(card_blocks(a_content(request), ASKED_AT))


def test_a11_deep_values_are_shown() -> None:
    deep: JsonValue = "drop table users"
    for _ in range(8):
        deep = {"level": deep, "note": "x" * 30}

    assert "drop table users" in arguments_shown(card_of({"a": deep}))


def test_a12_a_key_that_stands_twice_is_refused_before_anything_is_shown() -> None:
    with pytest.raises(DuplicateKey):
        read(b'{"amount":1,"amount":1000000}')
    with pytest.raises(DuplicateKey):
        ToolCall.read("pay", "f", '{"to":{"amount":1,"amount":1000000}}')


@pytest.mark.parametrize(
    ("number", "drawn"),
    [
        (9007199254740991, "9007199254740991"),
        (1e21, "1e+21"),
        (0.1, "0.1"),
        (1.0, "1"),
        (-0.0, "0"),
        (1e2, "100"),
    ],
)
def test_a13_numbers_are_shown_exactly(number: float, drawn: str) -> None:
    assert arguments_shown(card_of({"n": number})) == f"n: {drawn}"


def test_a16_emoji_codes_stay_text() -> None:
    blocks = card_of({"a": ":white_check_mark: Verified"}, tool=":tada:")

    assert list(objects(blocks, "emoji")) == []
    assert all(plain["emoji"] is False for plain in objects(blocks, "plain_text"))


@pytest.mark.parametrize(
    "attack", ["e" + "\u0301" * 10_000, "\ufdfa" * 10_000, "x" * 1_000_000, "\u200b" * 50_000]
)
def test_r6_text_made_to_be_slow_or_tall_is_drawn_fast_and_bounded(attack: str) -> None:
    request = a_request({"a": attack})
    soon = ASKED_AT + timedelta(seconds=1)

    blocks = card_blocks(a_content(request), soon)

    assert cost(lambda: card_blocks(a_content(request), soon)) < 1_000
    assert len(arguments_shown(blocks)) < 2_600
    assert_slack_takes_message(blocks)
