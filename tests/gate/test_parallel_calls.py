"""C9: calls that wait side by side keep their own requests and arguments."""

import asyncio
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.domain.outcome import OutcomeKind
from approvals.gate import CallRejected, Gate
from approvals.gate.binding import ToolBinding
from approvals.gate.gateway import Clearance
from tests.fakes.scripted_gateway import ScriptedGateway

gate = Gate(agent="deploy-bot")


@gate.guard
async def restart(number: int, labels: dict[str, str]) -> tuple[int, dict[str, str]]:
    await asyncio.sleep(0)
    return number, labels


async def test_c9_fifty_parallel_calls_decided_in_random_order_swap_nothing() -> None:
    chance = random.Random(7)
    for _ in range(25):
        gateway = ScriptedGateway()
        gate.use(gateway)
        calls = [asyncio.create_task(restart(number, {"n": str(number)})) for number in range(50)]
        while len(gateway.questions) < 50:
            await asyncio.sleep(0)
        questions = list(gateway.questions.values())
        chance.shuffle(questions)
        rejected = set()
        for position, question in enumerate(questions):
            if position % 5 == 0:
                rejected.add(question.proposal.call.arguments["number"])
                question.end(OutcomeKind.REJECTED)
            else:
                question.approve()
            if position % 7 == 0:
                await asyncio.sleep(0)
        results = await asyncio.gather(*calls, return_exceptions=True)

        for number, result in enumerate(results):
            if number in rejected:
                assert isinstance(result, CallRejected)
            else:
                assert result == (number, {"n": str(number)})
        assert len(gateway.reports) == 40


def everything(
    text: str,
    count: int,
    ratio: float,
    flag: bool | None,
    words: list[str],
    table: dict[str, list[int | str | None]],
    anything: Any = None,
) -> None: ...


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
RATIO = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda number: abs(number) < 2**53 or abs(number) >= 1e21
)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | RATIO | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
BINDING = ToolBinding.of(everything)


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "text": TEXT,
            "count": WHOLE,
            "ratio": RATIO,
            "flag": st.none() | st.booleans(),
            "words": st.lists(TEXT, max_size=4),
            "table": st.dictionaries(TEXT, st.lists(WHOLE | TEXT | st.none()), max_size=4),
            "anything": JSON,
        }
    )
)
def test_what_json_can_say_reaches_the_body_unchanged(values: dict[str, Any]) -> None:
    call, injected = BINDING.freeze((), values)
    clearance = Clearance(request_id=None, digest=call.digest, arguments_json=call.arguments_json)

    args, kwargs = BINDING.thaw(clearance, call.digest, injected)

    assert args == ()
    assert kwargs == values
    again, _ = BINDING.freeze((), kwargs)
    assert again.digest == call.digest
