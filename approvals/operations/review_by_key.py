"""A person without Slack at hand decides: first everything is shown to them, then they say.

Called by the doors at which people come in with a key of their own. What is shown here is a full
view as Slack's (`record_full_view`): its nonce decides, nobody else's click, and only what it
showed; the verdict goes through `decide` like every other.
"""

from dataclasses import dataclass

from approvals.domain.card import Pressed
from approvals.domain.decision import Verdict
from approvals.domain.errors import Refusal
from approvals.domain.ids import RequestId
from approvals.domain.key import Key, Scope
from approvals.domain.requirement import WantedReason
from approvals.operations.click import Answer, Click, FullView
from approvals.operations.decide import decide, with_people
from approvals.operations.desk import Desk
from approvals.operations.read_by_key import reader_of, request_by_key
from approvals.operations.record_full_view import record_view_without_card

_NO_REASON_NEEDED: frozenset[WantedReason] = frozenset()
_WANTS_WHY = {
    Verdict.APPROVE: frozenset({WantedReason.ALWAYS}),
    Verdict.REJECT: frozenset({WantedReason.ALWAYS, WantedReason.ON_REJECT}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicted:
    """A verdict with the marks of the review it was given on."""

    verdict: Verdict
    nonce: str
    digest: str
    others: int
    answer: str | None = None
    """To an inquiry, as canonical JSON."""
    reason: str | None = None


_LOOKS = Verdicted(verdict=Verdict.REJECT, nonce="", digest="", others=0)
"""Who only looks has pressed nothing yet."""


async def review_by_key(desk: Desk, key: Key, request_id: RequestId) -> FullView:
    """Return everything about the request, and remember that the owner of *key* was shown it.

    Raises:
        ScopeMissing
        RequestUnknown: there is none they may see.
        PrivateCall and the refusals of `fit_reader`.
        StoreUnavailable
    """
    key.require(Scope.DECIDE)
    await request_by_key(desk, key, request_id)
    click = await _click(desk, key, request_id, _LOOKS)
    found = await with_people(desk, click, record_view_without_card)
    if isinstance(found, FullView):
        return found
    raise _refusal(found)


async def decide_by_key(desk: Desk, key: Key, request_id: RequestId, said: Verdicted) -> Answer:
    """Store the verdict of the owner of *key*, or the refusal with its reason.

    Raises:
        ScopeMissing
        RequestUnknown: there is none they may see.
        The refusals of `fit_reader`.
        StoreUnavailable: nothing was stored.
    """
    key.require(Scope.DECIDE)
    await request_by_key(desk, key, request_id)
    click = await _click(desk, key, request_id, said)
    is_said = bool(said.reason) or said.answer is not None
    asks_why = _NO_REASON_NEEDED if is_said else _WANTS_WHY[said.verdict]
    return await decide(desk, click, asks_why=asks_why)


async def _click(desk: Desk, key: Key, request_id: RequestId, said: Verdicted) -> Click:
    reader = await reader_of(desk, key)
    return Click(
        request_id=request_id,
        verdict=said.verdict,
        pressed=Pressed(nonce=said.nonce, channel=None, ts=None, user=reader.user),
        team=reader.team,
        reason=said.reason,
        answer=said.answer,
        digest=said.digest,
        others=said.others,
    )


def _refusal(answer: Answer) -> Refusal:
    assert answer.refusal is not None
    return answer.refusal
