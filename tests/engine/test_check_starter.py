"""May this person run tasks here: the policy's text and the directory in, a refusal or none out."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from approvals.domain import errors
from approvals.domain.ids import ChannelId, TeamId, UserId
from approvals.domain.task_rule import TaskVerb
from approvals.operations.check_starter import may_run
from approvals.operations.desk import Desk
from approvals.operations.ports import DirectoryUnavailable
from tests.engine.gateway_in_test import OPS, POLICY, GatewayInTest, a_gateway, a_policy
from tests.fakes.people import ALICE, BOB, CAROL, TEAM, FakeDirectory
from tests.slack_door.troubled_stores import TroubledStore

TASKS = """\
    tasks:
      - {people: [sre, oncall], agents: ops-bot, verbs: [run, cancel]}
      - {people: "*", agents: "*", verbs: list}
"""
RULED = POLICY.replace("    rules:\n", TASKS + "    rules:\n")


async def ask(
    gateway: GatewayInTest,
    person: UserId = BOB,
    *,
    team: TeamId = TEAM,
    channel: ChannelId = OPS,
    agent: str | None = "ops-bot",
    verb: TaskVerb = TaskVerb.RUN,
) -> None:
    await may_run(gateway.desk, person=person, team=team, channel=channel, agent=agent, verb=verb)


async def starts(desk: Desk, person: UserId, *, verb: TaskVerb = TaskVerb.RUN) -> None:
    """Ask at a desk of the test's own making."""
    await may_run(desk, person=person, team=TEAM, channel=OPS, agent="ops-bot", verb=verb)


