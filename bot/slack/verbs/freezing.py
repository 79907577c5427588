"""`/approvals freeze` and `unfreeze`: the emergency stop, for whom the policy names."""

from approvals.domain.display import one_line, shorten
from approvals.domain.errors import DecisionRefused
from approvals.domain.freeze import ALL, Freeze, Hand
from approvals.domain.freeze_errors import FreezeNotAllowed
from approvals.domain.ids import ChannelId
from approvals.operations.check_freezer import may_freeze
from approvals.operations.freeze import freeze, unfreeze
from bot.freeze_asked import read_freeze, read_unfreeze
from bot.slack.asked_words import plain_words
from bot.slack.freeze_words import REASON_MAX_CHARS, hand, until
from bot.slack.rich_text import bold, channel, code
from bot.slack.verbs.reply import Line, Reply, told
from bot.slack.verbs.verb import Asked, Verb

_USAGE = "[CHANNEL|all]"


async def _check(asked: Asked, scope: str) -> None:
    """Return if whoever asks may.

    Raises:
        FreezeNotAllowed
    """
    try:
        await may_freeze(asked.desk, scope, person=asked.reader.user, team=asked.reader.team)
    except DecisionRefused as refusal:
        raise FreezeNotAllowed(f"{refusal.message} Nothing was frozen or lifted.") from refusal


async def _freeze(asked: Asked) -> Reply:
    typed = read_freeze([word.text for word in asked.words])
    scope = _scope(asked, typed.scope)
    await _check(asked, scope)
    by = Hand(user=asked.reader.user)
    made = await freeze(
        asked.desk, scope, by=by, reason=plain_words(typed.reason), lasts=typed.lasts
    )
    lift = f"{asked.command} unfreeze {ALL if made.is_everywhere else ''}".rstrip()
    where: Line = [] if made.is_everywhere or scope == asked.channel else [" there"]
    return told(
        [
            frozen_line(made),
            ["Its channels are told. Lift it with ", code(lift), *where, "."],
        ]
    )


async def _unfreeze(asked: Asked) -> Reply:
    scope = _scope(asked, read_unfreeze([word.text for word in asked.words]))
    await _check(asked, scope)
    ended = await unfreeze(asked.desk, scope, by=Hand(user=asked.reader.user))
    return told([[bold("☀ "), *_what(ended), " no longer frozen. Its channels are told."]])


def frozen_line(freeze: Freeze) -> Line:
    """Return one line that says what is frozen, by whom, until when and why."""
    return [
        bold("❄ "),
        *_what(freeze),
        " frozen by ",
        *hand(freeze.by),
        *until(freeze),
        f": {shorten(one_line(freeze.reason), REASON_MAX_CHARS)}",
    ]


def _what(freeze: Freeze) -> Line:
    if freeze.is_everywhere:
        return ["Everything is"]
    return [channel(ChannelId(freeze.scope)), " is"]


def _scope(asked: Asked, written: str | None) -> str:
    if written == ALL:
        return ALL
    return asked.desk.policy().channel(written or asked.channel).id


FREEZE = Verb(
    name="freeze",
    usage=f"{_USAGE} [for 2h] REASON",
    does="is the emergency stop: no agent starts anything, and nothing can be approved",
    details=(
        "Without a channel it is about this one. It stands until it is lifted, or for the time you "
        "say. Rejecting and cancelling go on, and what runs already runs to its end. A channel's "
        "approvers may, unless the policy names others with `freeze:`; for everything, only who "
        "the policy names under `defaults: freeze:`."
    ),
    answer=_freeze,
)
UNFREEZE = Verb(
    name="unfreeze",
    usage=_USAGE,
    does="lifts a freeze, also one that somebody else made",
    details="Who may freeze may lift it. Nothing is approved by that: questions that wait go on.",
    answer=_unfreeze,
)
