"""A3: words of agents, people and the policy stay words in threads and in private sentences."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from approvals.storage.policy_reader import read_policy
from bot.sandbox.nouns import Message
from tests.cards.builders import objects
from tests.security.test_whole_run import LIVE, LURE
from tests.slack_door import runs
from tests.slack_door.scene import ALICE, BOB, POLICY, PROD, Scene, scene

ASKING = POLICY.replace("{usergroups: [S0SRE]}", "{users: [U0BOB]}").replace(
    "effect: ask", 'effect: ask, message: "<!here> & <@U0EVIL>"'
)
DENYING = ASKING.replace("effect: ask", "effect: deny")
OURS = re.compile(r"<@U0ALICE>|^> |<!date\^\d+\^[^>|]*\|[^>]*>", re.MULTILINE)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path, people="{users: [U0BOB]}") as opened:
        yield opened


def assert_only_words(text: str) -> None:
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", OURS.sub("", text)), text


async def test_a3_in_the_thread_of_a_task_only_our_own_mention_is_live(stage: Scene) -> None:
    await stage.slack.interactions.slash_command(ALICE, PROD, f"/agent restart {LURE}")
    await stage.settle()
    (run,) = await runs.runs(stage)
    steps = stage.door.steps_of(await runs.taken(stage, run))
    await steps.step(f"{LURE} :tada:")
    await runs.ended(stage, run, answer=f"{LURE} :tada:")

    (root,) = stage.slack.workspace.messages(PROD)
    told: list[Message] = list(stage.slack.workspace.messages(PROD, thread_ts=root.ts))
    assert len(told) == 3
    for message in told:
        assert "&lt;@U0EVIL&gt;" in message.text
        assert_only_words(message.text)
        live = [each for kind in LIVE for each in objects(message.blocks, kind)]
        assert live in ([], [{"type": "user", "user_id": ALICE}])
    for call in stage.slack.calls.of("chat.postMessage"):
        asked = {name: call.arguments[name] for name in ("parse", "link_names", "unfurl_links")}
        assert asked == {"parse": "none", "link_names": False, "unfurl_links": False}


async def test_a3_why_a_task_is_refused_is_told_as_words(stage: Scene) -> None:
    await stage.slack.interactions.slash_command(ALICE, PROD, f'/agent run x agent="{LURE}"')
    await stage.settle()

    (sentence,) = stage.told(ALICE)
    assert "&lt;@U0EVIL&gt;" in sentence
    assert_only_words(sentence)


async def test_a3_what_the_policy_says_is_told_as_words(stage: Scene) -> None:
    stage.set_policy(read_policy(ASKING.encode()))
    request = await stage.ask()
    stage.set_policy(read_policy(DENYING.encode()))

    for _ in range(2):
        await stage.send(await stage.payload(BOB, request))

    denied, ended = stage.told(BOB)
    for sentence in (denied, ended):
        assert "&lt;!here&gt; &amp; &lt;@U0EVIL&gt;" in sentence
        assert_only_words(sentence)


async def test_a3_a_private_answer_without_an_address_of_its_own_makes_nothing_live(
    stage: Scene,
) -> None:
    request = await stage.ask()

    await stage.send(await stage.payload(ALICE, request))  # it carries no response_url

    (call,) = stage.slack.calls.of("chat.postEphemeral")
    assert (call.arguments["parse"], call.arguments["link_names"]) == ("none", False)
