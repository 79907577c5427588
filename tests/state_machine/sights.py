"""What people have before them: a button as it was drawn once, and the calls it stood for then.

The tests' own reading of which calls share a card and what a press of a button may decide (I13); it
asks the product nothing but what it drew.
"""

from dataclasses import dataclass
from typing import Any

from approvals.domain.ids import RequestId, UserId
from approvals.operations.click import FullView
from approvals.operations.ports import CardContent
from tests.state_machine.log import Log


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One button of a card or of somebody's own view, as it looked."""

    request_id: RequestId
    named: frozenset[str]
    """The calls it stood for: the one it names and those identical to it."""
    nonce: str
    channel: str | None
    ts: str | None
    viewer: UserId | None = None
    """Whose view it is; None for a card, which anybody sees."""

    @property
    def place(self) -> dict[str, Any]:
        """Where the button is, as a press of it tells."""
        return {"nonce": self.nonce, "channel": self.channel, "ts": self.ts}

    @classmethod
    def of_card(cls, content: CardContent, ts: str, pick: int) -> "Sight":
        """Look at one part of what is drawn at *ts*."""
        part = content.parts[pick % len(content.parts)]
        return cls(
            request_id=part.request.id,
            named=frozenset(each.id for each in part.shown),
            nonce=content.card.nonce,
            channel=content.card.channel,
            ts=ts,
        )

    @classmethod
    def of_view(cls, view: FullView, viewer: UserId) -> "Sight":
        return cls(
            request_id=view.content.request.id,
            named=frozenset(each.id for each in view.content.shown),
            nonce=view.card.nonce,
            channel=None,
            ts=None,
            viewer=viewer,
        )


def sharing(log: Log, request_id: str) -> frozenset[str]:
    """All calls on the card that shows this one."""
    first = _first(log, request_id)
    return frozenset(each for each in log.requests if _first(log, each) == first)


def identical(log: Log, request_id: str) -> frozenset[str]:
    """Those of them with the same arguments, this one included."""
    digest = log.requests[request_id]["digest"]
    return frozenset(
        each for each in sharing(log, request_id) if log.requests[each]["digest"] == digest
    )


def is_burst(log: Log, request_id: str) -> bool:
    """Whether its card shows different calls: none of them whole, each to be read in a view."""
    return identical(log, request_id) != sharing(log, request_id)


def decidable(log: Log, sight: Sight) -> frozenset[str]:
    """Which calls Approve may approve now, pressed where *sight* was seen: all it named, or none.

    None where more calls joined since, or where the card became that of a burst.
    """
    if sight.viewer is None and is_burst(log, sight.request_id):
        return frozenset()
    return sight.named if sight.named == identical(log, sight.request_id) else frozenset()


def check_cards(log: Log, drawn: dict[str, CardContent]) -> None:
    """I11, I13: each card shows all the calls that share it, each as it ended."""
    for card in log.cards:
        shown = {each.id: each for part in drawn[card["ts"]].parts for each in part.shown}
        assert shown.keys() == sharing(log, card["request_id"]), f"I13: {card['ts']} hides a call"
        for request_id, request in shown.items():
            status = log.requests[request_id]["status"]
            assert request.status == status, (
                f"I11: the card at {card['ts']} shows {request.status}, not {status}"
            )


def _first(log: Log, request_id: str) -> str:
    joined: str | None = log.requests[request_id]["joined"]
    return joined or request_id
