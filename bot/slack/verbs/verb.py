"""What one verb is, and what it is asked with.

A verb is one entry of the table: its name, how it is written, what it does in one sentence, and the
function that answers. Help, the reference page and the parsing come from the entry alone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from approvals.domain.ids import ChannelId
from approvals.domain.look_errors import MisusedVerb
from approvals.operations.check_reader import Reader
from approvals.operations.desk import Desk
from bot.slack.typed_words import Word
from bot.slack.verbs.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing typed after the command."""

    desk: Desk
    reader: Reader
    channel: ChannelId
    """Where it was typed."""
    command: str
    """What it was typed after: `/approvals`."""
    text: str
    """Everything after the verb, with plain quotes; entities as Slack escapes them."""
    words: tuple[Word, ...]
    """The same as words, which stand where they stand in `text`."""
    trigger_id: str
    """Slack's name for this one delivery; the same one a second time asks for nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb of `/approvals`."""

    name: str
    usage: str = ""
    """What stands after the name: `ID`, `[DAYS]`."""
    does: str
    """What it does, as the end of the sentence ``/approvals list …``."""
    details: str = ""
    """More, for `help VERB` and the reference page."""
    answer: Callable[[Asked], Awaitable[Reply]]


def nothing_more(asked: Asked) -> None:
    """Return if nothing stands after the verb.

    Raises:
        MisusedVerb
    """
    if asked.words:
        raise MisusedVerb("This takes nothing after it.")


def only_word(asked: Asked, what: str) -> str:
    """Return the one word after the verb.

    Raises:
        MisusedVerb: there is none, or more; *what* says what is missing.
    """
    if len(asked.words) != 1:
        raise MisusedVerb(f"Say {what}.")
    return asked.words[0].text