def audited(path: Path) -> list[dict[str, Any]]:
    """Return what the audit log in *path* holds about refused tasks, oldest first."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(
            "SELECT body FROM audit_event WHERE name = 'task.refused' ORDER BY seq"
        ).fetchall()
    return [json.loads(body) for (body,) in rows]


@pytest.mark.parametrize("verb", TaskVerb)
async def test_a_member_of_the_channel_may_where_the_policy_says_nothing(
    tmp_path: Path, verb: TaskVerb
) -> None:
    async with a_gateway(tmp_path / "sayso.db") as gateway:
        gateway.directory.channels[OPS] = frozenset({ALICE})

        await ask(gateway, ALICE, verb=verb)
        with pytest.raises(errors.TaskNotAllowed, match=r"Only members of the channel may .*#ops"):
            await ask(gateway, BOB, verb=verb)

    assert [event["data"]["person"] for event in audited(tmp_path / "sayso.db")] == [BOB]


async def test_people_listed_and_people_of_a_user_group_may_what_the_rule_lists(
    tmp_path: Path,
) -> None:
    async with a_gateway(tmp_path / "sayso.db", policy=RULED) as gateway:
        gateway.directory.usergroups["S0ONCALL"] = frozenset({ALICE})

        await ask(gateway, BOB)
        await ask(gateway, ALICE, verb=TaskVerb.CANCEL)

    assert audited(tmp_path / "sayso.db") == []


async def test_whoever_is_in_no_set_of_the_rule_is_refused_by_its_name_and_that_is_audited(
    tmp_path: Path,
) -> None:
    async with a_gateway(tmp_path / "sayso.db", policy=RULED) as gateway:
        with pytest.raises(errors.TaskNotAllowed) as refused:
            await ask(gateway, ALICE)
        version = gateway.desk.policy().version

    assert refused.value.message == (
        "Only sre or oncall may run ops-bot in #ops (rule: #ops, task rule 1)."
    )
    (event,) = audited(tmp_path / "sayso.db")
    assert event["subject"] == OPS
    assert event["data"] == {
        "code": "task_not_allowed",
        "rule": "#ops, task rule 1",
        "place": "policy.yml:13",
        "person": ALICE,
        "team": TEAM,
        "channel": OPS,
        "agent": "ops-bot",
        "verb": "run",
        "policy_version": version,
    }


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"is_guest": True}, errors.GuestMayNotDecide),
        ({"is_bot": True}, errors.BotMayNotDecide),
        ({"is_deactivated": True}, errors.DeactivatedMayNotDecide),
        ({"is_internal": False}, errors.ExternalMayNotDecide),
    ],
)
async def test_who_is_no_full_member_of_the_workspace_is_refused_even_where_a_rule_names_them(
    tmp_path: Path, facts: dict[str, bool], refusal: type[errors.Refusal]
) -> None:
    async with a_gateway(tmp_path / "sayso.db", policy=RULED) as gateway:
        gateway.directory.change(BOB, **facts)

        with pytest.raises(refusal):
            await ask(gateway)
        with pytest.raises(refusal):
            await ask(gateway, verb=TaskVerb.LIST)

    codes = [event["data"]["code"] for event in audited(tmp_path / "sayso.db")]
    assert codes == [refusal.code] * 2


async def test_a_person_of_another_workspace_is_refused(tmp_path: Path) -> None:
    async with a_gateway(tmp_path / "sayso.db", policy=RULED) as gateway:
        with pytest.raises(errors.ExternalMayNotDecide):
            await ask(gateway, BOB, team=TeamId("T0OTHER"))


@pytest.mark.parametrize("verb", [TaskVerb.RUN, TaskVerb.LIST])
async def test_when_the_directory_is_down_nobody_may_and_the_sentence_says_that_nothing_was_done(
    tmp_path: Path, verb: TaskVerb
) -> None:
    async with a_gateway(tmp_path / "sayso.db", policy=RULED) as gateway:
        gateway.directory.is_down = True

        with pytest.raises(errors.IdentityUnverified, match="Nothing was done; try again"):
            await ask(gateway, verb=verb)

    (event,) = audited(tmp_path / "sayso.db")
    assert event["data"]["code"] == "identity_unverified"


class HalfADirectory(FakeDirectory):
    """Knows who people are, and cannot say in which groups and channels they are."""

    async def members(self, usergroup: str, *, fresh: bool = False) -> frozenset[UserId]:
        raise DirectoryUnavailable

    async def is_member(self, channel: ChannelId, user: UserId) -> bool:
        raise DirectoryUnavailable


async def test_what_cannot_be_read_is_told_apart_from_not_being_in_it(tmp_path: Path) -> None:
    async with a_gateway(tmp_path / "sayso.db", policy=RULED) as gateway:
        desk = replace(gateway.desk, directory=HalfADirectory())

        await starts(desk, BOB)
        with pytest.raises(errors.IdentityUnverified, match="Nothing was done; try again"):
            await starts(desk, ALICE)
        with pytest.raises(errors.IdentityUnverified):
            await starts(desk, BOB, verb=TaskVerb.LIST)

    rules = [event["data"]["rule"] for event in audited(tmp_path / "sayso.db")]
    assert rules == ["#ops, task rule 1", "#ops, task rule 2"]


async def test_what_the_policy_says_counts_from_the_moment_it_is_in_force(tmp_path: Path) -> None:
    async with a_gateway(tmp_path / "sayso.db") as gateway:
        await ask(gateway, ALICE)
        gateway.policies.append(a_policy(RULED))

        with pytest.raises(errors.TaskNotAllowed):
            await ask(gateway, ALICE)


async def test_who_left_the_group_may_no_more(tmp_path: Path) -> None:
    async with a_gateway(tmp_path / "sayso.db", policy=RULED) as gateway:
        gateway.directory.usergroups["S0ONCALL"] = frozenset({ALICE})
        await ask(gateway, ALICE)
        gateway.directory.usergroups["S0ONCALL"] = frozenset({CAROL})

        with pytest.raises(errors.TaskNotAllowed):
            await ask(gateway, ALICE)


async def test_a_channel_the_policy_does_not_have_is_refused_and_audited(tmp_path: Path) -> None:
    async with a_gateway(tmp_path / "sayso.db", policy=RULED) as gateway:
        with pytest.raises(errors.ChannelUnknown):
            await ask(gateway, channel=ChannelId("D0DIRECT"))

    (event,) = audited(tmp_path / "sayso.db")
    assert (event["subject"], event["data"]["code"]) == ("D0DIRECT", "channel_unknown")


async def test_an_agents_name_that_no_log_could_hold_is_refused_like_any_other(
    tmp_path: Path,
) -> None:
    async with a_gateway(tmp_path / "sayso.db", policy=RULED) as gateway:
        with pytest.raises(errors.TaskNotAllowed):
            await ask(gateway, agent="ops-bot\x00\ud800" + "x" * 40_000)

    (event,) = audited(tmp_path / "sayso.db")
    assert event["data"]["agent"].startswith("ops-bot⟦U+0000⟧⟦U+D800⟧xxx")


async def test_any_agent_stands_for_whichever_the_rules_give_the_person(tmp_path: Path) -> None:
    async with a_gateway(tmp_path / "sayso.db", policy=RULED) as gateway:
        await ask(gateway, ALICE, agent=None, verb=TaskVerb.LIST)
        with pytest.raises(errors.TaskNotAllowed, match="run any agent"):
            await ask(gateway, ALICE, agent=None)


async def test_a_refusal_that_cannot_be_audited_is_a_refusal_still(tmp_path: Path) -> None:
    async with a_gateway(tmp_path / "sayso.db", policy=RULED) as gateway:
        full = TroubledStore(gateway.store)
        full.fill_up()
        desk = replace(gateway.desk, store=full)

        with pytest.raises(errors.StoreFull):
            await starts(desk, ALICE)
