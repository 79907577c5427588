"""The shortcut "Ask for approval": a message's words become a question, in a form."""

from typing import Any

from approvals.domain.approval_request import ApprovalRequest
from bot.sandbox.hands.reach import InteractionResult
from bot.slack import ask_form_view as form
from bot.slack.ask_form import ASK_FOR_APPROVAL
from tests.slack_door.scene import ALICE, BOB, CAROL, DANA, PROD, Scene


async def opens(stage: Scene, text: str, person: str = ALICE) -> dict[str, Any]:
    """Use the shortcut on a message and return the form's view."""
    ts = await stage.slack.interactions.say(ALICE, PROD, text)
    await stage.slack.interactions.use_shortcut(
        person, channel=PROD, ts=ts, callback_id=ASK_FOR_APPROVAL
    )
    await stage.settle()
    return dict(stage.window(person).view)


async def submits(stage: Scene, person: str = ALICE, **typed: Any) -> InteractionResult:
    values = {
        form.QUESTION_BLOCK: {form.QUESTION_ACTION: typed.get("question", "Deploy?")},
        form.NAMED_BLOCK: {form.NAMED_ACTION: typed.get("named", [])},
        form.WITHIN_BLOCK: {form.WITHIN_ACTION: typed.get("within")},
    }
    result = await stage.slack.interactions.submit_view(person, stage.window(person).id, values)
    await stage.settle()
    return result


async def pending(stage: Scene) -> list[ApprovalRequest]:
    return list(await stage.desk.store.look(lambda snapshot: snapshot.pending(limit=9)))


async def test_a_messages_words_are_asked_in_its_channel(stage: Scene) -> None:
    view = await opens(stage, "Can <@U0BOB|bob> deploy 2.3 &amp; 2.4?")
    assert "Can @bob deploy 2.3 & 2.4?" in str(view["blocks"])

    await submits(stage, question="Deploy 2.3?", within="5m")

    (request,) = await pending(stage)
    assert await stage.headline(request) == "🟠 Medium risk · Deploy 2.3?"
    assert "closes in 5 min" in stage.told(ALICE)[-1]
    assert stage.slack.workspace.view_stack(ALICE) == []


async def test_whom_the_form_names_has_to_approve_too(stage: Scene) -> None:
    await opens(stage, "Deploy?")
    await submits(stage, named=[CAROL])
    (request,) = await pending(stage)

    await stage.click(BOB, request)
    assert (await stage.stored(request)).is_pending
    await stage.click(CAROL, request)
    assert not (await stage.stored(request)).is_pending


async def test_what_is_wrong_is_said_beside_its_field_and_asks_nobody(stage: Scene) -> None:
    await opens(stage, "Deploy?")

    late = await submits(stage, within="soon")
    guest = await submits(stage, named=[DANA])

    assert "is not a duration" in late.errors[form.WITHIN_BLOCK]
    assert "Somebody you name may not decide" in guest.errors[form.NAMED_BLOCK]
    assert await pending(stage) == []
    assert (await submits(stage)).errors == {}
    assert len(await pending(stage)) == 1


async def test_a_guest_asks_nobody_through_the_form_either(stage: Scene) -> None:
    await opens(stage, "Deploy?", DANA)

    result = await submits(stage, DANA)

    assert "Guests of the workspace" in result.errors[form.QUESTION_BLOCK]
    assert await pending(stage) == []
