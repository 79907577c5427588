"""What approvers asked back and what was answered, in words: thread, card, Details.

An answer is the agent's own text: it stands labelled, in an element in which nothing is parsed, and
decides nothing. Of a private request the channel is told that there was a question, and no more.
"""

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.asked_back import Answerer, AskedBack
from bot.slack.card_text import counted
from bot.slack.rich_text import Element, bold, moment, person, quote, section
from bot.slack.story import clean

WORDS_MAX_CHARS = 1_500
LISTED_MAX = 5
"""How many of the latest questions Details show."""
LISTED_MAX_CHARS = 500
SAYS = "The agent answers (unverified, approves nothing):"


def question_line(request: ApprovalRequest, asked: AskedBack) -> list[str | Element]:
    """Return who asked whom, as the line above the question."""
    line: list[str | Element] = ["💬 ", person(asked.by)]
    asker = request.requester.person
    if asked.of is Answerer.PERSON and asker is not None:
        return [*line, " asks ", person(asker), ", who can answer for the agent on the card:"]
    return [*line, " asks the agent:"]


def answer_line(request: ApprovalRequest, asked: AskedBack) -> list[str | Element]:
    """Return the line above the answer, or why there is none."""
    if asked.answered_by is not None:
        return ["💬 ", person(asked.answered_by), " answers for the agent:"]
    if asked.answer is not None:
        return ["💬 ", bold(SAYS)]
    return ["💬 No answer: ", clean(asked.trouble or "", request.salt, LISTED_MAX_CHARS)]


def words_of(
    request: ApprovalRequest, text: str | None, *, whole: bool = False, most: int = WORDS_MAX_CHARS
) -> list[Element]:
    """Return a question's or an answer's words as a quotation; of a private request none."""
    if text is None:
        return []
    if request.is_private and not whole:
        return [section("It is private: Details has it.")]
    return [quote(clean(text, request.salt, most))]


def so_far_line(request: ApprovalRequest) -> list[str | Element]:
    """Return the card's line: how often it was asked, and where the answers stand."""
    asked = request.asking_back.asked
    open_ones = sum(each.ended_at is None for each in asked)
    state = "still open" if request.is_pending else "not answered"
    waiting = f", {open_ones} {state}" if open_ones else ""
    where = "Details" if request.is_private else "the thread"
    return [bold("Asked back "), f"{counted(len(asked), 'time')}{waiting}; see {where}."]


def exchange(request: ApprovalRequest) -> list[Element]:
    """Return the latest questions with their answers, as Details show them."""
    asked = request.asking_back.asked
    told: list[Element] = [section(bold(f"Asked back {counted(len(asked), 'time')}"))]
    for each in asked[-LISTED_MAX:]:
        told.append(section(moment(each.at, seconds=True), " ", *question_line(request, each)))
        told += words_of(request, each.question, whole=True, most=LISTED_MAX_CHARS)
        if each.ended_at is not None:
            told.append(section(*answer_line(request, each)))
            told += words_of(request, each.answer, whole=True, most=LISTED_MAX_CHARS)
    return told
