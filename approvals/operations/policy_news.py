"""A policy came into force: kept with its text, audited with what changed in it, and told in Slack.

Called by the composition root at start and at each reload. The text stays in the store, so that a
change made while no gateway ran is told too. What is told is an outbox job; `deliver_policy_news`
posts it.
"""

import asyncio
import difflib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from approvals.domain import strict_json
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.ids import ChannelId
from approvals.domain.jobs import Job, JobKind
from approvals.domain.policy import Policy
from approvals.operations.desk import Desk
from approvals.operations.ports import NotNow, Transaction, Undeliverable
from approvals.operations.retry import wait_after

TEXT_FACT = "policy.text"
VERSION_FACT = "policy.version"
NEWS_FACT = "policy.news"
NEWS_KEPT = 20
"""Changes that have not been told yet; older ones stand in the audit log alone."""
DIFF_MAX_LINES = 200
DIFF_MAX_CHARS = 8_000
DIFF_MAX_COMPARED = 5_000
"""Lines; comparing two files takes the square of them."""

_ADDRESS = re.compile(r"(https?://)(?:[^\s/@\"',}]*@)?([^\s/@\"',}]+)[^\s\"',}]*", re.ASCII)
_log = logging.getLogger("sayso.policy")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNews:
    """One change of the policy in force."""

    version: str
    previous_version: str
    diff: tuple[str, ...]
    """Lines as they were and are, as `diff -u` gives them; cut where there are very many."""
    channel: ChannelId


class PolicyMessenger(Protocol):
    """Tells of a changed policy in a channel."""

    async def tell_policy(self, news: PolicyNews) -> None:
        """Post the news. Raises Undeliverable, NotNow."""
        ...


async def policy_in_force(desk: Desk, policy: Policy, written: str) -> None:
    """Store that *policy*, *written* so, is in force, with what changed since the last one.

    The first policy of a store, and one that is in force already, change nothing.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    text = without_secrets(written)
    before = await desk.store.write(lambda tx: tx.fact(TEXT_FACT))
    # Comparing large files takes a while, for which neither the loop nor the writer waits.
    diff = () if before is None else await asyncio.to_thread(changed_lines, before, text)
    await desk.store.write(lambda tx: _store(tx, desk, policy, text=text, diff=diff))


def without_secrets(written: str) -> str:
    """Return the text of a policy with addresses cut after their host, where secrets may stand."""
    return _ADDRESS.sub(r"\1\2/…", written)


def changed_lines(before: str, after: str) -> tuple[str, ...]:
    """Return what changed, line by line, in at most DIFF_MAX_LINES lines."""
    if max(before.count("\n"), after.count("\n")) > DIFF_MAX_COMPARED:
        return ("the file is too long to be compared",)
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))
    return _cut(lines[2:])


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    kept: list[str] = []
    left = DIFF_MAX_CHARS
    for line in lines[:DIFF_MAX_LINES]:
        left -= len(line)
        if left < 0:
            break
        kept.append(line)
    missing = len(lines) - len(kept)
    return (*kept, f"… and {missing} lines more") if missing else tuple(kept)


def _store(
    tx: Transaction, desk: Desk, policy: Policy, *, text: str, diff: tuple[str, ...]
) -> None:
    previous = tx.fact(VERSION_FACT)
    if previous == policy.version:
        return
    tx.set_fact(VERSION_FACT, policy.version)
    tx.set_fact(TEXT_FACT, text)
    if previous is None:
        return
    now = desk.clock.now()
    tx.record(
        AuditEvent(
            name=AuditName.POLICY_LOADED,
            subject=desk.owner,
            at=now,
            data={
                "policy_version": policy.version,
                "previous_version": previous,
                "diff": list(diff),
            },
        )
    )
    channel = policy.defaults.policy_channel
    if channel is not None:
        news = PolicyNews(
            version=policy.version, previous_version=previous, diff=diff, channel=channel
        )
        _keep(tx, (*_kept(tx), news)[-NEWS_KEPT:])
        tx.enqueue(Job(kind=JobKind.POLICY, subject=policy.version, run_at=now))


async def deliver_policy_news(desk: Desk, messenger: PolicyMessenger, job: Job) -> None:
    """Post the news of the job's version, unless they are told already.

    Raises:
        StoreUnavailable: nothing was stored; the job is due again when its lease ends.
    """
    kept = await desk.store.write(_kept)
    try:
        for news in [each for each in kept if each.version == job.subject]:
            await messenger.tell_policy(news)
    except NotNow as reason:
        again_at = desk.clock.now() + wait_after(reason, attempt=job.attempt)
        await desk.store.write(lambda tx: tx.postpone_job(job, again_at))
        return
    except Undeliverable as never:
        _log.error("The change of the policy cannot be told in Slack: %s", never)
    await desk.store.write(lambda tx: _told(tx, job))


def _told(tx: Transaction, job: Job) -> None:
    _keep(tx, [each for each in _kept(tx) if each.version != job.subject])
    tx.finish_job(job)


def _kept(tx: Transaction) -> tuple[PolicyNews, ...]:
    stored = strict_json.read(tx.fact(NEWS_FACT) or "[]")
    assert isinstance(stored, list)
    return tuple(_news(each) for each in stored)


def _news(stored: Any) -> PolicyNews:
    return PolicyNews(
        version=stored["version"],
        previous_version=stored["previous_version"],
        diff=tuple(stored["diff"]),
        channel=ChannelId(stored["channel"]),
    )


def _keep(tx: Transaction, kept: Sequence[PolicyNews]) -> None:
    tx.set_fact(
        NEWS_FACT,
        strict_json.write(
            [
                {
                    "version": each.version,
                    "previous_version": each.previous_version,
                    "diff": list(each.diff),
                    "channel": each.channel,
                }
                for each in kept
            ]
        ),
    )
