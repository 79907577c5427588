"""Whoever is told can be broken or hostile: it costs a bounded time, little memory, no decision."""

import asyncio
import ipaddress
import tracemalloc
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from approvals.domain.limits import Limits
from approvals.operations.deliver_outbox import take_jobs
from approvals.operations.ports import NotNow
from bot.background import DELIVERIES_MAX, Outbox, deliveries
from bot.webhooks.addresses import Allowed
from bot.webhooks.sender import HttpWebhooks
from tests.engine.gateway_in_test import UNFOLDED
from tests.http.api_in_test import Api, an_api
from tests.webhooks import bad_receivers as bad
from tests.webhooks.bad_receivers import MIB, Answer, a_bad_receiver
from tests.webhooks.receiver import Receiver, a_receiver
from tests.webhooks.test_sender import ENVIRON, LOOPBACK, MESSAGE, NOW, pager, webhooks

MANY = Limits(pending_of_agent=10**6, pending=10**6, new_of_agent=10**6)
QUICK_S = 0.3


async def told(answer: Answer) -> tuple[str, bad.BadReceiver]:
    """Tell a receiver that answers so; return what came of it, once the connection is closed."""
    async with a_bad_receiver(answer) as receiver:
        try:
            await webhooks(timeout_s=QUICK_S).send(pager(receiver.url), MESSAGE, now=NOW)
            found = "taken"
        except NotNow as failure:
            found = failure.code
        while receiver.gone < receiver.asked:  # pytest's timeout ends it
            await asyncio.sleep(0.001)
        return found, receiver


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (bad.nothing, "timeout"),
        (bad.one_byte_after_the_other, "timeout"),
        (bad.half_an_answer, "no_connection"),
        (bad.an_endless_line, "no_connection"),
        (bad.endless_headers, "no_connection"),
        (bad.a_gigabyte, "taken"),
        (bad.a_bomb, "taken"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
async def test_G11_a_hostile_answer_is_left_after_its_head_and_in_time(
    answer: Answer, code: str
) -> None:
    loop = asyncio.get_running_loop()
    tracemalloc.start()
    began = loop.time()

    found, receiver = await told(answer)

    took_s, (_, most) = loop.time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == code
    assert took_s < QUICK_S + 1
    # What stands in the buffers of two sockets was sent and not read.
    assert receiver.taken_bytes < 32 * MIB
    assert most < 8 * MIB


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with a_receiver() as opened:
        opened.hangs = True
        yield opened


@pytest_asyncio.fixture
async def api(receiver: Receiver) -> AsyncIterator[Api]:
    policy = f"""{UNFOLDED}
webhooks:
  deploys: {{url: "{receiver.url}", secret_env: PAGER_SECRET, callback: true}}
  pager: {{url: "{receiver.url}", secret_env: PAGER_SECRET}}
"""
    async with an_api(MANY, policy=policy) as opened:
        yield opened


async def test_G11_receivers_that_never_answer_keep_no_card_and_no_decision_waiting(
    api: Api, receiver: Receiver
) -> None:
    key, desk, messenger = await api.key(), api.behind.desk, api.behind.messenger
    for number in range(DELIVERIES_MAX + 10):
        asked = await api.ask(key, args={"number": number}, callback="deploys")
        await api.call("POST", f"/v1/approvals/{asked.body['id']}/cancel", key, {})
    sender = HttpWebhooks(ENVIRON, allowed=LOOPBACK, timeout_s=60)
    outbox = asyncio.create_task(Outbox(desk, deliveries(desk, messenger, webhooks=sender)).run())
    try:
        async with asyncio.timeout(10):
            asked = await api.ask(key, callback="deploys")
            place = f"/v1/approvals/{asked.body['id']}"
            while asked.body["id"] not in {each.request.id for each in messenger.posts}:
                await asyncio.sleep(0.005)
            await api.behind.clicks(asked.body["id"])
            read = await api.call("GET", place, key)
            while not any(each.request.id == asked.body["id"] for each in messenger.updates):
                await asyncio.sleep(0.005)
    finally:
        receiver.closing.set()
        outbox.cancel()
        await asyncio.gather(outbox, return_exceptions=True)

    assert read.body["outcome"]["kind"] == "approved"


@pytest.mark.parametrize(
    "named",
    ["http://169.254.169.254/latest", "https://localhost/in", "//10.0.0.1", "pager", "nobody"],
)
async def test_G7_an_agent_names_no_address_and_only_a_webhook_that_is_for_agents(
    api: Api, named: str
) -> None:
    key = await api.key()
    refused = await api.ask(key, callback=named)
    taken = await api.ask(key, callback="deploys")

    assert (refused.status, refused.code) == (403, "callback_forbidden")
    assert taken.status == 201
    assert len(await api.behind.store.look(lambda seen: seen.newest(limit=9))) == 1


async def test_G7_a_callback_to_this_machine_is_never_connected_to_unless_it_is_allowed() -> None:
    async with a_bad_receiver(bad.nothing) as inside:
        url = f"https://events.example.com:{inside.port}/in"
        policy = f"""{UNFOLDED}
webhooks:
  deploys: {{url: "{url}", secret_env: PAGER_SECRET, callback: true}}
"""

        async def loopback(_: str, __: int) -> tuple[ipaddress.IPv4Address, ...]:
            return (ipaddress.IPv4Address("127.0.0.1"),)

        async def connections(allowed: Allowed) -> int:
            sender = HttpWebhooks(ENVIRON, allowed=allowed, resolve=loopback, timeout_s=QUICK_S)
            async with an_api(policy=policy) as api:
                key, before = await api.key(), inside.asked
                asked = await api.ask(key, callback="deploys")
                place = f"/v1/approvals/{asked.body['id']}"
                ended = await api.call("POST", f"{place}/cancel", key, {})
                behind = api.behind
                of = deliveries(behind.desk, behind.messenger, webhooks=sender)
                for job in await take_jobs(behind.desk):
                    await of[job.kind](job)
                assert ended.body["status"] == "cancelled"
                return inside.asked - before

        assert await connections(Allowed()) == 0
        assert await connections(LOOPBACK) == 1
