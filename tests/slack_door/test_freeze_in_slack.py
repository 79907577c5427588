"""What people see of a freeze in Slack: the channel's message, the card, the private sentence."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from approvals.domain.freeze import ALL, Hand
from approvals.operations.freeze import freeze, unfreeze
from bot.slack import buttons
from tests.cards.builders import objects, shown
from tests.slack_door.scene import BOB, CAROL, PROD, Scene, scene

CONSOLE = Hand(console="root <!channel> *x*")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path) as opened:
        yield opened


async def said(stage: Scene) -> list[str]:
    """What stands in the channel, cards aside."""
    messages = stage.slack.workspace.messages(PROD)
    return [shown(each.blocks) for each in messages if "❄" in each.text or "☀" in each.text]


async def test_the_channel_is_told_who_froze_it_why_and_when_it_is_over(stage: Scene) -> None:
    await freeze(stage.desk, PROD, by=Hand(user=CAROL), reason="a bad <!here> deploy")
    await stage.deliver()
    await unfreeze(stage.desk, PROD, by=Hand(user=BOB))
    await stage.deliver()

    began, ended = await said(stage)
    assert "This channel is frozen by" in began
    assert began.startswith("❄ This channel is frozen by ")
    assert "a bad <!here> deploy" in began  # in an element in which nothing is parsed
    assert "no longer frozen after under 1 s, lifted by" in ended


async def test_a_card_says_that_approving_is_refused_and_so_does_the_answer_to_a_click(
    stage: Scene,
) -> None:
    request = await stage.ask()
    await freeze(stage.desk, ALL, by=CONSOLE, reason="a bad <!here> deploy")
    await stage.deliver()
    blocks = (await stage.message(request)).blocks
    assert "Everything is frozen by root" in shown(blocks)
    assert [each.get("style") for each in objects(blocks, "button")][:2] == [None, "danger"]

    await stage.click(BOB, request)

    (told,) = stage.told(BOB)
    assert "at the gateway's console" in told
    assert "<!here>" not in told
    assert "<!channel>" not in told
    assert "Nothing was decided. You may still reject." in told
    await stage.click(BOB, request, buttons.REJECT)


async def test_the_card_is_as_before_when_the_freeze_has_ended(stage: Scene) -> None:
    request = await stage.ask()
    before = shown((await stage.message(request)).blocks)
    await freeze(stage.desk, PROD, by=CONSOLE, reason="x")
    await stage.deliver()
    await unfreeze(stage.desk, PROD, by=CONSOLE)
    await stage.deliver()

    assert shown((await stage.message(request)).blocks) == before
