"""Everything one person's App Home tells, and the cards behind its entries.

An entry is a card of kind HOME, its own for each person, with its own nonce: a button pressed there
goes the way of every click. The lists are read outside the writer; only entries that are new to
this person are stored.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card, CardKind
from approvals.domain.decision import Decision
from approvals.domain.freeze import Freeze
from approvals.domain.ids import CardId, ChannelId, RequestId, UserId
from approvals.domain.joining import version_of
from approvals.domain.policy import Policy
from approvals.domain.run import Run
from approvals.operations.check_reader import Reader
from approvals.operations.desk import Desk
from approvals.operations.people_now import people_now
from approvals.operations.ports import CardContent, Transaction
from approvals.operations.read_card import read_content
from approvals.operations.read_waiting import waiting_for
from approvals.operations.shared_cards import alike, cards_showing
from approvals.operations.snapshot import Snapshot

ENTRIES_MAX = 10
RUNS_MAX = 8
DECIDED_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """A channel whose approvals a person may give, and through which sets of people."""

    channel: ChannelId
    channel_name: str
    sets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeContent:
    """What one App Home tells."""

    entries: tuple[CardContent, ...] = ()
    """The first to close of what waits for the person, each with its own card."""
    waiting: int = 0
    """How many requests wait for the person, those without an entry included."""
    pending: int = 0
    """How many are pending, whoever they wait for."""
    is_complete: bool = True
    """False when the directory could not say all that is needed."""
    runs: tuple[Run, ...] = ()
    """The person's newest tasks, those that have not ended before the others."""
    decided: tuple[tuple[Decision, ApprovalRequest], ...] = ()
    """What the person decided last, newest first."""
    deciding: tuple[Deciding, ...] = ()
    frozen: tuple[Freeze, ...] = ()
    """What is frozen of what concerns the person: everything, or a channel they decide in."""
    at: datetime


async def read_home(desk: Desk, reader: Reader) -> HomeContent:
    """Return what the App Home of *reader* has to show now, its entries' cards stored.

    Raises:
        The refusals of `check_reader.fit_reader`.
        StoreUnavailable
    """
    waiting = await waiting_for(desk, reader)
    runs, decided = await desk.store.look(lambda snapshot: _own(snapshot, reader.user))
    deciding, is_known = await _deciding(desk, reader.user)
    shown = [request.id for request in _one_of_each(waiting.requests)[:ENTRIES_MAX]]
    entries = await desk.store.write(lambda tx: _entries(tx, desk, shown, viewer=reader.user))
    return HomeContent(
        entries=entries,
        waiting=len(waiting.requests),
        pending=waiting.pending,
        is_complete=waiting.is_complete and is_known,
        runs=runs,
        decided=decided,
        deciding=deciding,
        frozen=await _frozen(desk, {each.channel for each in deciding}),
        at=desk.clock.now(),
    )


def _one_of_each(requests: Sequence[ApprovalRequest]) -> Sequence[ApprovalRequest]:
    """Leave of identical ones on one card the first to close: its entry stands for all."""
    found: dict[tuple[RequestId, str, str | None], ApprovalRequest] = {}
    for request in requests:
        found.setdefault((request.shown_by, request.call.digest, request.reason), request)
    return tuple(found.values())


def _own(
    snapshot: Snapshot, user: UserId
) -> tuple[tuple[Run, ...], tuple[tuple[Decision, ApprovalRequest], ...]]:
    decided = snapshot.decided_by(user, limit=DECIDED_MAX)
    found = ((each, snapshot.request(each.request_id)) for each in decided)
    return (
        tuple(snapshot.runs_of(user, limit=RUNS_MAX)),
        tuple((decision, request) for decision, request in found if request is not None),
    )


async def _deciding(desk: Desk, user: UserId) -> tuple[tuple[Deciding, ...], bool]:
    """Return the channels *user* approves in, and whether the directory could say all of it."""
    policy: Policy = desk.policy()
    names = frozenset(name for channel in policy.channels for name in channel.approvers)
    people = (await people_now(desk, policy, names)).members
    found = []
    for channel in policy.channels:
        sets = [name for name in channel.approvers if user in (people[name] or ())]
        if sets:
            found.append(Deciding(channel=channel.id, channel_name=channel.name, sets=tuple(sets)))
    return tuple(found), None not in people.values()


async def _frozen(desk: Desk, channels: Collection[ChannelId]) -> tuple[Freeze, ...]:
    now, found = desk.clock.now(), await desk.store.freezes()
    return tuple(each for each in found if each.is_in_force(now) and each.covers(*channels))


def _entries(
    tx: Transaction, desk: Desk, shown: Sequence[RequestId], *, viewer: UserId
) -> tuple[CardContent, ...]:
    policy, found = desk.policy(), {}
    for request_id in sorted(shown):  # rows are locked in the order of their ids
        request = tx.request(request_id)
        if request is not None and request.is_pending:
            card = _card_of(tx, desk, request, viewer=viewer)
            found[request_id] = read_content(tx, request, card, policy=policy, now=desk.clock.now())
    return tuple(found[request_id] for request_id in shown if request_id in found)


def _card_of(tx: Transaction, desk: Desk, request: ApprovalRequest, *, viewer: UserId) -> Card:
    """Return the viewer's own card of *request*, showing what is stored now.

    It shows as much of the call as the card in the channel does.
    """
    known = cards_showing(tx, request)
    own = next((each for each in known if each.is_entry_of(viewer)), None)
    card = own or Card(
        id=CardId(desk.ids.ulid()),
        request_id=request.id,
        kind=CardKind.HOME,
        channel=request.channel,
        nonce=desk.ids.secret(),
        viewer=viewer,
    )
    posted = (each for each in known if each.kind is CardKind.MESSAGE)
    shows_everything = all(each.shows_everything for each in posted)
    version = version_of(alike(tx, request))
    current = replace(card, version_shown=version, shows_everything=shows_everything)
    if current != own:
        tx.save_card(current)
    return current
