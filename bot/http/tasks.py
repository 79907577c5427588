"""The routes of agent tasks: start a run of an agent that the gateway hosts, read it, end it."""

from typing import cast

from approvals.domain.ids import RunId
from approvals.domain.key import Scope
from approvals.gate import run_wire
from approvals.operations.run_by_key import (
    RunSeen,
    TaskByKey,
    cancel_run_by_key,
    run_by_key,
    start_run_by_key,
)
from bot.http.routes import Called, Method, Reply, Route

_MAY_RUN = frozenset({Scope.RUNS})


def task_routes() -> list[Route]:
    """Return the routes."""
    return [
        Route(
            method=Method.POST,
            path="/v1/runs",
            name="startRun",
            says="Give an agent of the gateway a task, as the key's owner could in Slack. The same "
            "Idempotency-Key finds the same run.",
            scopes=_MAY_RUN,
            handle=_start,
            asks=run_wire.StartRun,
            answers=run_wire.Run,
            statuses=(200, 201),
            refuses=(409,),
            takes_idempotency_key=True,
        ),
        Route(
            method=Method.GET,
            path="/v1/runs/{id}",
            name="readRun",
            says="Read a run that the key's owner started.",
            scopes=_MAY_RUN,
            handle=_read,
            answers=run_wire.Run,
            refuses=(404,),
        ),
        Route(
            method=Method.POST,
            path="/v1/runs/{id}/cancel",
            name="cancelRun",
            says="End a run of one's own, and withdraw what it asks.",
            scopes=_MAY_RUN,
            handle=_cancel,
            asks=run_wire.CancelRun,
            answers=run_wire.Run,
            refuses=(404, 409),
        ),
    ]


async def _start(called: Called) -> Reply:
    asked, desk = cast("run_wire.StartRun", called.body), called.ports.desk
    run, is_new = await start_run_by_key(
        desk,
        called.key,
        TaskByKey(
            agent=asked.agent,
            text=asked.task,
            channel=asked.channel,
            name=called.idempotency_key,
        ),
        hosted=called.ports.hosted(),
    )
    seen = await run_by_key(desk, called.key, run.id)
    return Reply(body=_shown(seen), status=201 if is_new else 200)


async def _read(called: Called) -> Reply:
    seen = await run_by_key(called.ports.desk, called.key, RunId(called.path["id"]))
    return Reply(body=_shown(seen))


async def _cancel(called: Called) -> Reply:
    seen = await cancel_run_by_key(called.ports.desk, called.key, RunId(called.path["id"]))
    return Reply(body=_shown(seen))


def _shown(seen: RunSeen) -> run_wire.Run:
    run = seen.run
    return run_wire.Run(
        id=run.id,
        status=run.status,
        cause=run.cause,
        agent=run.agent,
        starter=run.starter,
        channel=run.channel,
        answer=run.answer,
        reason=run.reason,
        steps=run.steps,
        pending=[
            run_wire.Waits(id=each.id, tool=each.call.tool, expires_at=each.expires_at)
            for each in seen.pending
        ],
        version=run.version,
        created_at=run.created_at,
        ended_at=run.ended_at,
        ended_by=run.ended_by,
    )
