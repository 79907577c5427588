"""A task goes on in the name of who started it, and for as long as that person may act at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from approvals.gate.exceptions import CallPaused, CallRefused
from approvals.gate.gateway import ToolTraits
from tests.engine.gateway_in_test import a_gateway, proposal
from tests.engine.runs_in_test import RunsInTest
from tests.fakes.people import ALICE, BOB

READS = ToolTraits(reads=True)


@pytest.mark.parametrize("fact", ["is_deactivated", "is_guest"])
@pytest.mark.parametrize("tool", ["restart_service", "read_logs", "drop_table"])
async def test_who_left_since_starts_no_further_call_whatever_the_policy_says_of_it(
    tmp_path: Path, fact: str, tool: str
) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        assert isinstance(await runs.calls(run), CallPaused)
        gateway.directory.change(ALICE, **{fact: True})

        with pytest.raises(CallRefused) as refused:
            await runs.calls(run, tool, call_id="c2")

        assert refused.value.outcome.code == "authority_ended"
        with closing(sqlite3.connect(path)) as connection:
            (told,) = connection.execute(
                "SELECT body FROM audit_event WHERE name = 'authority.ended'"
            ).fetchall()
        assert ALICE in told[0]
        assert run.id in told[0]


async def test_what_was_approved_is_not_claimed_for_who_left_before_it_began(
    tmp_path: Path,
) -> None:
    async with a_gateway(tmp_path / "sayso.db") as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        paused = await runs.calls(run)
        assert isinstance(paused, CallPaused)
        await runs.delivered()
        await gateway.clicks(paused.request_id, BOB)
        gateway.directory.change(ALICE, is_deactivated=True)

        with pytest.raises(CallRefused):
            await runs.calls(run)

        gateway.directory.change(ALICE, is_deactivated=False)
        assert not isinstance(await runs.calls(run), CallPaused)


async def test_a_read_in_a_run_goes_on_at_once_while_its_starter_may_act() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        asked = proposal(
            "read_logs", run_id=run.id, key=f"{run.id}:m1:c1", pauses=True, traits=READS
        )
        assert gateway.gateway.admit(asked) is None

        clearance = await gateway.gateway.ask(asked)

        assert clearance.request_id is None
        assert len(gateway.call_log) == 1
