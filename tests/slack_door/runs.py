"""Agent tasks in a scene without an agent: started, taken, paused, ended by hand."""

from dataclasses import replace

from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.domain.jobs import Job, JobKind
from approvals.domain.requirement import Effect
from approvals.domain.run import Run, RunCause, RunNote, RunThread
from approvals.domain.tool_call import ToolCall
from approvals.operations.ask import Ask, new_request
from approvals.operations.claim_permit import claim_permit
from approvals.operations.end_run import RunEnding, end_run
from approvals.operations.note_progress import Progress, note_progress
from approvals.operations.pause_run import pause_run
from approvals.operations.recover import recover
from approvals.operations.resume_run import TakenRun, read_notes, resume_run
from approvals.operations.start_run import Task, start_run
from approvals.operations.submit_request import record_allowed
from bot.sandbox.nouns import Message
from tests.slack_door.scene import ALICE, PROD, Scene


def asked(stage: Scene, text: str) -> Task:
    """Return what Alice asks."""
    team = stage.door.identity.team
    return Task(agent="ops", starter=ALICE, team=team, channel=PROD, text=text)


async def started(stage: Scene, text: str = "restart checkout", **changed: object) -> Run:
    """Start a task and let its root message go out."""
    run = await start_run(stage.desk, replace(asked(stage, text), **changed))  # type: ignore[arg-type]
    await stage.deliver()
    return await now(stage, run)


async def taken(stage: Scene, run: Run) -> TakenRun:
    """Take a run as the agent runner does."""
    job = Job(kind=JobKind.RESUME, subject=run.id, run_at=stage.clock.now())
    found = await resume_run(stage.desk, job)
    assert found is not None
    await stage.deliver()
    return found


async def running(stage: Scene, text: str = "restart checkout") -> Run:
    """Start a task and take it."""
    run = await started(stage, text)
    await taken(stage, run)
    return await now(stage, run)


async def waiting(stage: Scene, tool: str = "service_restart") -> tuple[Run, ApprovalRequest]:
    """Return a paused run and what it asks."""
    run = await running(stage)
    request = await stage.ask(tool, run_id=run.id)
    await pause_run(stage.desk, run.id, [request.id])
    await stage.deliver()
    return await now(stage, run), request


async def allowed(stage: Scene, run: Run) -> ApprovalRequest:
    """Let the run call something that a rule allows."""
    call = ToolCall.of("pods_delete", "0" * 64, {"pod": "web-1"})
    requirement = stage.policies[-1].requirement(call)
    request = new_request(
        stage.desk,
        Ask(
            call=call,
            requirement=replace(requirement, effect=Effect.ALLOW),
            requester=Requester(agent="ops", person=ALICE),
            card_channel=PROD,
            run_id=run.id,
        ),
    )
    await record_allowed(stage.desk, request)
    await stage.deliver()
    return request


async def claimed(stage: Scene, request: ApprovalRequest, *, owner: str = "test") -> None:
    """Begin the body of an allowed or approved call."""
    desk = replace(stage.desk, owner=owner)
    await claim_permit(desk, request.id, digest=request.call.digest)
    await stage.deliver()


async def dies_in(stage: Scene, request: ApprovalRequest) -> None:
    """Begin the body in a process that dies, and start again."""
    await claimed(stage, request, owner="died")
    await recover(stage.desk)
    await stage.deliver()


async def interrupted(stage: Scene, run: Run) -> ApprovalRequest:
    """Let an allowed call be cut off in its middle, as a crash does."""
    request = await allowed(stage, run)
    await dies_in(stage, request)
    return request


async def pauses(stage: Scene, run: Run, request: ApprovalRequest) -> None:
    """End the run's turn at *request*."""
    await pause_run(stage.desk, run.id, [request.id])
    await stage.deliver()


async def progressed(stage: Scene, run: Run, activity: str | None, *, steps: int) -> None:
    """Tell how far a run has come."""
    await note_progress(stage.desk, run.id, Progress(steps=steps, tokens=0, activity=activity))
    await stage.deliver()


async def ended(stage: Scene, run: Run, *, answer: str | None = None, reason: str = "") -> None:
    """End a run as its runner does."""
    cause = RunCause.ANSWERED if answer is not None else RunCause.MODEL
    await end_run(stage.desk, run.id, RunEnding(cause=cause, answer=answer, reason=reason or None))
    await stage.deliver()


async def now(stage: Scene, run: Run) -> Run:
    """Return the run as it is stored."""
    found = await stage.desk.store.write(lambda tx: tx.run(run.id))
    assert found is not None
    return found


async def thread(stage: Scene, run: Run) -> RunThread:
    """Return where the run is told."""
    found = await stage.desk.store.write(lambda tx: tx.run_thread(run.id))
    assert found is not None
    return found


async def notes(stage: Scene, run: Run) -> tuple[RunNote, ...]:
    """Return the words kept for a run."""
    return await read_notes(stage.desk, run.id)


async def runs(stage: Scene) -> list[Run]:
    """Return the runs of the channel, oldest first."""
    found = await stage.desk.store.write(lambda tx: tx.runs_in(PROD, limit=50))
    return sorted(found, key=lambda run: run.id)


async def root(stage: Scene, run: Run) -> Message:
    """Return the root message of a run as it stands."""
    told = await thread(stage, run)
    assert told.root_ts is not None
    found = stage.slack.workspace.message(told.channel, told.root_ts)
    assert found is not None
    return found


async def replies(stage: Scene, run: Run) -> list[Message]:
    """Return what stands below the root."""
    told = await thread(stage, run)
    return stage.slack.workspace.messages(told.channel, thread_ts=told.replies_to)[1:]


def said(message: Message, block: str) -> str:
    """Return the words of one block of a message, by the start of its id."""
    found = next(each for each in message.blocks if str(each["block_id"]).startswith(block))
    return "".join(_words(found))


def _words(part: object) -> list[str]:
    if isinstance(part, dict):
        shown = part.get("text") if isinstance(part.get("text"), str) else None
        own = shown or part.get("user_id") or part.get("channel_id") or part.get("fallback") or ""
        inner = [word for key in ("elements",) for word in _words(part.get(key, []))]
        return [str(own), *inner]
    if isinstance(part, list):
        return [word for each in part for word in _words(each)]
    return []
