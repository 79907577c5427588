"""Whether Slack shows what is stored."""

from approvals.operations.ports import CardContent
from bot.slack.cards import card_blocks
from tests.storm.gateway import StormGateway


def is_true(gateway: StormGateway, content: CardContent) -> bool:
    """Whether the card shows in Slack what is stored; one that was never posted shows nothing."""
    card = content.card
    if card.ts is None or card.drawn_at is None:
        return card.ts is None
    shown = gateway.slack.workspace.message(card.channel, card.ts)
    return shown is not None and shown.blocks == card_blocks(content, card.drawn_at)
