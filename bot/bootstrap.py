"""The composition root: the one place that builds real adapters and passes them down.

`open_gateway` is also what `with gate:` finds through the entry point, so that an agent process
can be its own gateway. Opened in order of need, closed in reverse: no new clicks and commands,
runs at the end of their step, waiters detached (before the tasks that wait are stopped: their
questions stay), runs stopped, loops stopped once the cards being drawn are there, audit written,
database closed, lock released.
"""

import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.errors import StoreUnavailable
from approvals.domain.ids import ChannelId
from approvals.domain.policy import Policy
from approvals.gate.local_gateway import LocalGateway
from approvals.operations.desk import Desk
from approvals.operations.freeze_copy import FreezeCopy, watch_freezes
from approvals.operations.ports import Store, Transaction
from approvals.operations.record_calls import CallLog
from approvals.operations.recover import recover
from approvals.storage.clock import SystemClock
from approvals.storage.data_directory import hold
from approvals.storage.ids import SystemIds
from approvals.storage.policy_file import PolicyFile
from bot.agents.checkpoints import FILE_NAME as CHECKPOINTS_NAME
from bot.agents.checkpoints import Place, PostgresPlace
from bot.agents.runner import Runner
from bot.agents.spec import AgentSpec, agents_by_name
from bot.answers import Answers
from bot.background import Outbox, Sleeper, deliveries, every, flush_calls
from bot.console import at_console
from bot.convergence import Presence, Reconciler
from bot.database import opened_store
from bot.environment import environment
from bot.http.health import health_routes
from bot.http_door import http_door
from bot.local_socket import Typed, served_locally
from bot.loops import Loops
from bot.policy_watch import PolicyWatch
from bot.readiness import notes, wrong
from bot.settings import Settings, read_settings
from bot.slack.agent_choice import AgentChoice
from bot.slack.arguments_view import CardDisplay
from bot.slack.door import SlackDoor
from bot.slack.slack_settings import SlackSettings
from bot.webhooks.addresses import Allowed
from bot.webhooks.secrets import check_secrets
from bot.webhooks.sender import HttpWebhooks

_log = logging.getLogger("sayso")
GATEWAY_ID_FACT = "gateway.id"
POLICY_LOOK_EVERY = timedelta(seconds=1)
HEALTH_LOOK_EVERY = timedelta(seconds=5)

