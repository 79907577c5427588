"""Agent tasks and App Homes in awkward states."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from approvals.domain.approval_request import Cause
from approvals.domain.card import CardKind
from approvals.domain.ids import ChannelId, RequestId, RunId
from approvals.domain.run import RunNote, RunStatus, RunThread
from approvals.operations.ports import CardContent
from approvals.operations.read_home import DECIDED_MAX, ENTRIES_MAX, Deciding, HomeContent
from approvals.operations.run_messenger import RunContent
from tests.cards.builders import ASKED_AT, BOB, CHANNEL, NONCE, a_content, ended
from tests.drawn.a_task import CAUSES, a_run
from tests.drawn.contents import ran
from tests.drawn.requests import decisions, freezes, request
from tests.drawn.words import Words


def note(words: Words) -> RunNote:
    return RunNote(id=f"N{words.taken}", run_id=RunId("R1"), user=BOB, text=words(), at=ASKED_AT)


def runs(words: Words) -> Iterator[RunContent]:
    """The thread of a task in every status, with as many open calls and words as there can be."""
    thread = RunThread(
        run_id=RunId("R1"), channel=ChannelId(CHANNEL), nonce=NONCE, root_ts="1.000001"
    )
    for status in RunStatus:
        for cause in CAUSES.get(status, (None,)):
            run = a_run(words, status, cause)
            notes = tuple(note(words) for _ in range(30)) if run.has_ended else ()
            open_calls = tuple(
                request(words, id=RequestId(f"01JQ00000000000000000000{number:02}"))
                for number in range(0 if run.has_ended else 30)
            )
            lost = frozenset(each.id for each in open_calls[:2])
            yield RunContent(
                run=run, thread=thread, requests=open_calls, interrupted=lost, unread=notes
            )


def _entry(words: Words, number: int) -> CardContent:
    content = a_content(request(words, id=RequestId(f"01JQ000000000000000000{number:04}")))
    card = replace(
        content.card,
        request_id=content.request.id,
        kind=CardKind.HOME,
        viewer=BOB,
        nonce=f"nonce-{number:04}",
    )
    rules = content.request.requirement.slots_by_rule
    return replace(content, card=card, rules=rules, decisions=decisions(words, 2))


def homes(words: Words) -> Iterator[HomeContent]:
    """The Home of somebody with nothing, with a thousand pending, and in the worst of days."""
    yield HomeContent(at=ASKED_AT)
    yield HomeContent(at=ASKED_AT, waiting=1_000, pending=1_000, is_complete=False)
    ended_one = ended(Cause.PERSON, request=request(words), reason=words())
    done = [ended_one.request, ran(words, ()).request, request(words)]
    (decision,) = decisions(words, 1)
    yield HomeContent(
        entries=tuple(_entry(words, number) for number in range(ENTRIES_MAX)),
        waiting=1_000,
        pending=1_000,
        runs=tuple(
            replace(a_run(words, status), id=RunId(f"01JQ00000000000000000000{number:02}"))
            for number, status in enumerate(RunStatus)
        ),
        decided=tuple((decision, each) for each in done for _ in range(3))[:DECIDED_MAX],
        deciding=tuple(
            Deciding(channel=CHANNEL, channel_name=words(80), sets=words.names(4))
            for _ in range(60)
        ),
        frozen=tuple(freezes(words)),
        at=ASKED_AT + timedelta(minutes=1),
    )
