"""Every order of two verbs is played, also where how far one gets depends on the other."""

import asyncio
from collections.abc import Sequence
from typing import Any

from tests.engine.gateway_in_test import a_gateway
from tests.engine.turns import Played, every_order, played


async def test_each_order_is_played_once_though_one_verb_has_more_to_do_where_it_comes_first() -> (
    None
):
    async with a_gateway() as gateway:
        seen: list[str] = []

        async def play(order: Sequence[int]) -> Played:
            steps: list[str] = []

            async def short(desk: Any) -> None:
                await desk.store.freezes()
                steps.append("a")

            async def longer(desk: Any) -> None:
                for _ in range(1 if "a" in steps else 3):
                    await desk.store.freezes()
                    steps.append("b")

            went = await played(gateway.desk, (short, longer), order)
            seen.append("".join(map(str, went.order)))
            return went

        async for _ in every_order(play):
            await asyncio.sleep(0)

    # The first turn of each begins it, and each later one does what it asked for.
    assert len(seen) == len(set(seen))
    assert {"0011", "111100"} <= set(seen)
    assert all(one.count("0") == 2 for one in seen)
    assert {one.count("1") for one in seen} == {2, 4}
