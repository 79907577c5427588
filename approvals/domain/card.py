"""The record of one of our Slack messages, full views or entries of an App Home: what it shows.

A click counts only when its nonce names a card of the request it decides and channel and ts agree
(or are not known yet, because the click was faster than Slack's answer to the post).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from approvals.domain import errors
from approvals.domain.ids import CardId, ChannelId, RequestId, UserId


class CardKind(StrEnum):
    """What kind of surface a card is."""

    MESSAGE = "message"
    VIEW = "view"
    """The paged full view opened by one person; its last page decides."""
    ESCALATION = "escalation"
    """A further message that asks whom an escalation added; it decides like the first."""
    HOME = "home"
    """One person's entry in their App Home, of which nobody else sees anything."""
    COPY = "copy"
    """A second post of the same card (Slack's answer was lost), adopted and closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card of one request."""

    id: CardId
    request_id: RequestId
    kind: CardKind = CardKind.MESSAGE
    channel: ChannelId
    ts: str | None = None
    nonce: str
    shows_everything: bool = True
    """False when arguments are cut: Approve then opens the full view instead of deciding."""
    viewer: UserId | None = None
    """For a view and an entry of an App Home: whose it is."""
    version_shown: int = 0
    drawn_at: datetime | None = None
    """When Slack last took what it shows."""
    look_at: datetime | None = None
    """When it is compared with Slack next; None: never again."""
    trouble: str | None = None
    """Slack's error, while it will not let us change the card."""
    told: tuple[str, ...] = ()
    """Keys of what was said in its thread (`domain/telling`)."""

    @property
    def asks(self) -> bool:
        """Whether it is a message of ours that asks, not a view and no second post."""
        return self.kind in (CardKind.MESSAGE, CardKind.ESCALATION)

    @property
    def shows_all(self) -> bool:
        """Whether it shows all calls that share a card; any other shows some of them."""
        return self.kind in (CardKind.MESSAGE, CardKind.COPY)

    @property
    def is_personal(self) -> bool:
        """Whether one person alone sees it, at no place in a channel."""
        return self.kind in (CardKind.VIEW, CardKind.HOME)

    def is_entry_of(self, viewer: UserId) -> bool:
        """Whether it is the entry in the App Home of *viewer*."""
        return self.kind is CardKind.HOME and self.viewer == viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """What a click says about the card it was made on."""

    nonce: str
    channel: ChannelId | None
    ts: str | None
    user: UserId


def pressed_card(cards: tuple[Card, ...], pressed: Pressed) -> Card:
    """Return the card that was pressed.

    Raises:
        CardMismatch: no card of this request has that nonce, or it stands elsewhere.
            `facts["copy_of"]` holds the card when only the ts differs: a second post to adopt.
    """
    for card in cards:
        if card.nonce != pressed.nonce:
            continue
        if card.is_personal:
            if card.viewer == pressed.user:
                return card
            continue
        if card.channel != pressed.channel:
            continue
        if card.ts is None or card.ts == pressed.ts:
            return card
    for card in cards:
        same_place = card.nonce == pressed.nonce and card.channel == pressed.channel
        if same_place and card.asks:
            raise errors.CardMismatch(copy_of=card)
    raise errors.CardMismatch
