"""A card shows what changes, where a tool declares which two arguments are before and after."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.compared import Compared
from approvals.domain.errors import UnsupportedTool
from approvals.domain.strict_json import JsonValue
from approvals.domain.terms import DIFF
from approvals.gate import Gate, ToolTraits
from approvals.storage.policy_reader import read_policy
from bot.slack.arguments_view import arguments_text, shows_everything
from bot.slack.cards import card_blocks
from bot.slack.full_view import view_page
from bot.slack.modals import details_modal
from bot.slack.text_difference import difference
from tests.cards.builders import ASKED_AT, a_content, a_request, labels, objects, shown, texts
from tests.cards.slack_rules import assert_slack_takes_message, assert_slack_takes_modal
from tests.cards.test_properties import assert_nothing_live
from tests.engine.gateway_in_test import POLICY, a_gateway, a_policy
from tests.policy.given import call
from tests.policy.test_mistakes import changed, mistakes_in, only

OLD = "replicas: 3\nimage: shop:1\nport: 80\n"
NEW = "replicas: 3\nimage: shop:2\nport: 80\n"
PAIR = Compared(before="old", after="new")


def a_change(
    given: dict[str, JsonValue] | None = None, pair: Compared | None = PAIR, **also: JsonValue
) -> ApprovalRequest:
    request = a_request({**(given or {}), **also}, tool="write_file")
    terms = request.requirement.terms.with_said(DIFF, pair)
    return replace(request, requirement=replace(request.requirement, terms=terms))


def drawn(request: ApprovalRequest) -> list[str]:
    """The texts of the call's preformatted elements: the difference first, then the arguments."""
    blocks = card_blocks(a_content(request), ASKED_AT)
    assert_slack_takes_message(blocks)
    call_block = next(b for b in blocks if str(b.get("block_id")).startswith("call:"))
    return ["".join(texts(each)) for each in objects(call_block, "rich_text_preformatted")]


def test_what_changes_stands_before_the_arguments_which_stay_whole() -> None:
    request = a_change(path="app.yml", old=OLD, new=NEW)

    what_changes, arguments = drawn(request)

    assert what_changes.splitlines() == [
        "@@ -1,4 +1,4 @@",
        " replicas: 3",
        "-image: shop:1",
        "+image: shop:2",
        " port: 80",
        " ",
    ]
    assert arguments == arguments_text(request).text
    words = shown(card_blocks(a_content(request), ASKED_AT))
    assert "What changes from old (as the agent says it is) to new:" in words


def test_neither_digest_nor_what_has_to_be_read_is_changed_by_it() -> None:
    with_it, without = (a_change(None, pair, old=OLD * 90, new=NEW * 90) for pair in (PAIR, None))

    assert with_it.call.digest == without.call.digest
    assert shows_everything(with_it) is shows_everything(without) is False
    assert drawn(with_it)[1:] == drawn(without)
    assert labels(card_blocks(a_content(with_it), ASKED_AT))[0] == "Review and approve…"


def test_the_full_view_shows_it_first_and_every_argument_after_it() -> None:
    lines = [f"{number}\n" for number in range(900)]
    old, new = "".join(lines), "".join([*lines[:450], "y\n", *lines[450:]])
    request = a_change(old=old, new=new)

    views = [view_page(a_content(request), page) for page in range(1, 10)]

    for view in views:
        assert_slack_takes_modal(view)
    assert "+y" in shown(views[0]["blocks"])
    assert "Approve" not in labels(views[0])
    pages = dict.fromkeys(shown(list(objects(v, "rich_text_preformatted"))) for v in views)
    assert "".join(list(pages)[1:]) == arguments_text(request).text


def test_secrets_in_both_are_masked_and_what_is_hidden_is_drawn() -> None:
    secret = "ghp_" + "a1b2c3d4e5" * 3
    request = a_change(old=f"token {secret}\n", new=f"token {secret}x\n\u202e")

    (what_changes, _) = drawn(request)

    assert secret not in what_changes
    assert "[secret," in what_changes
    assert "⟦U+202E⟧" in what_changes


def test_a8_no_line_of_a_text_can_pass_for_the_frame() -> None:
    request = a_change(old="@@ -1,1 +1,1 @@", new="```\n<!channel>\n-nothing changes\r+x")

    (what_changes, _) = drawn(request)

    assert what_changes.splitlines() == [
        "@@ -1,1 +1,3 @@",
        "-@@ -1,1 +1,1 @@",
        "+```",
        "+<!channel>",
        "+-nothing changes⟦U+000D⟧+x",
    ]
    assert_nothing_live(card_blocks(a_content(request), ASKED_AT))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"old": "same", "new": "same"}, "Both are the same."),
        ({"old": " \t" * 20, "new": "\t " * 20}, "They differ only in blanks"),
    ],
)
def test_where_nothing_can_be_shown_to_change_that_is_said(
    arguments: dict[str, JsonValue], words: str
) -> None:
    assert words in shown(card_blocks(a_content(a_change(arguments)), ASKED_AT))


