"""Everything we can send, drawn from awkward states, is text where it should be and Slack takes it.

Each field of each state holds another text that wants to be more: a mention, a link, a character
nobody can see, a mark that would break out. See `words`.
"""

import ast
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FrameType

import pytest

from approvals.domain.display import is_hidden
from tests.cards.slack_rules import HAS_SCHEMA, SCHEMA_MISSING
from tests.drawn.drawings import every_drawing
from tests.drawn.inert import assert_inert, assert_valid
from tests.drawn.words import ATTACKS, OF_EACH_KIND, Words

SLACK = Path(__file__).parents[2] / "bot" / "slack"
DRAWS = ("dict[str, Any]", "Element", "Line", "Reply", "str")
"""What a function returns that draws, or says a sentence."""


def holds(texts: Iterable[str], *, start: int = 0, every: int = 1, schema: bool = False) -> int:
    """Check everything drawn with *texts*; return how many there are.

    Slack's own rules cost the most: *every* second or third is held against them.
    """
    number = 0
    for number, drawn in enumerate(every_drawing(Words(texts, start=start)), start=1):
        assert_inert(drawn)
        if number % every == 0:
            assert_valid(drawn, schema=schema)
    return number


def test_a3_a4_a5_a6_a16_nothing_that_is_sent_is_live_hidden_or_refused() -> None:
    assert len(set(ATTACKS)) >= 500

    assert holds([*OF_EACH_KIND, *ATTACKS], every=3) > 1_000


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("start", range(0, len(ATTACKS), 79))
def test_a3_a4_a5_a6_a16_whichever_text_stands_in_which_field(start: int) -> None:
    assert holds(ATTACKS, start=start) > 1_000


@pytest.mark.skipif(not HAS_SCHEMA, reason=SCHEMA_MISSING)
@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_schema_of_slacks_own_types_takes_everything_that_is_sent() -> None:
    assert holds(ATTACKS, schema=True) > 1_000


def code_points() -> Iterator[str]:
    """Every code point a call can hold, a few a text; of planes that are all alike, samples."""
    every = [*range(1, 0xD800), *range(0xE000, 0x40000), *range(0x40000, 0x110000, 97)]
    hidden = [chr(code) for code in every if is_hidden(chr(code))]
    seen = [chr(code) for code in every if not is_hidden(chr(code))]
    # Of what nothing is assigned to there are a hundred thousand: the test of `visible` has all.
    assigned = [each for each in hidden if unicodedata.category(each) != "Cn"]
    for characters, few in ((seen, 40), (assigned, 6)):
        for start in range(0, len(characters), few):
            yield "".join(characters[start : start + few])


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("start", [0, 1_000])
def test_a6_no_code_point_is_sent_that_nobody_can_see(start: int) -> None:
    texts = list(code_points())
    words = Words(texts, start=start)

    for drawn in every_drawing(words):
        assert_inert(drawn)

    assert words.taken > len(texts)


def drawing_functions() -> Iterator[tuple[str, str]]:
    """File and name of every public function of the Slack door that draws or says something."""
    for path in sorted(SLACK.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            returns = ast.unparse(node.returns) if node.returns else ""
            if any(kind in returns for kind in DRAWS):
                yield str(path.relative_to(SLACK)), node.name


NOT_SENT = {
    "agent_choice.py": {"agents_in", "choose"},
    "ask_back_form.py": {"asked_question"},
    "ask_form_view.py": {"named_of"},
    "asked_words.py": {"plain_words"},
    "errands.py": {"error_id"},
    "features.py": {"scopes_of", "features_without"},
    "form_fields.py": {"given_in"},
    "full_view.py": {"read_place"},
    "health.py": {"channel_problem"},
    "manifest.py": {"manifest", "as_yaml", "new_app_link"},
    "payloads.py": {"view_event"},
    "private_answers.py": {"shown"},
    "reason_form.py": {"given_reason"},
    "signed_http.py": {"read_body"},
    "slack_findings.py": {"person_trouble"},
    "slack_methods.py": {"scopes_used"},
    "start_checks.py": {"ask", "app_of_bot", "read_scopes"},
    "typed_words.py": {"plain_quotes", "split", "key_of", "flag_of"},
    "web_api.py": {"proxy_for"},
    "verbs/verb.py": {"only_word"},
}
"""What reads, or speaks to whoever runs the gateway; by file."""


def reached() -> set[tuple[str, str]]:
    """File and name of every function of the Slack door that is run by drawing everything."""
    codes: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            codes.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        for _ in every_drawing(Words(["text"])):
            pass
    finally:
        sys.setprofile(before)
    return {
        (str(Path(code.co_filename).relative_to(SLACK)), code.co_name)
        for code in codes
        if Path(code.co_filename).is_relative_to(SLACK)
    }


def test_everything_that_draws_is_drawn_here() -> None:
    drawn = {each for each in drawing_functions() if each[1] not in NOT_SENT.get(each[0], ())}

    missing = sorted(drawn - reached())

    assert not missing, f"no awkward state draws {missing}"
