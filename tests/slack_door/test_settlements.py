"""A call that was cut off in its middle: its card asks people, and their word counts once."""

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.permit import Settlement
from approvals.operations.report_execution import report_execution
from bot.sandbox.nouns import Message
from bot.slack import buttons
from tests.cards.builders import objects
from tests.slack_door import runs
from tests.slack_door.scene import ALICE, BOB, DANA, PROD, Scene


async def test_an_allowed_call_has_no_card_until_it_is_interrupted(stage: Scene) -> None:
    run = await runs.running(stage)
    request = await runs.allowed(stage, run)

    assert (await stage.card(request)).ts is None

    await runs.dies_in(stage, request)

    card = await stage.message(request)
    assert card.thread_ts == (await runs.root(stage, run)).ts
    assert [each["action_id"] for each in objects(card.blocks, "button")] == [
        buttons.HAPPENED,
        buttons.AGAIN,
        buttons.GAVE_UP,
    ]


async def test_an_allowed_call_that_ends_well_never_gets_a_card(stage: Scene) -> None:
    run = await runs.running(stage)
    request = await runs.allowed(stage, run)
    await runs.claimed(stage, request)

    await report_execution(stage.desk, request.id, succeeded=True, result="deleted")
    await stage.deliver()

    assert (await stage.card(request)).ts is None


async def test_the_starter_says_what_became_of_it_and_the_card_shows_who_said_what(
    stage: Scene,
) -> None:
    run = await runs.running(stage)
    request = await runs.interrupted(stage, run)

    await stage.click(ALICE, request, buttons.HAPPENED)

    card = await stage.message(request)
    assert "says: it happened" in said(card)
    assert list(objects(card.blocks, "button")) == []
    assert await settlement(stage, request) is Settlement.HAPPENED
    assert stage.told(ALICE) == []


async def test_run_it_again_runs_nothing_by_itself(stage: Scene) -> None:
    run = await runs.running(stage)
    request = await runs.interrupted(stage, run)

    await stage.click(BOB, request, buttons.AGAIN)

    assert "asked again before anything runs" in said(await stage.message(request))
    assert await settlement(stage, request) is Settlement.AGAIN
    assert run.id in [job.subject for job in stage.resumes]


async def test_only_the_first_word_counts(stage: Scene) -> None:
    run = await runs.running(stage)
    request = await runs.interrupted(stage, run)
    late = await stage.payload(BOB, request, buttons.AGAIN)
    await stage.click(ALICE, request, buttons.GAVE_UP)

    await stage.send(late)

    assert "has already said what became of this call" in stage.told(BOB)[-1]
    assert await settlement(stage, request) is Settlement.GAVE_UP


async def test_who_neither_started_nor_approves_has_no_word(stage: Scene) -> None:
    run = await runs.started(stage, starter=BOB)
    await runs.taken(stage, run)
    request = await runs.interrupted(stage, run)

    await stage.click(ALICE, request, buttons.HAPPENED)
    await stage.click(DANA, request, buttons.HAPPENED)

    assert "Only who started the task" in stage.told(ALICE)[-1]
    assert "Guests" in stage.told(DANA)[-1]
    assert await settlement(stage, request) is None


async def test_the_root_message_says_that_somebody_has_to_say_it(stage: Scene) -> None:
    run = await runs.running(stage)
    request = await runs.interrupted(stage, run)
    await runs.pauses(stage, run, request)

    status = runs.said(await runs.root(stage, run), "status")

    assert "pods_delete was interrupted: somebody has to say on its card" in status
    assert (await stage.card(request)).channel == PROD


async def settlement(stage: Scene, request: ApprovalRequest) -> Settlement | None:
    permit = await stage.desk.store.write(lambda tx: tx.permit(request.id))
    assert permit is not None
    return permit.settlement


def said(message: Message) -> str:
    return runs.said(message, "story")
