"""The request somebody names by its id, or by the end of it, if they may see it.

Members of its channel may, whom it was asked by or for, and who could approve it now. For everybody
else it does not exist: an id says nothing to who may not see it.
"""

import re

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.errors import IdentityUnverified, RequestUnknown
from approvals.domain.ids import ChannelId, RequestId
from approvals.domain.look_errors import IdAmbiguous, IdMalformed
from approvals.operations.check_reader import Reader, fit_reader, is_member
from approvals.operations.desk import Desk
from approvals.operations.read_waiting import could_approve
from approvals.operations.snapshot import Snapshot

ID_CHARS = 26
ENDING_MIN_CHARS = 4
_CANDIDATES_MAX = 10
_ID = re.compile(rf"[`#]?([0-9A-HJKMNP-TV-Z]{{{ENDING_MIN_CHARS},{ID_CHARS}}})`?", re.IGNORECASE)


async def find_request(
    desk: Desk, reader: Reader, typed: str, *, channel: ChannelId
) -> ApprovalRequest:
    """Return the request whose id is *typed*, or ends so: one of *channel*, or one that is pending.

    Raises:
        IdMalformed: it is no id.
        RequestUnknown: there is none that *reader* may see.
        IdAmbiguous: there are several; `facts["requests"]` holds them.
        The refusals of `fit_reader`.
        StoreUnavailable: it cannot be read.
    """
    found = _ID.fullmatch(typed)
    if found is None or not found[1].isascii():
        raise IdMalformed
    await fit_reader(desk, reader)
    ending = found[1].upper()
    named = await desk.store.look(lambda snapshot: _named(snapshot, ending, channel))
    seen = [request for request in named if await may_see(desk, reader, request)]
    if not seen:
        raise RequestUnknown
    if len(seen) > 1:
        raise IdAmbiguous(requests=tuple(seen))
    return seen[0]


def _named(snapshot: Snapshot, ending: str, channel: ChannelId) -> list[ApprovalRequest]:
    ids = (
        [RequestId(ending)]
        if len(ending) == ID_CHARS
        else snapshot.ids_ending_in(ending, channel, limit=_CANDIDATES_MAX)
    )
    return [request for each in ids if (request := snapshot.request(each)) is not None]


async def may_see(desk: Desk, reader: Reader, request: ApprovalRequest) -> bool:
    """Whether *reader* may see *request*.

    Raises:
        IdentityUnverified: the directory could not say.
        The other refusals of `fit_reader`.
    """
    if reader.user in request.requester.people:
        return True
    try:
        if await is_member(desk, reader, request.channel):
            return True
    except IdentityUnverified:
        if not await could_approve(desk, reader, request):
            raise
        return True
    return await could_approve(desk, reader, request)
