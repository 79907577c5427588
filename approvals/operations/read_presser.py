"""What one click needs of the directory: who pressed, who is in which sets, who came before.

Read by `decide` before each round of its transaction. What was read for this click is not read a
second time, because Slack lets user groups be read twenty times a minute.
"""

from approvals.domain import errors
from approvals.domain.ids import TeamId, UserId
from approvals.domain.policy import Policy
from approvals.operations.click import Click, PeopleMissing, Presser
from approvals.operations.desk import Desk
from approvals.operations.people_now import PeopleRead, people_now, person_now, together
from approvals.operations.ports import DirectoryUnavailable


class PresserReads:
    """The reads of one click. Mutable: it remembers them until the click has its answer."""

    def __init__(self, desk: Desk, click: Click) -> None:
        """Read nothing yet."""
        self._desk = desk
        self._click = click
        self._names: frozenset[str] | None = None
        self._accounts: dict[UserId, TeamId] = {}
        self._is_fresh = False
        self._people: PeopleRead | None = None
        self._policy: Policy | None = None

    def want(self, missing: PeopleMissing) -> None:
        """Read what is *missing* the next time, beside what was wanted before."""
        self._names = missing.names
        self._accounts.update(missing.accounts)
        if missing.fresh and not self._is_fresh:
            self._is_fresh, self._people = True, None

    async def presser(self) -> Presser:
        """Return who pressed, with the sets wanted so far, at first those of the card's channel."""
        policy = self._desk.policy()
        try:
            person = await self._desk.directory.person(self._click.pressed.user, self._click.team)
        except DirectoryUnavailable as failure:
            return Presser(
                person=None,
                people={},
                policy_version=policy.version,
                retry_after_s=failure.retry_after_s,
            )
        people = await self._read_people(policy)
        directory = self._desk.directory
        found = [person_now(directory, user, team) for user, team in self._accounts.items()]
        return Presser(
            person=person,
            people=people.members,
            policy_version=policy.version,
            others=dict(zip(self._accounts, await together(found), strict=True)),
            is_fresh=self._is_fresh,
            retry_after_s=people.retry_after_s,
        )

    async def _read_people(self, policy: Policy) -> PeopleRead:
        if self._names is None:
            self._names = _approvers(policy, self._click)
        known = self._people
        if known is None or policy is not self._policy or self._names - known.members.keys():
            known = await people_now(self._desk, policy, self._names, fresh=self._is_fresh)
            self._people, self._policy = known, policy
        return known


def _approvers(policy: Policy, click: Click) -> frozenset[str]:
    try:
        return frozenset(policy.approvers(click.pressed.channel or ""))
    except errors.ChannelUnknown:
        return frozenset()
