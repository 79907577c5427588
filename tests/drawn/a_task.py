"""An agent task in any status, its every text a hostile one."""

from datetime import timedelta

from approvals.domain.ids import ConversationId, RunId
from approvals.domain.run import Run, RunCause, RunStatus
from tests.cards.builders import ANN, ASKED_AT, BOB, CHANNEL
from tests.drawn.words import Words

CAUSES = {
    RunStatus.SUCCEEDED: (RunCause.ANSWERED,),
    RunStatus.CANCELLED: (RunCause.PERSON,),
    RunStatus.FAILED: tuple(
        each for each in RunCause if each not in (RunCause.ANSWERED, RunCause.PERSON)
    ),
}


def a_run(words: Words, status: RunStatus, cause: RunCause | None = None) -> Run:
    has_ended = status in CAUSES
    return Run(
        id=RunId("01JQ0000000000000000000009"),
        status=status,
        cause=cause,
        agent=words(100),
        starter=ANN,
        channel=CHANNEL,
        task=words(),
        conversation=ConversationId("R1"),
        activity=None if has_ended else words(),
        steps=7,
        tokens=12_345,
        created_at=ASKED_AT,
        ended_at=ASKED_AT + timedelta(minutes=1) if has_ended else None,
        ended_by=BOB if cause is RunCause.PERSON else None,
        answer=words() if status is RunStatus.SUCCEEDED else None,
        reason=words() if status is RunStatus.FAILED else None,
    )