def test_a_new_text_is_all_put_there_and_values_are_compared_as_json() -> None:
    assert drawn(a_change(old=None, new="a\nb"))[0] == "@@ -0,0 +1,2 @@\n+a\n+b"
    (what_changes, _) = drawn(a_change(old={"n": 3}, new={"n": 2}))
    assert what_changes.splitlines()[1:] == [" {", '-  "n": 3', '+  "n": 2', " }"]


@pytest.mark.parametrize("arguments", [{"old": "x"}, {"new": "x"}, {"path": "x"}])
def test_a_call_without_both_arguments_is_drawn_as_any_other(
    arguments: dict[str, JsonValue],
) -> None:
    assert drawn(a_change(arguments)) == drawn(a_change(arguments, None))


def test_the_details_show_it_too() -> None:
    view = details_modal(a_content(a_change(old=OLD, new=NEW)), ASKED_AT)

    assert_slack_takes_modal(view)
    assert "+image: shop:2" in shown(view["blocks"])


_LINES = st.lists(st.sampled_from(["a", "b", "", "-a", "@@ -1,1 +1,1 @@"]), max_size=30)


@given(_LINES, _LINES)
def test_whoever_follows_the_difference_gets_the_text_after(old: list[str], new: list[str]) -> None:
    before, after = "\n".join(old), "\n".join(new)

    assert _followed(before, difference(before, after)) == after


def test_texts_that_are_too_long_to_be_compared_are_replaced_whole() -> None:
    old, new = "a\nb\n" * 200, "b\na\nc\n" * 200

    found = difference(old, new)

    assert _followed(old, found) == new
    assert found.count("\n-") >= 300


def _followed(before: str, found: str) -> str:
    lines, put, at = before.split("\n") if before else [], [], 0
    for line in found.split("\n") if found else []:
        if line.startswith("@@"):
            start = int(line.split()[1][1:].split(",")[0])
            start -= 0 if line.split()[1].endswith(",0") else 1
            put += lines[at:start]
            at = start
        elif line[0] == "+":
            put.append(line[1:])
        else:
            assert lines[at] == line[1:]
            put += [line[1:]] if line[0] == " " else []
            at += 1
    return "\n".join([*put, *lines[at:]])


async def test_the_author_of_a_tool_declares_its_two_arguments_in_code() -> None:
    async with a_gateway() as gateway:
        gate = Gate(agent="deploy-bot")
        gate.use(gateway.gateway)

        @gate.guard(traits=ToolTraits(before="old", after="new"))
        async def write_file(path: str, old: str, new: str) -> None:
            """Write."""

        waiting = asyncio.ensure_future(write_file("app.yml", OLD, NEW))
        request = await gateway.pending()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    assert "+image: shop:2" in drawn(request)[0]


def test_arguments_the_tool_has_not_cannot_be_declared() -> None:
    gate = Gate(agent="deploy-bot")

    async def write_file(old: str, new: str) -> None:
        """Write."""

    with pytest.raises(UnsupportedTool, match="has no argument after"):
        gate.guard(traits=ToolTraits(before="old", after="after"))(write_file)
    with pytest.raises(ValueError, match="cannot be the name"):
        ToolTraits(before="old")


RULE = 'tool: "k8s.*", effect: ask'


def test_a_rule_names_the_two_arguments() -> None:
    text = changed(RULE, f"{RULE}, diff: {{before: old, after: new}}")

    terms = read_policy(text.encode()).requirement(call("k8s.restart")).terms

    assert terms[DIFF] == PAIR
    assert a_policy(POLICY).requirement(call("k8s.restart")).terms[DIFF] is None


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        ("old", "diff has to be a mapping"),
        ("{before: old}", "after is missing"),
        ("{before: old, after: old}", "old is named twice"),
        ('{before: old, after: "a\\nb"}', "cannot be the name of an argument"),
        (f"{{before: old, after: {'x' * 61}}}", "cannot be the name of an argument"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_a_mistake(written: str, mistake: str) -> None:
    assert mistake in only(mistakes_in(changed(RULE, f"{RULE}, diff: {written}")))
