"""Whatever JSON an agent sends: nothing lost, nothing live, nothing beyond Slack's limits."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.domain.decision import Verdict
from approvals.domain.display import is_hidden, visible
from approvals.domain.redaction import mask_text
from approvals.domain.strict_json import JsonValue
from bot.slack.arguments_view import arguments_text, excerpt, pages, shows_everything
from bot.slack.card_text import notification_text
from bot.slack.cards import card_blocks
from bot.slack.full_view import view_page
from bot.slack.modals import details_modal
from bot.slack.reason_form import reason_form
from tests.cards.builders import ASKED_AT, a_content, a_request, arguments_shown, labels, objects
from tests.cards.slack_rules import (
    HAS_SCHEMA,
    SCHEMA_MISSING,
    assert_schema,
    assert_slack_takes_message,
    assert_slack_takes_modal,
)
from tests.examples import examples

_ATTACKS = st.sampled_from(
    [
        *(
            "<!channel>",
            "<@U1>",
            "<https://evil.example|ok>",
            "```",
            "&lt;",
            "a & b",
            "\u202e",
            "\n" * 9,
        ),
        *(" " * 40, "⟦U+202E⟧", "[secret, 9 characters, #abcdef]", ":tada:", '"', "\\", "*b*"),
    ]
)
_TEXTS = st.lists(
    st.one_of(
        _ATTACKS, st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=9)
    ),
    max_size=6,
).map("".join)
_LONG = st.builds(lambda text, times: text * times, _TEXTS, st.sampled_from([1, 20, 60]))
_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), _TEXTS, _LONG)
_VALUES = st.recursive(
    _SCALARS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(_TEXTS, below, max_size=4),
    max_leaves=12,
)
_ARGUMENTS = st.dictionaries(_TEXTS, _VALUES, max_size=6)
_TOOLS = _TEXTS.map(lambda text: ("t" + text)[:200])
_CAMPAIGN = settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def count_leaves(value: JsonValue) -> int:
    below = list(value.values()) if isinstance(value, dict) else value
    if isinstance(below, list):
        return sum(map(count_leaves, below)) if below else 1
    return 1


@_CAMPAIGN
@given(arguments=_ARGUMENTS, tool=_TOOLS, reason=_TEXTS)
def test_a3_a4_nothing_untrusted_is_ever_live_and_slack_takes_everything(
    arguments: dict[str, JsonValue], tool: str, reason: str
) -> None:
    content = a_content(a_request(arguments, tool=tool, reason=reason, injected=(reason,)))

    blocks = card_blocks(content, ASKED_AT)
    forms = [reason_form(content, verdict) for verdict in Verdict]
    modals = [view_page(content), details_modal(content, ASKED_AT), *forms]

    assert_slack_takes_message(blocks, schema=False)
    for modal in modals:
        assert_slack_takes_modal(modal, schema=False)
    assert_nothing_live([blocks, modals])
    text = notification_text(content, ASKED_AT)
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)
    assert len(text) <= 3_000


@pytest.mark.skipif(not HAS_SCHEMA, reason=SCHEMA_MISSING)
@settings(_CAMPAIGN, max_examples=examples(8))
@given(arguments=_ARGUMENTS)
def test_the_schema_of_slack_s_own_types_takes_every_card(arguments: dict[str, JsonValue]) -> None:
    assert_schema("Blocks", card_blocks(a_content(a_request(arguments)), ASKED_AT))


def assert_nothing_live(drawn: Any) -> None:
    for kind in ("mrkdwn", "link", "broadcast", "usergroup", "emoji"):
        assert list(objects(drawn, kind)) == []
    for plain in objects(drawn, "plain_text"):
        assert plain["emoji"] is False
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", plain["text"])
    for element in objects(drawn, "text"):
        assert not any(map(is_hidden, element["text"]))


@_CAMPAIGN
@given(arguments=_ARGUMENTS)
def test_a11_every_value_is_shown_or_counted_as_not_shown(arguments: dict[str, JsonValue]) -> None:
    request = a_request(arguments)
    text = arguments_text(request)

    part = excerpt(text)

    leaves = sum(map(count_leaves, arguments.values()))
    whole = [leaf for leaf in text.leaves if text.text[leaf.start : leaf.end] in part.text]
    assert sum(leaf.count for leaf in text.leaves) == leaves
    assert leaves <= sum(leaf.count for leaf in whole) + part.hidden_values
    assert shows_everything(request) is (part.hidden_chars == 0)
    assert ("Approve" in labels(card_blocks(a_content(request), ASKED_AT))) is (
        part.hidden_chars == 0
    )


@_CAMPAIGN
@given(arguments=_ARGUMENTS)
def test_the_pages_of_the_full_view_lose_nothing(arguments: dict[str, JsonValue]) -> None:
    request = a_request(arguments)

    text = arguments_text(request)

    assert "".join(pages(text)) == text.text
    assert all(len(page) <= 8_000 for page in pages(text))


@_CAMPAIGN
@given(arguments=_ARGUMENTS)
def test_the_card_of_the_same_request_is_always_the_same(arguments: dict[str, JsonValue]) -> None:
    request = a_request(arguments)
    shuffled = a_request(dict(reversed(list(arguments.items()))))

    first, second = (card_blocks(a_content(each), ASKED_AT) for each in (request, shuffled))

    assert json.dumps(first) == json.dumps(second)


@_CAMPAIGN
@given(first=_TEXTS, second=_TEXTS)
def test_different_plain_texts_never_look_the_same(first: str, second: str) -> None:
    def drawn(text: str) -> str:
        return arguments_shown(card_blocks(a_content(a_request({"a": text})), ASKED_AT))

    gaps = re.compile(r"[ \t]{21,}|\n[ \t]*\n")
    if first != second and not gaps.search(first + second):
        assert drawn(first) != drawn(second)


@_CAMPAIGN
@given(text=_TEXTS)
def test_text_without_anything_hidden_or_secret_is_drawn_as_it_is(text: str) -> None:
    plain = re.sub(r"[ \n⟦⟧]+", " ", "".join(c for c in text if not is_hidden(c)))
    plain = re.sub(r"[\u0300-\u036f]", "", plain)

    if max(plain, default="a") < "\u0300":
        assert visible(plain).text == plain
        assert mask_text(plain, "s") == plain
