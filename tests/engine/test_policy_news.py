"""A policy that comes into force: what of it is kept, audited and told."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.jobs import JobKind
from approvals.operations.deliver_outbox import take_jobs
from approvals.operations.policy_news import (
    DIFF_MAX_LINES,
    changed_lines,
    deliver_policy_news,
    policy_in_force,
    without_secrets,
)
from approvals.operations.ports import NotNow, Undeliverable
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway, a_policy

TOLD = POLICY.replace("timeout: 15m}", 'timeout: 15m, policy_channel: "#ops"}')
STRICTER = TOLD.replace('"read_*", effect: allow', '"read_*", effect: ask')


async def comes_into_force(gateway: GatewayInTest, text: str) -> None:
    await policy_in_force(gateway.desk, a_policy(text), text)


async def tell(gateway: GatewayInTest) -> int:
    """Deliver what is due about policies; return how many jobs those were."""
    jobs = [job for job in await take_jobs(gateway.desk) if job.kind is JobKind.POLICY]
    for job in jobs:
        await deliver_policy_news(gateway.desk, gateway.messenger, job)
    return len(jobs)


def loaded(path: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT body FROM audit_event WHERE name = 'policy.loaded'")
        return [json.loads(body)["data"] for (body,) in found]


async def test_a_change_is_audited_with_its_versions_and_lines_and_told_once(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        await comes_into_force(gateway, TOLD)
        assert await tell(gateway) == 0
        await comes_into_force(gateway, STRICTER)
        await comes_into_force(gateway, STRICTER)

        assert await tell(gateway) == 1
        assert await tell(gateway) == 0

        (event,) = loaded(path)
        assert event["policy_version"] == a_policy(STRICTER).version
        assert event["previous_version"] == a_policy(TOLD).version
        assert '-      - {tool: "read_*", effect: allow}' in event["diff"]
        assert '+      - {tool: "read_*", effect: ask}' in event["diff"]
        (news,) = gateway.messenger.news
        assert (list(news.diff), news.channel) == (event["diff"], "C0OPS")


async def test_a_change_made_while_no_gateway_ran_is_told_by_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        await comes_into_force(gateway, TOLD)
    async with a_gateway(path) as gateway:
        await comes_into_force(gateway, STRICTER)

        assert await tell(gateway) == 1
        assert len(gateway.messenger.news) == 1


async def test_without_a_channel_it_is_audited_and_told_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        await comes_into_force(gateway, TOLD)
        await comes_into_force(gateway, POLICY)

        assert await tell(gateway) == 0
        assert len(loaded(path)) == 1


@pytest.mark.parametrize(("trouble", "again"), [(NotNow("timeout"), 1), (Undeliverable("x"), 0)])
async def test_what_cannot_be_told_now_is_told_later_and_what_never_can_is_given_up(
    trouble: NotNow | Undeliverable, again: int
) -> None:
    async with a_gateway() as gateway:
        await comes_into_force(gateway, TOLD)
        await comes_into_force(gateway, STRICTER)
        gateway.messenger.trouble = trouble

        await tell(gateway)
        gateway.messenger.trouble = None
        gateway.clock.advance(timedelta(hours=1))

        assert await tell(gateway) == again
        assert len(gateway.messenger.news) == again


def test_an_address_is_kept_without_what_may_be_secret_in_it() -> None:
    text = 'url: "https://hook:s3cret@pager.example.com/v1/t0ken?key=k", next: 1'

    assert without_secrets(text) == 'url: "https://pager.example.com/…", next: 1'


def test_a_file_changed_from_top_to_bottom_is_told_in_part() -> None:
    before = "\n".join(f"a{number}" for number in range(2 * DIFF_MAX_LINES))

    lines = changed_lines(before, before.replace("a", "b"))

    assert len(lines) == DIFF_MAX_LINES + 1
    assert lines[-1].startswith("… and ")
    assert changed_lines(before, before + "\n") == ()


async def test_what_may_be_secret_in_an_address_is_in_neither_the_log_nor_the_store(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        await comes_into_force(gateway, TOLD)
        await comes_into_force(gateway, f"# see https://me:pw@example.com/t0ken\n{TOLD}")
        await tell(gateway)

        (event,) = loaded(path)
        assert "+# see https://example.com/…" in event["diff"]
        assert b"t0ken" not in path.read_bytes() + Path(f"{path}-wal").read_bytes()
