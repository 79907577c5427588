"""Before anybody is asked: are those who could answer people at all, or only bots and guests?

Called by `submit_request`. A question that only a bot, a guest or somebody who left could answer is
refused at once instead of timing out.
"""

from collections.abc import Iterable

from approvals.domain import errors
from approvals.domain.decision import refuse_unfit
from approvals.domain.ids import UserId
from approvals.operations.check_presser import approver
from approvals.operations.people_now import PeopleNow, together
from approvals.operations.ports import Directory, DirectoryUnavailable

LOOKED_AT_MAX = 3
"""Looking at every account would use up what Slack lets us ask, and clicks need it more."""


async def fit_people(
    directory: Directory, people: PeopleNow, *, excluded: Iterable[UserId]
) -> PeopleNow:
    """Leave out of *people* the accounts that may never decide, where there are few to look at.

    Whoever the directory cannot tell about stays.
    """
    candidates = sorted(
        frozenset().union(*(who for who in people.values() if who is not None))
        - frozenset(excluded)
    )
    if len(candidates) > LOOKED_AT_MAX:
        return people
    unfit = await together([_is_unfit(directory, user) for user in candidates])
    barred = frozenset(user for user, is_unfit in zip(candidates, unfit, strict=True) if is_unfit)
    return {name: None if who is None else who - barred for name, who in people.items()}


async def _is_unfit(directory: Directory, user: UserId) -> bool:
    try:
        refuse_unfit(approver(await directory.person(user, None), {}))
    except errors.DecisionRefused:
        return True
    except DirectoryUnavailable:
        return False
    return False
