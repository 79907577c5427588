"""Who stands behind the sets: looked up side by side, because a person waits for the answer."""

import asyncio
from dataclasses import replace

from approvals.domain.ids import UserId
from approvals.operations.people_now import people_now
from approvals.operations.ports import DirectoryUnavailable
from tests.engine.gateway_in_test import a_gateway, a_policy
from tests.fakes.people import BOB, CAROL, FakeDirectory

POLICY = """
version: 1
defaults: {channel: "#ops", unmatched: ask}
people:
  both: {usergroup: S0BOTH}
  sre: {usergroup: S0SRE}
  listed: {users: [U0DAVE]}
channels:
  "#ops": {id: C0OPS, approvers: [sre], rules: []}
"""


class MeetingDirectory(FakeDirectory):
    """Answers a look-up only once another one has come beside it; `S0BOTH` is unreadable."""

    def __init__(self) -> None:
        super().__init__(usergroups={"S0SRE": frozenset({BOB, CAROL})})
        self._meeting = asyncio.Barrier(2)

    async def members(self, usergroup: str, *, fresh: bool = False) -> frozenset[UserId]:
        await self._meeting.wait()
        if usergroup == "S0BOTH":
            raise DirectoryUnavailable
        return await super().members(usergroup)


async def test_groups_are_looked_up_side_by_side_and_an_unreadable_one_is_unknown() -> None:
    async with a_gateway() as gateway, asyncio.timeout(2):
        desk = replace(gateway.desk, directory=MeetingDirectory())
        found = await people_now(desk, a_policy(POLICY), ["both", "sre", "listed", "gone"])

    assert found.members == {
        "both": None,
        "sre": {BOB, CAROL},
        "listed": {UserId("U0DAVE")},
        "gone": frozenset(),
    }
