"""`/approvals mine`, `history`, `policy`, `explain`, `stats`: what there is to know, privately."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.domain.approval_request import Requester
from approvals.domain.ids import ChannelId
from approvals.domain.requirement import WantedReason
from approvals.storage.policy_reader import read_policy
from bot.slack import buttons
from bot.slack.verbs.table import VERBS
from tests.slack_door.scene import ALICE, BOB, CAROL, DANA, PROD, Scene, policy

GENERAL = ChannelId("C0GENERAL")
BOTS = Requester(agent="ops")
FILE = """
version: 1
defaults: {channel: "#general", unmatched: deny, timeout: 20m}
people:
  sre: {usergroup: S0SRE}
  leads: {users: [U0CAROL]}
guardrails:
  - {tool: "db.drop_*", effect: deny, message: Dropping is done by hand.}
channels:
  "#prod":
    id: C0PROD
    approvers: [sre]
    rules:
      - {tool: "k8s.get_*", effect: allow}
      - tool: k8s.*
        except: [k8s.get_*]
        when: args.namespace == "prod"
        effect: ask
        timeout: 5m
        risk: high
        quorum: [{of: sre, count: 1}, {of: leads, count: 1}]
  "#general": {id: C0GENERAL, approvers: [leads]}
"""


async def answer(stage: Scene, text: str, person: str = ALICE, channel: ChannelId = PROD) -> str:
    await stage.slack.interactions.slash_command(person, channel, f"/approvals {text}")
    await stage.settle()
    return stage.told(person, channel)[-1]


async def test_mine_lists_what_was_asked_for_me_wherever_newest_first(stage: Scene) -> None:
    assert await answer(stage, "mine") == "*Nothing was asked by you or for you.*"
    ended = await stage.ask("first_tool")
    await stage.click(BOB, ended)
    going = await stage.ask("second_tool")
    await stage.ask("others_tool", requester=BOTS)

    told = await answer(stage, "mine", channel=GENERAL)

    assert told.index(going.short_id) < told.index(ended.short_id)
    assert "second_tool(service=checkout) in <#C0PROD> – pending, 15 min left" in told
    assert f"✅ Approved by <@{BOB}>" in told
    assert "others_tool" not in told


async def test_history_lists_what_ended_here_newest_first(stage: Scene) -> None:
    assert "Nothing has ended in this channel yet." in await answer(stage, "history")
    first, second = (
        await stage.ask("first_tool"),
        await stage.ask("second_tool", reason=WantedReason.OFF),
    )
    await stage.ask("pending_tool")
    await stage.click(BOB, first)
    stage.clock.advance(timedelta(minutes=1))
    await stage.click(CAROL, second, buttons.REJECT)

    told = await answer(stage, "history")

    assert f"✅ Approved by <@{BOB}>, 1 min ago" in told
    assert f"❌ Rejected by <@{CAROL}>" in told
    assert "pending_tool" not in told


async def test_stats_counts_how_requests_ended_here_and_how_long_people_took(
    stage: Scene,
) -> None:
    assert "Nothing was asked here in the last 7 days." in await answer(stage, "stats")
    for minutes in (1, 3):
        request = await stage.ask("slow_tool")
        stage.clock.advance(timedelta(minutes=minutes))
        await stage.click(BOB, request)
    await stage.ask("other_tool")

    told = await answer(stage, "stats 1")

    assert told.startswith("*3 requests in the last day*:")
    assert "• ✅ Approved: 2" in told
    assert "• ⏳ Pending: 1" in told
    assert "People took 2 min in the middle." in told
    assert "Asked most: slow_tool (2), other_tool (1)." in told


async def test_policy_says_every_rule_of_the_channel_in_words(stage: Scene) -> None:
    stage.set_policy(read_policy(FILE.encode()))

    told = await answer(stage, "policy")

    assert told.splitlines() == [
        "*The rules of #prod* – deny beats ask beats allow.",
        "Where a rule does not say who, 1 of sre approves.",
        "Where a rule does not say otherwise: timeout 20m.",
        "• guardrail 1 denies `db.drop_*` – Dropping is done by hand. (in every channel)",
        "• rule 1 allows `k8s.get_*`",
        (
            '• rule 2 asks for `k8s.*` except `k8s.get_*` when `args.namespace == "prod"`: '
            "1 of sre and 1 of leads; timeout 5m, risk high"
        ),
        "• Everything else: `unmatched: deny`.",
    ]


async def test_explain_says_what_the_click_is_judged_with(stage: Scene) -> None:
    stage.set_policy(read_policy(FILE.encode()))

    asks = await answer(stage, "explain k8s.restart namespace=prod")
    allowed = await answer(stage, "explain k8s.get_pods namespace=prod")
    denied = await answer(stage, "explain db.drop_table")

    assert asks.startswith("*k8s.restart* asks people in this channel.")
    assert "It needs 1 of sre and 1 of leads; timeout 5m, risk high." in asks
    assert f"could be approved now by <@{BOB}>, <@{CAROL}>." in asks
    assert "#prod, rule 2 (policy.yml:1" in asks
    assert "says ask for k8s.* when" in asks
    assert "falls under `#general`" in asks
    assert "runs without asking" in allowed
    assert "is denied" in denied
    assert "The policy says: Dropping is done by hand." in denied


async def test_explain_leaves_out_whoever_asks_because_they_could_not_approve(
    stage: Scene,
) -> None:
    told = await answer(stage, "explain service_restart", BOB)

    assert f"could be approved now by <@{CAROL}>." in told


async def test_more_than_a_message_holds_is_cut_at_a_line_and_says_so(stage: Scene) -> None:
    rule = "      - {{tool: 'team{number}.restart_*', effect: ask, message: '{words}'}}\n"
    rules = "".join(rule.format(number=number, words="why " * 30) for number in range(200))
    stage.set_policy(
        read_policy(FILE.replace('  "#general": {', f'{rules}  "#general": {{').encode())
    )

    await answer(stage, "policy")

    (shown,) = stage.slack.workspace.ephemerals(ALICE, PROD)
    assert "rule 3 asks for" in str(shown.blocks)
    assert len(texts(shown.blocks)) < 10_000
    assert texts(shown.blocks).splitlines()[-1].startswith("… and ")


def texts(blocks: Any) -> str:
    """Everything that is written in *blocks*."""
    if isinstance(blocks, list):
        return "".join(map(texts, blocks))
    own = blocks["text"] if isinstance(blocks.get("text"), str) else ""
    return own + texts(blocks.get("elements", []))


@pytest.mark.parametrize("text", ["history", "stats", "policy", "explain x", "mine"])
async def test_guests_are_told_nothing(stage: Scene, text: str) -> None:
    await stage.ask("secret_tool", requester=Requester(agent="ops", person=DANA))

    assert "Guests of the workspace may not look" in await answer(stage, text, DANA)
    assert "Guests" not in await answer(stage, text, BOB)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("explain", "Name a tool."),
        ("explain k8s.restart prod", "is not KEY=VALUE"),
        ("explain x a=1 a=2", "is given twice"),
        ("stats many", "Give a number of days, from 1 to 90."),
        ("stats 91", "Give a number of days, from 1 to 90."),
        ("stats 1 2", "Give a number of days, from 1 to 90."),
        ("mine all", "This takes nothing after it."),
    ],
)
async def test_what_is_not_understood_is_said(stage: Scene, text: str, told: str) -> None:
    assert told in await answer(stage, text)


async def test_a_channel_without_rules_has_no_policy_to_tell(stage: Scene) -> None:
    stage.set_policy(policy())

    for text in ("policy", "explain x"):
        told = await answer(stage, text, channel=GENERAL)
        assert "no rules for this channel" in told


async def test_help_of_every_verb_says_how_it_is_written(stage: Scene) -> None:
    for verb in VERBS:
        assert f"`/approvals {verb.name}" in await answer(stage, f"help {verb.name}")
