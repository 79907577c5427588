"""An approver asks the agent something back, and the answer comes: facts beside the status.

The request stays as pending as it was; nothing here approves, runs or resumes anything. Called by
`operations/ask_back` and `operations/deliver_answer`.
"""

from dataclasses import replace
from datetime import datetime

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ask_back_errors import (
    AskBackEmpty,
    AskedEnough,
    NobodyAnswers,
    NotAsked,
    NothingToAnswer,
)
from approvals.domain.asked_back import Answerer, AskedBack
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.decision import Approver
from approvals.domain.ids import UserId
from approvals.domain.jobs import Job, JobKind
from approvals.domain.jobs_after import card_job
from approvals.domain.lifecycle import Step
from approvals.domain.question import is_question
from approvals.domain.redaction import mask_words
from approvals.domain.strict_json import JsonValue

QUESTIONS_MAX = 10
QUESTION_MAX_CHARS = 500
ANSWER_MAX_CHARS = 1_500
"""Of an answer that is longer the beginning is kept."""


def who_answers(request: ApprovalRequest) -> Answerer | None:
    """Return who would answer a question about *request*; None where nobody would."""
    if is_question(request.call):
        return Answerer.PERSON if request.requester.person else None
    if request.run_id is not None or request.asking_back.is_heard:
        return Answerer.AGENT
    return Answerer.PERSON if request.requester.person else None


def asked_back(request: ApprovalRequest, question: str, *, by: Approver, now: datetime) -> Step:
    """Return the step in which *by* asks *question* about a pending request.

    Raises:
        AskBackEmpty, AskedEnough, NobodyAnswers
    """
    words = _storable(question).strip()
    if not 0 < len(words) <= QUESTION_MAX_CHARS:
        raise AskBackEmpty(request=request)
    so_far = request.asking_back
    if len(so_far.asked) >= QUESTIONS_MAX:
        raise AskedEnough(request=request)
    of = who_answers(request)
    if of is None:
        raise NobodyAnswers(request=request)
    asked = AskedBack(by=by.user, team=by.team, at=now, question=words, of=of)
    changed = replace(
        request,
        version=request.version + 1,
        asking_back=replace(so_far, asked=(*so_far.asked, asked)),
    )
    number = len(so_far.asked)
    event = _event(
        AuditName.REQUEST_ASKED_BACK,
        changed,
        now,
        number=number + 1,
        by=by.user,
        of=of.value,
        question=mask_words(words, request.salt),
    )
    jobs = [card_job(changed, now)]
    if of is Answerer.AGENT:
        jobs.append(answer_job(changed, number, now))
    return Step(request=changed, event=event, jobs=tuple(jobs))


def answered(
    request: ApprovalRequest, number: int, text: str, *, now: datetime, by: UserId | None = None
) -> Step:
    """Return the step in which the agent, or the person *by* for it, answers question *number*.

    Questions are counted from 0.
    """
    words = _storable(text).strip()[:ANSWER_MAX_CHARS]
    ended = replace(request.asking_back.asked[number], answer=words, answered_by=by, ended_at=now)
    masked = mask_words(words, request.salt)
    name = AuditName.REQUEST_ANSWERED_BACK
    return _ended(request, number, ended, name, answer=masked, by=by)


def answered_for_it(
    request: ApprovalRequest, number: int, text: str, *, by: UserId, now: datetime
) -> Step:
    """Return the step in which a person it was asked by or for answers question *number*.

    Raises:
        NotAsked: they are somebody else.
        NothingToAnswer: no such question waits for them.
        AskBackEmpty: there are no words.
    """
    refuse_unasked(request, by)
    asked = request.asking_back.asked[number : number + 1]
    if not asked or not asked[0].waits_for_person:
        raise NothingToAnswer(request=request)
    if not text.strip():
        raise AskBackEmpty("There is no answer. Write a sentence or two.", request=request)
    return answered(request, number, text, now=now, by=by)


def refuse_unasked(request: ApprovalRequest, user: UserId) -> None:
    """Refuse who may not answer for the agent: all but those it was asked by or for.

    Raises:
        NotAsked, NothingToAnswer
    """
    if user not in request.requester.people:
        raise NotAsked(request=request)
    if first_for_person(request) is None:
        raise NothingToAnswer(request=request)


def first_for_person(request: ApprovalRequest) -> int | None:
    """Return which question, from 0, waits longest for the person the agent acts for."""
    waiting = (n for n, each in enumerate(request.asking_back.asked) if each.waits_for_person)
    return next(waiting, None) if request.is_pending else None


def unanswered(request: ApprovalRequest, number: int, trouble: str, *, now: datetime) -> Step:
    """Return the step in which question *number*, from 0, is given up, for the reason *trouble*."""
    ended = replace(request.asking_back.asked[number], trouble=_storable(trouble), ended_at=now)
    masked = mask_words(_storable(trouble), request.salt)
    return _ended(request, number, ended, AuditName.REQUEST_NOT_ANSWERED, trouble=masked)


def answer_job(request: ApprovalRequest, number: int, run_at: datetime) -> Job:
    """Return the job that lets the agent answer question *number*, from 0."""
    return Job(kind=JobKind.ANSWER, subject=f"{request.id}.{number}", run_at=run_at)


def _storable(text: str) -> str:
    """Return *text* with what no database can hold as question marks."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def _ended(
    request: ApprovalRequest, number: int, ended: AskedBack, name: AuditName, **said: JsonValue
) -> Step:
    assert ended.ended_at is not None
    changed = replace(
        request,
        version=request.version + 1,
        asking_back=request.asking_back.with_ended(number, ended),
    )
    event = _event(name, changed, ended.ended_at, number=number + 1, **said)
    return Step(request=changed, event=event, jobs=(card_job(changed, ended.ended_at),))


def _event(
    name: AuditName, request: ApprovalRequest, at: datetime, **said: JsonValue
) -> AuditEvent:
    return AuditEvent(
        name=name, subject=request.id, at=at, data={**said, "version": request.version}
    )
