"""`deed:`, what the button that approves says: who may name it, and what it may be."""

import pytest

from approvals.domain.deed import DEED_MAX_CHARS, read_deed
from approvals.domain.terms import DEED
from approvals.storage.policy_reader import read_policy
from tests.policy.given import call
from tests.policy.test_mistakes import changed, mistakes_in, only


def with_rules(*rules: str) -> str:
    return changed('tool: "k8s.*", effect: ask', "}\n      - {".join(rules))


def deed_of(*rules: str) -> str:
    return read_policy(with_rules(*rules).encode()).requirement(call("k8s.restart")).terms[DEED]


def test_the_deed_of_a_rule_that_asks_is_in_the_requirement() -> None:
    assert deed_of("tool: k8s.restart, effect: ask, deed: restart") == "restart"
    assert deed_of("tool: k8s.restart, effect: ask") == ""


def test_rules_that_do_not_agree_on_the_deed_say_nothing_in_any_order() -> None:
    restart, stop = (
        f"tool: k8s.restart, effect: ask, deed: {deed}" for deed in ("restart", "stop")
    )
    silent = "tool: k8s.restart, effect: ask"

    assert deed_of(restart, stop) == deed_of(stop, restart) == ""
    assert deed_of(restart, silent) == deed_of(silent, restart) == "restart"


def test_a_deed_on_a_pattern_of_tools_is_a_mistake() -> None:
    (mistake,) = mistakes_in(with_rules('tool: ["k8s.*", k8s.restart], effect: ask, deed: restart'))

    assert "deed says what one tool does – name the tools in full" in mistake


@pytest.mark.parametrize(
    "written",
    [
        "x" * (DEED_MAX_CHARS + 1),
        '"restart, then *drop*"',
        '"<!channel>"',
        '":white_check_mark:"',
        '"re\\u200bstart"',
        '"re\\u202estart"',
        '"✅"',
        '" restart"',
        '"all\\nof it"',
        '"{name}"',
    ],
)
def test_what_is_no_plain_word_is_no_deed(written: str) -> None:
    text = with_rules(f"tool: k8s.restart, effect: ask, deed: {written}")

    assert "deed" in only(mistakes_in(text))


@pytest.mark.parametrize("written", ["restart", "drop it", "roll-back v2", "Löschen", "don't ask"])
def test_a_few_words_are_a_deed(written: str) -> None:
    assert read_deed(written) == written


def test_reading_a_deed_does_not_take_long_whatever_stands_there() -> None:
    with pytest.raises(ValueError, match="no deed"):
        read_deed("a" * (DEED_MAX_CHARS - 1) + "!")
