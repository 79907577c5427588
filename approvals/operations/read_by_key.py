"""What a key lets its holder see: for everyone else a request does not exist.

An agent's key sees what that agent asked for that owner. A person's own key sees what its owner may
see in Slack (`find_request`). A key of one channel sees nothing of another.
"""

from dataclasses import dataclass, replace

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.decision import Decision
from approvals.domain.errors import IdentityUnverified, RequestUnknown
from approvals.domain.ids import ChannelId, RequestId
from approvals.domain.key import Key, Scope
from approvals.domain.outcome import Outcome, outcome_of
from approvals.domain.permit import Permit
from approvals.operations.ask_by_key import name_by_key, requester_of
from approvals.operations.check_reader import Reader, fit_reader
from approvals.operations.desk import Desk
from approvals.operations.directory_port import DirectoryUnavailable
from approvals.operations.find_request import may_see
from approvals.operations.read_waiting import could_approve
from approvals.operations.story import Story

PAGE_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request with what is told of it."""

    request: ApprovalRequest
    decisions: tuple[Decision, ...]
    permit: Permit | None
    is_own: bool
    """Whether its reader is who asked."""
    shows_arguments: bool = True
    """Whether its reader may see them; where not, the call is private."""

    @property
    def outcome(self) -> Outcome | None:
        """What its asker is told; None while it is pending."""
        if self.request.is_pending:
            return None
        counted = [each for each in self.decisions if each.sets]
        return outcome_of(self.request, counted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which requests a list is of."""

    status: Status | None = None
    channel: ChannelId | None = None
    before: RequestId | None = None
    """Older than this one."""
    limit: int = PAGE_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a list, newest first."""

    seen: tuple[Seen, ...]
    last: RequestId | None
    """Where the next part begins; None after the last."""


async def request_by_key(desk: Desk, key: Key, request_id: RequestId) -> Seen:
    """Return the request, if the holder of *key* may see it.

    Raises:
        RequestUnknown: there is none for this key.
        The refusals of `fit_reader`.
        StoreUnavailable: it cannot be read.
    """
    story = await desk.store.look(lambda snapshot: Story.read(snapshot, request_id))
    found = None if story is None else await seen_by(desk, key, story)
    if found is None:
        raise RequestUnknown
    return found


async def seen_by(desk: Desk, key: Key, story: Story) -> Seen | None:
    """Return what the holder of *key* may see of *story*; None: there is none for them.

    Raises:
        The refusals of `fit_reader`.
    """
    if not await _may_see(desk, key, story.request):
        return None
    return await _for(desk, key, _to(key, story))


async def answer_to(desk: Desk, key: Key, request_id: RequestId) -> Seen:
    """Return what stands for the question just asked with *key*.

    That may be what people said a moment ago to the same question of the same agent, asked at
    another door.

    Raises:
        RequestUnknown, StoreUnavailable
    """
    story = await desk.store.look(lambda snapshot: Story.read(snapshot, request_id))
    if story is None:
        raise RequestUnknown
    return replace(_to(key, story), is_own=True)


async def own_request(desk: Desk, key: Key, request_id: RequestId) -> Seen:
    """Return the request, if it was asked by the agent of *key* for its owner.

    Raises:
        RequestUnknown: it is another's, or there is none.
        StoreUnavailable
    """
    story = await desk.store.look(lambda snapshot: Story.read(snapshot, request_id))
    if story is None or not is_own(key, story.request):
        raise RequestUnknown
    return _to(key, story)


async def named_by_key(desk: Desk, key: Key, name: str) -> Seen | None:
    """Return what the agent of *key* asked last under *name* for its owner; None where nothing.

    Raises:
        StoreUnavailable
    """
    named = name_by_key(key, name)
    found = await desk.store.write(lambda tx: tx.request_by_key(named))
    return None if found is None else await own_request(desk, key, found.id)


async def list_by_key(desk: Desk, key: Key, wanted: Wanted) -> Page:
    """Return the next part of what the holder of *key* may see.

    A part may hold fewer than `wanted.limit` although more follow: what is not for these eyes is
    left out.

    Raises:
        The refusals of `fit_reader`.
        StoreUnavailable
    """
    requester = requester_of(key) if key.agent is not None else None
    rows = await desk.store.look(
        lambda snapshot: [
            story
            for each in snapshot.newest(
                limit=wanted.limit,
                before=wanted.before,
                status=wanted.status,
                channel=wanted.channel,
                requester=requester,
            )
            if (story := Story.read(snapshot, each.id)) is not None
        ]
    )
    shown = [seen for each in rows if (seen := await seen_by(desk, key, each)) is not None]
    last = rows[-1].request.id if len(rows) == wanted.limit else None
    return Page(seen=tuple(shown), last=last)


def is_own(key: Key, request: ApprovalRequest) -> bool:
    """Whether *request* was asked with a key of the same agent and owner."""
    if key.agent is None or not _is_of_channel(key, request):
        return False
    return request.key is not None and request.key.startswith(name_by_key(key, ""))


async def _may_see(desk: Desk, key: Key, request: ApprovalRequest) -> bool:
    if not _is_of_channel(key, request):
        return False
    if key.agent is not None:
        return is_own(key, request)
    if not (key.may(Scope.READ) or key.may(Scope.DECIDE)):
        return False
    return await may_see(desk, await reader_of(desk, key), request)


async def _for(desk: Desk, key: Key, seen: Seen) -> Seen:
    request = seen.request
    if not request.is_private or seen.is_own or key.owner in request.requester.people:
        return seen
    shows = await could_approve(desk, await reader_of(desk, key), request)
    return replace(seen, shows_arguments=shows)


async def reader_of(desk: Desk, key: Key) -> Reader:
    """Return the owner of *key*, as somebody who wants to look.

    Raises:
        The refusals of `fit_reader`.
    """
    try:
        person = await desk.directory.person(key.owner, key.team)
    except DirectoryUnavailable as failure:
        raise IdentityUnverified(retry_after_s=failure.retry_after_s) from None
    reader = Reader(user=person.user, team=person.team)
    await fit_reader(desk, reader)
    return reader


def _is_of_channel(key: Key, request: ApprovalRequest) -> bool:
    return key.channel is None or key.channel in (request.requirement.channel, request.channel)


def _to(key: Key, story: Story) -> Seen:
    return Seen(
        request=story.request,
        decisions=story.decisions,
        permit=story.permit,
        is_own=is_own(key, story.request),
    )
