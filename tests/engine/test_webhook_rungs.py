"""Rungs that tell a webhook: what it is told, how often, and when it is given up."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.ids import UserId
from approvals.domain.webhook import Webhook, WebhookMessage
from approvals.operations.deliver_outbox import take_jobs
from approvals.operations.ports import NotNow
from approvals.operations.send_follow_ups import send_follow_ups
from approvals.storage import statements
from bot.background import deliveries
from tests.engine.gateway_in_test import GatewayInTest, a_gateway, a_policy
from tests.engine.test_follow_ups import stored
from tests.fakes.people import BOB

DANA = UserId("U0DANA")
MINUTE = timedelta(minutes=1)
POLICY = """
version: 1
defaults: {channel: "#ops", timeout: 10m}
people:
  sre: {users: [U0BOB]}
  oncall: {users: [U0DANA]}
webhooks:
  pager: {url: "https://events.example.com/in", secret_env: PAGER_SECRET}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    escalate: [{after: 3m, to: oncall, webhook: pager}]
"""


@dataclass
class Pager:
    """Implements the `WebhookSender` port."""

    sent: list[tuple[Webhook, WebhookMessage]] = field(default_factory=list)
    tries: int = 0
    trouble: NotNow | None = None

    async def send(self, webhook: Webhook, message: WebhookMessage, *, now: datetime) -> None:
        self.tries += 1
        if self.trouble is not None:
            raise self.trouble
        self.sent.append((webhook, message))


async def asked(gateway: GatewayInTest, **also: Any) -> ApprovalRequest:
    task = gateway.asks("restart", {"service": "web", "password": "hunter2"}, **also)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await gateway.pending()


async def time_passes(gateway: GatewayInTest, pager: Pager, by: timedelta) -> None:
    gateway.clock.advance(by)
    await send_follow_ups(gateway.desk)
    of = deliveries(gateway.desk, gateway.messenger, webhooks=pager)
    while jobs := await take_jobs(gateway.desk):
        for job in jobs:
            await of[job.kind](job)


async def audited(gateway: GatewayInTest, prefix: str) -> list[str]:
    events = await gateway.store.write(names_of)
    return [name for name in events if name.startswith(prefix)]


def names_of(tx: Any) -> list[str]:
    rows = tx.executor.run(statements.EVENTS, {}).fetchall()
    return [str(row["name"]) for row in rows]


async def test_a_webhook_is_told_the_facts_without_secrets_and_posts_no_card() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        pager = Pager()
        request = await asked(gateway, reason="<!channel> please")
        await time_passes(gateway, pager, 3 * MINUTE)

        ((webhook, message),) = pager.sent
        said = json.loads(message.body)
        assert webhook.name == "pager"
        assert message.id == f"msg_{request.id}_1"
        assert said["type"] == "request.escalated"
        assert said["data"]["request"] == request.id
        assert said["data"]["tool"] == "restart"
        assert said["data"]["arguments"]["service"] == "web"
        assert said["data"]["needs"] == [{"of": ["sre", "oncall"], "count": 1}]
        assert said["data"]["card_ts"] == "1.000100"
        assert "hunter2" not in message.body
        assert len(gateway.messenger.posts) == 1


async def test_of_a_private_call_a_webhook_is_told_the_tool_and_nobody_s_words() -> None:
    async with a_gateway(
        policy=POLICY.replace("escalate:", "card: private\n    escalate:")
    ) as gateway:
        pager = Pager()
        await asked(gateway, reason="web asked for it")
        await time_passes(gateway, pager, 3 * MINUTE)

        ((_, message),) = pager.sent
        said = json.loads(message.body)["data"]
        assert (said["tool"], said["arguments"], said["agent_says"]) == ("restart", None, None)
        assert said["arguments_left_out"] is True
        assert "web" not in message.body


async def test_its_people_may_decide_on_the_first_card() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway)
        await time_passes(gateway, Pager(), 3 * MINUTE)

        assert (await gateway.clicks(request.id, DANA)).refusal is None
        assert (await stored(gateway, request)).status is Status.APPROVED


async def test_what_is_not_taken_is_tried_again_under_the_same_id_and_told_on_the_card() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        pager = Pager(trouble=NotNow("http_503"))
        request = await asked(gateway)
        await time_passes(gateway, pager, 3 * MINUTE)
        in_trouble = (await stored(gateway, request)).followed_up.rungs[0].trouble
        pager.trouble = None
        await time_passes(gateway, pager, MINUTE)
        after = (await stored(gateway, request)).followed_up.rungs[0].trouble

        assert (in_trouble, after) == ("http_503", None)
        assert [message.id for _, message in pager.sent] == [f"msg_{request.id}_1"]
        assert await audited(gateway, "webhook.") == ["webhook.delivered"]


async def test_it_is_given_up_at_the_end_and_that_is_written_down() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        pager = Pager(trouble=NotNow("no_connection"))
        await asked(gateway)
        for _ in range(12):
            await time_passes(gateway, pager, MINUTE)
        tries = pager.tries
        await time_passes(gateway, pager, 60 * MINUTE)

        assert tries >= 5
        assert pager.tries == tries
        assert await audited(gateway, "webhook.") == ["webhook.given_up"]


async def test_nobody_is_paged_about_what_has_been_decided() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        pager = Pager()
        request = await asked(gateway)
        gateway.clock.advance(3 * MINUTE)
        await send_follow_ups(gateway.desk)
        await gateway.clicks(request.id, BOB)
        await time_passes(gateway, pager, timedelta(0))

        assert pager.sent == []
        assert await audited(gateway, "webhook.") == ["webhook.given_up"]


async def test_a_webhook_that_the_policy_names_no_more_is_told_on_the_card() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway)
        gateway.policies.append(a_policy(POLICY.replace("pager", "other")))
        await time_passes(gateway, Pager(), 3 * MINUTE)

        (fired,) = (await stored(gateway, request)).followed_up.rungs
        assert fired.trouble == "webhook_unknown"


async def test_a_page_is_given_up_once_what_was_held_has_been_approved() -> None:
    held = POLICY.replace("approvers: [sre]", "approvers: [sre]\n    hold: 10s")
    async with a_gateway(policy=held) as gateway:
        pager = Pager()
        request = await asked(gateway)
        gateway.clock.advance(3 * MINUTE)
        await send_follow_ups(gateway.desk)
        await gateway.clicks(request.id, BOB)
        await time_passes(gateway, pager, timedelta(seconds=5))
        await time_passes(gateway, pager, timedelta(seconds=6))
        await time_passes(gateway, pager, timedelta(seconds=2))

        assert (await stored(gateway, request)).status is Status.APPROVED
        assert pager.tries == 0
        assert await audited(gateway, "webhook.") == ["webhook.given_up"]
        assert await gateway.store.next_job_at() is None


async def test_nobody_is_paged_while_an_approved_call_is_held_unless_the_hold_is_void() -> None:
    held = POLICY.replace("approvers: [sre]", "approvers: [sre]\n    hold: 10s")
    async with a_gateway(policy=held) as gateway:
        pager = Pager()
        request = await asked(gateway)
        gateway.clock.advance(3 * MINUTE)
        await send_follow_ups(gateway.desk)
        await gateway.clicks(request.id, BOB)
        await time_passes(gateway, pager, timedelta(seconds=5))
        before = pager.tries
        gateway.policies.append(a_policy(held.replace("U0BOB", "U0CAROL")))
        await time_passes(gateway, pager, timedelta(seconds=6))
        await time_passes(gateway, pager, timedelta(seconds=2))

        assert (await stored(gateway, request)).held_until is None
        assert (before, len(pager.sent)) == (0, 1)


@pytest.mark.parametrize(("hold", "again_s"), [("10s", 11), ("10m", 30)])
async def test_of_a_held_call_it_is_not_asked_each_second_whether_to_page(
    tmp_path: Path, hold: str, again_s: int
) -> None:
    held = POLICY.replace("approvers: [sre]", f"approvers: [sre]\n    hold: {hold}")
    async with a_gateway(tmp_path / "rows.db", policy=held) as gateway:
        request = await asked(gateway)
        gateway.clock.advance(3 * MINUTE)
        await send_follow_ups(gateway.desk)
        await gateway.clicks(request.id, BOB)
        await time_passes(gateway, Pager(), timedelta(0))

        with closing(sqlite3.connect(tmp_path / "rows.db")) as rows:
            ((due_at,),) = rows.execute("SELECT due_at FROM job WHERE kind = 'webhook'")
        wait = datetime.fromisoformat(due_at) - gateway.clock.now()
        assert wait == timedelta(seconds=again_s)


@pytest.mark.parametrize("minutes", [2, 3], ids=["before its own rung", "after it"])
async def test_who_shares_a_card_is_paged_about_when_the_call_paged_about_first_has_ended(
    minutes: int,
) -> None:
    async with a_gateway(policy=POLICY) as gateway:
        pager = Pager(trouble=NotNow("http_503"))
        first = gateway.asks("restart", {"service": "web"})
        await gateway.pending()
        gateway.clock.advance(MINUTE)
        second = gateway.asks("restart", {"service": "web"})
        await gateway.pending()
        await time_passes(gateway, pager, minutes * MINUTE)
        first.cancel()
        await gateway.settled()
        assert pager.tries
        await time_passes(gateway, pager, timedelta(0))
        pager.trouble = None
        for _ in range(3):
            await time_passes(gateway, pager, MINUTE)

        left = next(each for each in gateway.messenger.updates[-1].shown if each.is_pending)
        assert {message.id for _, message in pager.sent} == {f"msg_{left.id}_1"}
        assert not second.done()
        second.cancel()


async def test_calls_that_share_a_card_are_paged_about_once() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        pager = Pager()
        calls = [gateway.asks("restart", {"service": "web"}) for _ in range(3)]
        await gateway.pending()
        await time_passes(gateway, pager, 3 * MINUTE)
        await time_passes(gateway, pager, MINUTE)

        assert len(pager.sent) == 1
        for call in calls:
            call.cancel()
