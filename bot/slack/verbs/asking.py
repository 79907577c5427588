"""`/approvals ask "…" @who for 2h`: a person asks people, under the rules of this channel."""

import re
from dataclasses import dataclass
from datetime import timedelta

from approvals.domain.durations import parse_duration
from approvals.domain.look_errors import MisusedVerb
from approvals.domain.question import NAMED_MAX
from approvals.operations.ask_people import Question, ask_people
from bot.slack.asked_words import asked_sentence, plain_words
from bot.slack.typed_words import Word
from bot.slack.verbs.reply import Reply
from bot.slack.verbs.verb import Asked, Verb

_TOKEN = re.compile(
    r"<@([UW][A-Z0-9]{1,30})(?:\|[^>]*)?>|<!subteam\^(S[A-Z0-9]{1,30})(?:\|[^>]*)?>"
)
_FOR = "for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A question as it was typed."""

    text: str
    named: tuple[str, ...] = ()
    within: timedelta | None = None


def read_question(text: str, words: tuple[Word, ...]) -> Typed:
    """Return the question in *text*, whose *words* are given, and what stands after it.

    After it stand people, groups and `for 2h`, in any order. A question in quotes ends with them;
    one without ends where only those follow.

    Raises:
        MisusedVerb
    """
    if not words:
        raise MisusedVerb("Write the question in quotes.")
    start = 1 if words[0].is_quoted else _behind_question(words)
    named, within = _after(words[start:])
    asked = words[0].text if words[0].is_quoted else text[: words[start - 1].end] if start else ""
    return Typed(text=plain_words(asked).strip(), named=named, within=within)


def _behind_question(words: tuple[Word, ...]) -> int:
    at = len(words)
    while at:
        if _TOKEN.fullmatch(words[at - 1].text):
            at -= 1
        elif at > 1 and words[at - 2].text.casefold() == _FOR and _is_duration(words[at - 1].text):
            at -= 2
        else:
            break
    return at


def _after(words: tuple[Word, ...]) -> tuple[tuple[str, ...], timedelta | None]:
    named: list[str] = []
    within, left = None, list(words)
    while left:
        word = left.pop(0).text
        if found := _TOKEN.fullmatch(word):
            named.append(found[1] or found[2])
        elif word.casefold() == _FOR and left:
            within = _duration(left.pop(0).text)
        else:
            raise MisusedVerb(_misread(word))
    if len(set(named)) > NAMED_MAX:
        raise MisusedVerb(f"Name at most {NAMED_MAX} people and groups.")
    return tuple(dict.fromkeys(named)), within


def _misread(word: str) -> str:
    if word.startswith("@"):
        return f"Slack does not know {word} as a person or group: choose the name from its list."
    return "After the question stand people, groups and `for 2h`; the question stands in quotes."


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as mistake:
        raise MisusedVerb(f"{mistake}.") from None


async def _answer(asked: Asked) -> Reply:
    typed = read_question(asked.text, asked.words)
    request = await ask_people(
        asked.desk,
        Question(
            asker=asked.reader,
            channel=asked.channel,
            text=typed.text,
            named=typed.named,
            within=typed.within,
            key=asked.trigger_id,
        ),
    )
    return Reply(text=asked_sentence(request, asked.desk.clock.now(), within=typed.within))


ASK = Verb(
    name="ask",
    usage='"QUESTION" [@WHO …] [for 2h]',
    does="asks people for approval, under this channel's rules; nothing runs",
    details=(
        "The card in the channel is decided like any other, and you are told how it ends. You may "
        "not approve it yourself. Whom you name has to approve besides whom the rules ask for. "
        "`for 2h` closes it sooner than the rules would, never later. Rules speak of questions by "
        "the tool name `sayso.ask`."
    ),
    answer=_answer,
)
