"""What people type after `/agent` or `@sayso`, as plain nouns. Pure: no Slack, no policy, no store.

The first word is a verb, or else all of it is a task. Keys stand before or after the task, never
in its middle, so that no word of a task moves: `agent=NAME` chooses, the others are handed to the
agent as plain lines. Nothing typed switches anything on (case X11).
"""

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum

from approvals.domain.ids import SHORT_ID_CHARS
from bot.slack.typed_words import Word, flag_of, key_of, plain_quotes, split


class Verb(StrEnum):
    """What a person can ask for."""

    RUN = "run"
    STATUS = "status"
    LIST = "list"
    CANCEL = "cancel"
    CONTINUE = "continue"
    HELP = "help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One thing asked for."""

    verb: Verb
    text: str = ""
    """For `run`: the task with its keys as lines. For `continue`: the words. Else empty."""
    agent: str | None = None
    short_id: str | None = None
    about: Verb | None = None
    """For `help`: the verb it is asked about."""
    mistake: str | None = None
    """For `help`: a sentence that says why help is shown."""


_SHORT_ID = re.compile(
    rf"[`#]?([0-9A-HJKMNP-TV-Z]{{{SHORT_ID_CHARS}}})`?", re.ASCII | re.IGNORECASE
)
_MEANT = {
    **dict.fromkeys(("stop", "kill", "abort", "end", "quit", "exit", "rm"), Verb.CANCEL),
    **dict.fromkeys(("ls", "tasks", "ps", "history", "all"), Verb.LIST),
    **dict.fromkeys(("stat", "info", "show", "details", "progress"), Verb.STATUS),
    **dict.fromkeys(("reply", "resume", "retry", "again", "say"), Verb.CONTINUE),
    **dict.fromkeys(("start", "new", "task"), Verb.RUN),
    **dict.fromkeys(("usage", "commands", "agents", "hello", "hi"), Verb.HELP),
}
_VERDICTS = frozenset(
    ("approve", "approved", "accept", "reject", "deny", "yes", "no", "ok", "okay", "y", "n")
)
_HELP = frozenset({"help", "-h", "--help", "?"})
AGENT_KEY = "agent"


def read_words(typed: str) -> Words:
    r"""Return what was asked for; what cannot be told apart is `help` with the mistake in it.

    >>> read_words("run agent=ops restart checkout env=prod").text
    'restart checkout\nenv: prod'
    """
    text = plain_quotes(typed).strip()
    words = split(text)
    first = "" if not words or words[0].is_quoted else words[0].text.casefold()
    if first in _HELP:
        return _help(words[1:])
    if first not in list(Verb):
        return _mistyped(first, words) or _run(text, words)
    return _of_verb(Verb(first), text, words)


def read_bare_words(typed: str) -> Words | None:
    """Return a verb that stands alone, or with an id: what means the same inside a thread.

    Anything else there is words for the agent, even if it begins like a verb.
    """
    if typed.strip().casefold() == Verb.CANCEL:
        return Words(verb=Verb.CANCEL)
    asked = read_words(typed)
    if asked.verb is Verb.RUN or asked.mistake:
        return None
    return asked


def _of_verb(verb: Verb, text: str, words: list[Word]) -> Words:
    if verb is Verb.RUN:
        return _run(text, words[1:])
    if verb is Verb.CONTINUE:
        return _continue(text, words)
    return _steer(verb, words)


def _run(text: str, words: list[Word]) -> Words:
    keys, words = _leading(words)
    more, words = _trailing(words)
    keys += more
    agents = [value for name, value in keys if name.casefold() == AGENT_KEY]
    if len(agents) > 1:
        return _mistaken("You name more than one agent.", Verb.RUN)
    task = ""
    if words:
        whole = len(words) == 1 and words[0].is_quoted
        task = words[0].text if whole else text[words[0].start : words[-1].end]
    lines = [f"{name}: {value}" for name, value in keys if name.casefold() != AGENT_KEY]
    return Words(
        verb=Verb.RUN,
        text="\n".join([task.strip(), *lines]).strip(),
        agent=agents[0] if agents else None,
    )


def _continue(text: str, words: list[Word]) -> Words:
    short_id = _id(words[1]) if len(words) > 1 else None
    if short_id is None:
        return _mistaken("Say which task goes on, and then what you want to say.", Verb.CONTINUE)
    said = text[words[1].end :].strip()
    return Words(verb=Verb.CONTINUE, short_id=short_id, text=said)


def _steer(verb: Verb, words: list[Word]) -> Words:
    takes = 0 if verb is Verb.LIST else 1
    short_id = _id(words[1]) if len(words) == 2 and takes else None
    if len(words) > 1 and short_id is None:
        what = "takes the id of a task" if takes else "takes nothing after it"
        return _mistaken(f"`{verb}` {what}. To start a task with this word, put `run` first.", verb)
    if verb is Verb.CANCEL and short_id is None:
        return _mistaken("Say which task to cancel.", verb)
    return Words(verb=verb, short_id=short_id)


def _help(words: list[Word]) -> Words:
    about = words[0].text.casefold() if len(words) == 1 else ""
    if about in list(Verb):
        return Words(verb=Verb.HELP, about=Verb(about))
    if words:
        return Words(
            verb=Verb.HELP,
            mistake="`help` takes a verb. To start a task with this word, put `run` first.",
        )
    return Words(verb=Verb.HELP)


def _mistyped(first: str, words: list[Word]) -> Words | None:
    """Return help where a lone word, or one before an id, can only be a mistyped verb."""
    has_id = len(words) > 1 and _id(words[1]) is not None and _looks_like_id(words[1])
    if not first or len(words) > 2 or (len(words) == 2 and not has_id):
        return None
    if first in _VERDICTS:
        return _mistaken(
            "Words decide nothing: approve or reject with the buttons of the card.", Verb.HELP
        )
    near = difflib.get_close_matches(first, list(Verb), n=1, cutoff=0.7)
    meant = _MEANT.get(first) or (Verb(near[0]) if near else None)
    if meant is None:
        return None
    return _mistaken(f"There is no such verb. Did you mean `{meant}`?", meant)


def _mistaken(sentence: str, about: Verb) -> Words:
    return Words(verb=Verb.HELP, mistake=sentence, about=about)


def _id(word: Word) -> str | None:
    found = _SHORT_ID.fullmatch(word.text)
    return found[1].upper() if found else None


def _looks_like_id(word: Word) -> bool:
    """Whether it is no plain lower-case word, as `deploy` would be."""
    return not (word.text.isalpha() and word.text.islower())


def _leading(words: list[Word]) -> tuple[list[tuple[str, str]], list[Word]]:
    """Take only `agent` off the front: another key there would be the task's own first word."""
    if words and (key := key_of(words[0])) and key[0].casefold() == AGENT_KEY:
        return [key], words[1:]
    if len(words) > 1 and not words[0].is_quoted and words[0].text.casefold() == f"--{AGENT_KEY}":
        return [(AGENT_KEY, words[1].text)], words[2:]
    return [], words


def _trailing(words: list[Word]) -> tuple[list[tuple[str, str]], list[Word]]:
    keys: list[tuple[str, str]] = []
    while words:
        if key := key_of(words[-1]):
            keys.insert(0, key)
            words = words[:-1]
        elif len(words) > 2 and (flag := flag_of(words[-2])) and not flag_of(words[-1]):
            keys.insert(0, (flag, words[-1].text))
            words = words[:-2]
        else:
            break
    return keys, words
