"""`/approvals show ID`: one request as its card shows it, without the buttons."""

from approvals.domain.card import CardKind
from approvals.domain.errors import RequestUnknown
from approvals.operations.find_request import find_request
from approvals.operations.read_card import read_cards
from bot.slack.card_text import notification_text
from bot.slack.cards import card_blocks
from bot.slack.verbs.reply import Reply
from bot.slack.verbs.verb import Asked, Verb, only_word


async def _answer(asked: Asked) -> Reply:
    typed = only_word(asked, "which request: its id, or the last six characters of it")
    desk = asked.desk
    request = await find_request(desk, asked.reader, typed, channel=asked.channel)
    contents = await read_cards(desk, request.id)
    content = next((each for each in contents if each.card.kind is CardKind.MESSAGE), None)
    if content is None:
        raise RequestUnknown
    now = desk.clock.now()
    # Its buttons belong to the card; here they would stand on a message that nothing keeps true.
    blocks = [block for block in card_blocks(content, now) if block["type"] != "actions"]
    return Reply(text=notification_text(content, now), blocks=tuple(blocks))


SHOW = Verb(
    name="show",
    usage="ID",
    does="shows one request: what would run, by which rules, who decided, how it went",
    details=(
        "ID is the request's id, or the end of it: six characters are usually enough. "
        "Members of the request's channel see it, whom it was asked by or for, and who could "
        "approve it now."
    ),
    answer=_answer,
)
