"""E9: sockets drop and are refreshed amid many clicks; no click is lost in silence."""

import asyncio
from pathlib import Path

import pytest

from approvals.domain.approval_request import ApprovalRequest
from approvals.storage.policy_reader import read_policy
from bot.sandbox.faults import Fault, FaultKind
from tests.slack_door.scene import BOB, POLICY, Scene, scene
from tests.slack_door.test_socket import until

LOSSES = 10
UNFOLDED = POLICY.replace("usergroups: [S0SRE]", "usergroup: S0SRE").replace(
    "defaults: {", "defaults: {fold: off, "
)


@pytest.mark.parametrize("clicks", [40, pytest.param(200, marks=pytest.mark.slow)])
async def test_e9_every_click_amid_lost_sockets_is_decided_once_or_visibly_failed(
    tmp_path: Path, clicks: int
) -> None:
    async with scene(tmp_path, ping_every_s=0.1) as stage:
        stage.set_policy(read_policy(UNFOLDED.encode()))
        requests = [await stage.ask(n=number, deliver_it=False) for number in range(clicks)]

        failed = 0
        for number, request in enumerate(requests):
            if number % (clicks // LOSSES) == 0:
                await lose(stage, number // (clicks // LOSSES))
            failed += await click_until_acknowledged(stage, request)
        await stage.door.errands.settled()

        # What Slack showed as failed was clicked again; what it took was decided, and once.
        assert [len(await stage.decisions(request)) for request in requests] == [1] * clicks
        assert failed > 0
        await until(lambda: stage.door.health.problems == ())
        assert stage.door.health.connections_up == 2


async def lose(stage: Scene, number: int) -> None:
    kind = FaultKind.SOCKET_DROP if number % 2 else FaultKind.SOCKET_REFRESH
    await stage.slack.faults.switch_on(Fault(kind=kind))


async def click_until_acknowledged(stage: Scene, request: ApprovalRequest) -> int:
    """Press as a person does who sees Slack's own error; return how often it was shown."""
    payload, failed = await stage.payload(BOB, request), 0
    async with asyncio.timeout(10):
        while not (await stage.slack.interactions.deliver("interactive", payload)).acked:
            failed += 1
            await asyncio.sleep(0.02)
    return failed
