"""Quorums, holds, edits, freezes, more time, rungs, budgets and faults, together and by chance."""

import pytest

from approvals.storage.postgres.server import Server
from tests.engine.gateway_in_test import a_gateway
from tests.engine.interplay import POLICY, Interplay

DEEDS = 60


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12))
async def test_whatever_comes_together_everything_ends_and_by_those_who_may_end_it(
    seed: int,
) -> None:
    async with a_gateway(policy=POLICY) as gateway:
        await Interplay(gateway, seed).live(DEEDS)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
async def test_it_does_so_on_postgresql_too(seed: int, postgres: Server) -> None:
    async with a_gateway(postgres, policy=POLICY) as gateway:
        await Interplay(gateway, seed).live(DEEDS)
