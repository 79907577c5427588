"""Cards of calls that belong to an agent task: when they run, and what became of them."""

from dataclasses import replace
from typing import Any

import pytest

from approvals.domain.ids import ChannelId, ConversationId, RunId, UserId
from approvals.domain.lifecycle import PermitEvent
from approvals.domain.permit import Permit, Settlement
from approvals.domain.run import Run, RunCause, RunStatus
from approvals.operations.ports import CardContent
from bot.slack import buttons
from bot.slack.cards import card_blocks
from tests.cards.builders import ASKED_AT, BOB, approved, objects, texts


def in_run(content: CardContent, status: RunStatus = RunStatus.PAUSED) -> CardContent:
    run = Run(
        id=RunId("R1"),
        status=status,
        cause=RunCause.PERSON if status is RunStatus.CANCELLED else None,
        agent="ops",
        starter=UserId("U1ALICE"),
        channel=ChannelId("C1"),
        task="restart checkout",
        conversation=ConversationId("R1"),
        created_at=ASKED_AT,
    )
    return replace(content, run=run)


def settled(settlement: Settlement) -> CardContent:
    content = in_run(approved(PermitEvent.CLAIM, PermitEvent.LOSE))
    assert isinstance(content.permit, Permit)
    permit = replace(content.permit, settlement=settlement, settled_by=BOB, settled_at=ASKED_AT)
    return replace(content, permit=permit)


def read(blocks: list[dict[str, Any]]) -> str:
    return " ".join(texts(blocks))


def labels(blocks: list[dict[str, Any]]) -> list[str]:
    return [str(each["action_id"]) for each in objects(blocks, "button")]


def test_an_approved_call_of_a_running_turn_says_what_it_waits_for() -> None:
    blocks = card_blocks(in_run(approved(), RunStatus.RUNNING), ASKED_AT)

    assert "It runs when the other calls of this turn have ended." in read(blocks)
    assert "at once" not in read(blocks)


def test_the_card_of_a_task_names_the_task() -> None:
    assert " · task R1" in read(card_blocks(in_run(approved()), ASKED_AT))


def test_an_approved_call_of_a_paused_task_promises_no_waiting_agent() -> None:
    blocks = card_blocks(in_run(approved()), ASKED_AT)

    assert "The agent task waits in line and goes on with it." in read(blocks)
    assert "A waiting agent" not in read(blocks)


def test_an_approved_call_of_an_ended_task_says_that_it_does_not_run() -> None:
    blocks = card_blocks(in_run(approved(), RunStatus.CANCELLED), ASKED_AT)

    assert "the agent task has ended. It does not run." in read(blocks)


def test_an_interrupted_call_of_a_task_asks_what_became_of_it() -> None:
    content = in_run(approved(PermitEvent.CLAIM, PermitEvent.LOSE))

    blocks = card_blocks(content, ASKED_AT)

    assert labels(blocks) == [buttons.HAPPENED, buttons.AGAIN, buttons.GAVE_UP]
    assert "nothing runs before its card is approved" in read(blocks)


def test_a_call_whose_end_is_not_known_says_why_and_blames_no_crash() -> None:
    lost = approved(PermitEvent.CLAIM, PermitEvent.LOSE, result="No result within 0:05:00.")

    told = read(card_blocks(in_run(lost), ASKED_AT))

    assert "No result within 0:05:00." in told
    assert "the gateway stopped" not in told
    assert "the gateway stopped" in read(
        card_blocks(in_run(approved(PermitEvent.CLAIM, PermitEvent.LOSE)), ASKED_AT)
    )


def test_an_interrupted_call_of_a_task_that_has_ended_asks_nobody() -> None:
    lost = in_run(approved(PermitEvent.CLAIM, PermitEvent.LOSE), RunStatus.CANCELLED)

    blocks = card_blocks(lost, ASKED_AT)

    assert labels(blocks) == []
    assert "Check before running it again." in read(blocks)


def test_a_call_nobody_said_anything_of_puts_no_words_into_anybodys_mouth() -> None:
    content = settled(Settlement.GAVE_UP)
    assert isinstance(content.permit, Permit)
    content = replace(content, permit=replace(content.permit, settled_by=None))

    told = read(card_blocks(content, ASKED_AT))

    assert "The agent task ended before anybody said it." in told
    assert "gave it up" not in told


def test_an_interrupted_call_outside_a_task_asks_nobody() -> None:
    blocks = card_blocks(approved(PermitEvent.CLAIM, PermitEvent.LOSE), ASKED_AT)

    assert labels(blocks) == []
    assert "Check before running it again." in read(blocks)


@pytest.mark.parametrize(
    ("settlement", "words"),
    [
        (Settlement.HAPPENED, "says: it happened"),
        (Settlement.AGAIN, "wants it run again. It is asked again before anything runs"),
        (Settlement.GAVE_UP, "gave it up"),
    ],
)
def test_a_settled_call_says_who_said_what_and_has_no_buttons(
    settlement: Settlement, words: str
) -> None:
    blocks = card_blocks(settled(settlement), ASKED_AT)

    assert labels(blocks) == []
    assert words in read(blocks)
    assert {"type": "user", "user_id": BOB} in list(objects(blocks, "user"))
