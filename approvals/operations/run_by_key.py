"""A program starts an agent task with its key, in the name of the key's owner, and reads it.

Called by the doors at which programs come in. Who may start what is `check_starter`'s word, as for
a command in Slack: the key adds nothing to what its owner may, and may narrow it to one channel.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from approvals.domain import errors, run_errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ids import ChannelId, RunId
from approvals.domain.key import Key
from approvals.domain.run import Run
from approvals.domain.task_rule import TaskVerb
from approvals.operations.ask_by_key import name_by_key
from approvals.operations.cancel_run import cancel_run
from approvals.operations.check_starter import may_run
from approvals.operations.desk import Desk
from approvals.operations.read_by_key import reader_of
from approvals.operations.start_run import Task, refuse_unusable, start_run

Hosted = Mapping[str, Collection[ChannelId]]
"""The agents of this gateway by name, each with the channels it may be started in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskByKey:
    """What a program wants done."""

    agent: str
    text: str
    channel: str | None = None
    """None: the key's."""
    name: str | None = None
    """Its own name of the task; the same again finds the same run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSeen:
    """A run with what it waits for."""

    run: Run
    pending: tuple[ApprovalRequest, ...]


async def start_run_by_key(
    desk: Desk, key: Key, asked: TaskByKey, *, hosted: Hosted
) -> tuple[Run, bool]:
    """Store what is *asked* as a run of the key's owner; return it with whether it is new.

    Raises:
        TaskEmpty, TaskTooLong, NoSuchAgent, ChannelUnknown, ChannelNotAllowed, Frozen
        IdempotencyMismatch: another task has this name.
        Those of `may_run`.
        StoreUnavailable: nothing was stored, nothing was started.
    """
    refuse_unusable(asked.text)
    starter = await reader_of(desk, key)
    channel = _channel(desk, key, asked.channel)
    await may_run(
        desk,
        person=starter.user,
        team=starter.team,
        channel=channel,
        agent=asked.agent,
        verb=TaskVerb.RUN,
    )
    task = Task(
        agent=_hosted(hosted, asked.agent, channel),
        starter=starter.user,
        team=starter.team,
        channel=channel,
        text=asked.text,
        said_with=None if asked.name is None else name_by_key(key, f"run:{asked.name}"),
    )
    new_id = RunId(desk.ids.ulid())
    run = await start_run(desk, task, run_id=new_id)
    if (run.agent, run.channel, run.task) != (task.agent, task.channel, task.text):
        raise errors.IdempotencyMismatch
    return run, run.id == new_id


async def run_by_key(desk: Desk, key: Key, run_id: RunId) -> RunSeen:
    """Return a run that the owner of *key* started.

    Raises:
        RunUnknown: there is none for this key.
        StoreUnavailable: it cannot be read.
    """
    found = await desk.store.look(
        lambda snapshot: (snapshot.run(run_id), snapshot.requests_of_run(run_id))
    )
    run, requests = found
    if run is None or not _is_for(key, run):
        raise run_errors.RunUnknown
    pending = () if run.has_ended else tuple(each for each in requests if each.is_pending)
    return RunSeen(run=run, pending=pending)


async def cancel_run_by_key(desk: Desk, key: Key, run_id: RunId) -> RunSeen:
    """End a run that the owner of *key* started.

    Raises:
        RunUnknown, RunEnded
        Those of `reader_of`.
        StoreUnavailable: nothing was stored.
    """
    await run_by_key(desk, key, run_id)
    person = await reader_of(desk, key)
    await cancel_run(desk, run_id, person=person.user, team=person.team)
    return await run_by_key(desk, key, run_id)


def _is_for(key: Key, run: Run) -> bool:
    is_of_channel = key.channel is None or key.channel == run.channel
    is_of_team = key.team is None or key.team == run.team
    return key.owner == run.starter and is_of_channel and is_of_team


def _channel(desk: Desk, key: Key, named: str | None) -> ChannelId:
    if named is None and key.channel is None:
        raise errors.ChannelNotAllowed("Say in which channel the task is to run: `channel`.")
    wanted = key.channel if named is None else desk.policy().channel(named).id
    assert wanted is not None
    if key.channel is not None and wanted != key.channel:
        raise errors.ChannelNotAllowed(
            "This key starts tasks in its own channel alone. Leave the channel out."
        )
    return wanted


def _hosted(hosted: Hosted, named: str, channel: ChannelId) -> str:
    here = sorted(name for name, channels in hosted.items() if channel in channels)
    found = next((each for each in here if each.casefold() == named.casefold()), None)
    if found is None:
        listed = f"Here there are: {', '.join(here)}." if here else "No agent may be started here."
        raise run_errors.NoSuchAgent(f"There is no agent of this name here. {listed}")
    return found
