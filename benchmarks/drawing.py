"""CPU of drawing a card, and of `/approvals explain`, by 50 rules: neither may hold up a click.

The cards are of a call with few arguments and of one that fills its card. What explaining costs is
everything from the typed words to the answer, with the people of the workspace in memory.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from approvals.domain.approval_request import Requester
from approvals.domain.ids import TeamId
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall
from approvals.gate.gateway import Proposal
from approvals.operations.check_reader import Reader
from approvals.operations.ports import CardContent
from approvals.operations.read_card import read_cards
from benchmarks.allow_path_rules import policy_of_many
from benchmarks.figures import Figure, Target, bounded
from benchmarks.gateway import APPROVER, PROD, BenchGateway, a_gateway
from bot.slack.card_text import notification_text
from bot.slack.cards import card_blocks
from bot.slack.typed_words import split
from bot.slack.verbs.explaining import EXPLAIN
from bot.slack.verbs.verb import Asked

ROUNDS = 7
TIMES = 100
CARD_MAX = Target(limit=2)
EXPLAIN_MAX = Target(limit=1)
LONG: dict[str, JsonValue] = {
    f"field_{number}": "a value that is long enough for a line" for number in range(40)
}


def run() -> list[Figure]:
    """Measure."""
    return bounded(_figures())


async def _figures() -> list[Figure]:
    async with a_gateway(policy_of_many()) as gateway:
        small, large = (
            await _content(gateway, {"service": "checkout"}),
            await _content(gateway, LONG),
        )
        asked = _asked(gateway)
        await EXPLAIN.answer(asked)  # who may decide is read once
        return [
            _drawing("with one argument", small),
            _drawing("that is full", large),
            Figure(
                name="drawing, explain",
                rounds=[await _awaited_ms(lambda: EXPLAIN.answer(asked)) for _ in range(ROUNDS)],
                target=EXPLAIN_MAX,
                unit=" ms",
            ),
        ]


def _drawing(which: str, content: CardContent) -> Figure:
    def draw() -> None:
        now = content.request.created_at
        notification_text(content, now)
        card_blocks(content, now)

    return Figure(
        name=f"drawing, a card {which}",
        rounds=[_ms(draw) for _ in range(ROUNDS)],
        target=CARD_MAX,
        unit=" ms",
        ours=lambda: _ms(draw),
    )


async def _content(gateway: BenchGateway, arguments: dict[str, JsonValue]) -> CardContent:
    gateway.display.asked.clear()
    call = ToolCall.of("restart_service", "f" * 64, arguments)
    proposal = Proposal(call=call, requester=Requester(agent="deploy-bot"))
    waiting = asyncio.create_task(gateway.gateway.ask(proposal))
    while not gateway.display.asked:
        await asyncio.sleep(0)
    await gateway.desk.store.write(lambda _: None)
    (content,) = await read_cards(gateway.desk, gateway.display.asked[0].id)
    waiting.cancel()
    await asyncio.wait({waiting})
    return content


def _asked(gateway: BenchGateway) -> Asked:
    words = "read_logs service=checkout lines=100"
    return Asked(
        desk=gateway.desk,
        reader=Reader(user=APPROVER, team=TeamId(gateway.slack.team_id)),
        channel=PROD,
        command="/approvals",
        text=words,
        words=tuple(split(words)),
        trigger_id="1.2.3",
    )


def _ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - started) / TIMES * 1e3


async def _awaited_ms(work: Callable[[], Awaitable[object]]) -> float:
    started = time.process_time()
    for _ in range(TIMES):
        await work()
    return (time.process_time() - started) / TIMES * 1e3