MakeAgents = Callable[[LocalGateway], Sequence[AgentSpec]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running gateway."""

    gateway: LocalGateway
    desk: Desk
    door: SlackDoor
    url: str
    """Where health, the API and (over HTTP) Slack's requests are answered."""


def no_agents(_: LocalGateway) -> Sequence[AgentSpec]:
    """The agents of a gateway that hosts none."""
    return ()


@asynccontextmanager
async def open_gateway() -> AsyncIterator[LocalGateway]:
    """Open the gateway the environment describes, inside an agent's own process.

    Raises:
        SettingsInvalid, EnvFileInvalid, PolicyInvalid, StartRefused, GatewayRunning,
        StoreUnavailable
    """
    async with running_gateway(read_settings(environment())) as running:
        yield running.gateway


@asynccontextmanager
async def running_gateway(
    settings: Settings, make_agents: MakeAgents = no_agents
) -> AsyncIterator[Running]:
    """Run everything until the block ends.

    Raises:
        PolicyInvalid: the policy file has mistakes.
        StartRefused: Slack will not work as configured.
        GatewayRunning: another gateway holds the data directory.
        StoreUnavailable: the database cannot be used.
        PortTaken: the HTTP port is in use.
    """
    policy_file = PolicyFile(settings.policy)
    check_secrets(policy_file.policy.webhooks.values(), environment())
    async with AsyncExitStack() as stack:
        desk, door, store = await _opened(stack, settings, policy_file)
        policy_watch = PolicyWatch(desk, policy_file)
        await policy_watch.begin()
        await _say(desk, AuditName.GATEWAY_STARTED, policy=policy_file.policy)
        stack.push_async_callback(_say_stopped, desk)
        await recover(desk)
        call_log = CallLog()
        freezes = FreezeCopy(store, desk.clock)
        with suppress(StoreUnavailable):  # until it is known nothing is allowed by this copy
            await freezes.refresh()
        stack.push_async_callback(_flush, desk, call_log)
        loops = Loops()
        stack.push_async_callback(loops.close)
        loops.start("follow-ups", Sleeper(desk).run())
        loops.start("freezes", watch_freezes(freezes))
        loops.start("call log", flush_calls(desk, call_log))
        loops.start("policy", every(POLICY_LOOK_EVERY, policy_watch.look))
        loops.start("store", every(HEALTH_LOOK_EVERY, lambda: _look_at_store(store)))
        health = health_routes(
            lambda: wrong(store, door, loops), lambda: notes(door, policy_file, freezes)
        )
        hosted: dict[str, frozenset[ChannelId]] = {}
        url = await stack.enter_async_context(
            http_door(settings, desk, door, health=health, loops=loops, hosted=lambda: hosted)
        )
        gateway = LocalGateway(desk, call_log, freezes)
        running = Running(gateway=gateway, desk=desk, door=door, url=url)
        agents = tuple(make_agents(gateway))
        hosted.update({spec.name: spec.channels for spec in agents})
        runner = Runner(
            desk,
            gateway,
            find_agent=agents_by_name(agents),
            thread_of=door.steps_of,
            checkpoints=_checkpoints(settings),
            freezes=freezes,
        )
        loops.start("outbox", _outbox(running, settings, runner=runner).run())
        loops.start("agents", runner.run())
        stack.push_async_callback(runner.close)
        stack.push_async_callback(gateway.close)
        stack.push_async_callback(runner.halt)
        stack.push_async_callback(door.disconnect)
        await stack.enter_async_context(_console(desk, settings))
        await door.connect(desk, agents=lambda: _choices(agents))
        _converge(loops, desk, door)
        yield running


def _outbox(running: Running, settings: Settings, *, runner: Runner) -> Outbox:
    desk, door = running.desk, running.door
    deliver = deliveries(
        desk,
        door.messenger,
        door.run_messenger,
        door.home_messenger,
        webhooks=HttpWebhooks(environment(), allowed=Allowed(settings.webhook_networks)),
        agents=Answers(gateway=running.gateway, runner=runner),
        freeze_messenger=door.freeze_messenger,
    )
    outbox = Outbox(desk, deliver, resume=runner.want)
    door.health.on_return = outbox.hurry
    return outbox


def _converge(loops: Loops, desk: Desk, door: SlackDoor) -> None:
    """Keep what people see in Slack true to the rows, and tell when clicks could not arrive."""
    reconciler = Reconciler(
        desk, door.messenger, may_speak=lambda: door.look_around(_channels(desk.policy()))
    )
    presence = Presence(desk, silence=lambda: door.health.silence, on_absence=reconciler.hurry)
    loops.start("presence", presence.run())
    loops.start("reconciler", reconciler.run())


def _choices(agents: Sequence[AgentSpec]) -> list[AgentChoice]:
    """Return what the Slack door may know of the agents."""
    return [AgentChoice(name=spec.name, channels=spec.channels) for spec in agents]


def _channels(policy: Policy) -> list[ChannelId]:
    """Return where cards may be posted, the channel where trouble is told first at the head."""
    first = policy.defaults.channel
    return [first, *(each for each in policy.card_channels if each != first)]


def _checkpoints(settings: Settings) -> Place:
    """Return where agents' conversations are kept: never among the rows."""
    if settings.database_url is None:
        return settings.data_dir / CHECKPOINTS_NAME
    return PostgresPlace(
        url=settings.database_url, schema=f"{settings.database_schema}_checkpoints"[:63]
    )


async def _opened(
    stack: AsyncExitStack, settings: Settings, policy_file: PolicyFile
) -> tuple[Desk, SlackDoor, Store]:
    """Open what the gateway stands on: lock, store and Slack door."""
    clock = SystemClock()
    ids = SystemIds(clock)
    held = stack.enter_context(hold(settings.data_dir))
    store = await stack.enter_async_context(opened_store(settings, held, clock=clock, ids=ids))
    door = await stack.enter_async_context(
        SlackDoor.open(
            slack_settings(settings),
            gateway=await store.write(lambda tx: _gateway_id(tx, ids)),
            channels=policy_file.policy.card_channels,
        )
    )
    desk = Desk(
        store=store,
        directory=door.directory,
        display=CardDisplay(),
        clock=clock,
        ids=ids,
        policy=lambda: policy_file.policy,
        owner=ids.ulid(),
    )
    return desk, door, store


def slack_settings(settings: Settings) -> SlackSettings:
    """Return what the Slack door needs of *settings*."""
    app_token, secret = settings.slack_app_token, settings.slack_signing_secret
    return SlackSettings(
        bot_token=settings.slack_bot_token.get_secret_value(),
        app_token=app_token.get_secret_value() if app_token else None,
        signing_secret=secret.get_secret_value() if secret else None,
        transport=settings.slack_transport,
        base_url=settings.slack_base_url,
        command_agent=settings.agent_command,
        command_approvals=settings.approvals_command,
    )


@asynccontextmanager
async def _console(desk: Desk, settings: Settings) -> AsyncIterator[None]:
    """Answer commands on this machine."""

    async def answer(typed: Typed) -> str:
        return await at_console(desk, typed.verb, typed.words, account=typed.account)

    async with served_locally(settings.data_dir, answer) as is_served:
        if not is_served:
            _log.warning("`sayso freeze` and `sayso keys` cannot reach this gateway while it runs")
        yield


def _gateway_id(tx: Transaction, ids: SystemIds) -> str:
    """Return the id of this store's gateway, made at its first start."""
    stored = tx.fact(GATEWAY_ID_FACT)
    if stored is None:
        stored = ids.ulid()
        tx.set_fact(GATEWAY_ID_FACT, stored)
    return stored


async def _say(desk: Desk, name: AuditName, *, policy: Policy) -> None:
    event = AuditEvent(
        name=name,
        subject=desk.owner,
        at=desk.clock.now(),
        data={"pid": os.getpid(), "policy_version": policy.version},
    )
    await desk.store.write(lambda tx: tx.record(event))


async def _say_stopped(desk: Desk) -> None:
    with suppress(StoreUnavailable):
        await _say(desk, AuditName.GATEWAY_STOPPED, policy=desk.policy())


async def _flush(desk: Desk, call_log: CallLog) -> None:
    with suppress(StoreUnavailable):
        await call_log.flush(desk)


async def _look_at_store(store: Store) -> None:
    await store.health()
