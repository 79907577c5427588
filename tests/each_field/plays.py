"""What happens to a call, from the agent's asking on, in one word that a field can change."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from approvals.domain.approval_request import Cause
from approvals.domain.audit import AuditName
from approvals.domain.errors import Refusal
from approvals.domain.ids import KeyId
from approvals.domain.key import Key, Scope
from approvals.domain.limits import Limits
from approvals.gate.exceptions import CallNotApproved, CallPaused
from approvals.operations.ask_by_key import AskedByKey, ask_by_key
from approvals.operations.cancel_request import cancel_request
from approvals.operations.freeze import unfreeze
from approvals.operations.policy_news import policy_in_force
from bot.slack import buttons
from bot.slack.extend_form import UNTIL_ACTION, UNTIL_BLOCK
from bot.slack.form_fields import VALUE_ACTION, block_of
from bot.webhooks.signing import key_of, signed_headers
from tests.cards.builders import labels, objects, shown
from tests.each_field.stage import SECRETS, Asked, FieldStage
from tests.security.evidence import recorded
from tests.slack_door.scene import ALICE, BOB, CAROL, PROD
from tests.webhooks.receiver import Received

Play = Callable[[FieldStage], Awaitable[object]]


async def asked(stage: FieldStage) -> str:
    """How the call is answered before any person does anything."""
    return await stage.word(await stage.asks())


def after(minutes: float) -> Play:
    """Where the call stands when nobody has answered for so long."""

    async def play(stage: FieldStage) -> str:
        call = await stage.asks()
        await stage.passes(minutes)
        return await stage.word(call)

    return play


def approved_by(*people: str, minutes: float = 0) -> Play:
    """Where the call stands when these people have pressed Approve, so long after it was asked."""

    async def play(stage: FieldStage) -> str:
        call = await stage.asks()
        if minutes:
            await stage.passes(minutes)
        for person in people:
            await stage.presses(person, call, buttons.APPROVE)
        return await stage.word(call)

    return play


def posted(minutes: float = 0) -> Play:
    """The channels in which the call stands after so long, in the order it was posted."""

    async def play(stage: FieldStage) -> list[str]:
        call = await stage.asks()
        if minutes:
            await stage.passes(minutes)
        return [card.channel_id for card in stage.cards(call)]

    return play


def reminders(*minutes: float) -> Play:
    """How many reminders stand below the card after each of these times."""

    async def play(stage: FieldStage) -> list[int]:
        call, found = await stage.asks(), []
        for each in minutes:
            await stage.passes(each)
            found.append(len(stage.thread(call)))
        return found

    return play


async def called(stage: FieldStage) -> bool:
    """Whether the first card mentions Carol."""
    call = await stage.asks()
    return f"<@{CAROL}>" in stage.cards(call)[0].text


async def first_button(stage: FieldStage) -> str:
    """What stands on the button that approves."""
    call = await stage.asks()
    return labels(stage.cards(call)[0].blocks)[0]


async def asked_twice(stage: FieldStage) -> str:
    """What stands on the button that approves, once the same was asked again."""
    first = await stage.asks()
    await stage.asks()
    return labels(stage.cards(first)[0].blocks)[0]


async def asked_two(stage: FieldStage) -> int:
    """How many cards two different calls have."""
    first, second = await stage.asks(1), await stage.asks(2)
    return len({each.ts for call in (first, second) for each in stage.cards(call)})


async def compared(stage: FieldStage) -> str:
    """What the card says changes; nothing where it compares nothing."""
    call = await stage.asks(arguments={"old": "1", "new": "2", "newer": "3"})
    drawn = map(shown, objects(stage.cards(call)[0].blocks, "rich_text_preformatted"))
    return next((text for text in drawn if text.startswith("@@")), "")


async def paged(stage: FieldStage) -> list[tuple[str, str]]:
    """Where webhooks are told when nobody answers, and with whose secret that is signed."""
    await stage.asks()
    await stage.passes(1)
    return [(got.path, _signed_with(got)) for got in stage.receiver.received]


async def called_back(stage: FieldStage) -> str | list[str]:
    """Where an agent that asks with a key is called back when its request has ended."""
    desk = stage.slack.desk
    key = Key(
        id=KeyId("key"),
        digest="0" * 64,
        scopes=frozenset({Scope.REQUEST}),
        owner=ALICE,
        agent="caller",
        created_at=desk.clock.now(),
    )
    asked = AskedByKey(call=stage.proposal(1).call, callback="pager")
    try:
        request, _ = await ask_by_key(desk, key, asked, limits=Limits())
    except Refusal as refusal:
        return refusal.code
    await cancel_request(desk, request.id, Cause.REQUESTER)
    await stage.settled()
    return [got.path for got in stage.receiver.received]


def _signed_with(got: Received) -> str:
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), tz=UTC)
    for name, secret in SECRETS.items():
        signed = signed_headers([key_of(secret)], got.headers["webhook-id"], got.body, at=at)
        if signed["webhook-signature"] == got.headers["webhook-signature"]:
            return name
    return "nobody"


async def extended(stage: FieldStage) -> bool:
    """Whether Bob can put the end off."""
    call = await stage.asks()
    assert call.request is not None
    await stage.presses(BOB, call, buttons.EXTEND)
    for window in stage.slack.slack.workspace.view_stack(BOB):
        for element in objects(window.view["blocks"], "radio_buttons"):
            chosen = {UNTIL_BLOCK: {UNTIL_ACTION: element["options"][0]["value"]}}
            await stage.slack.slack.interactions.submit_view(BOB, window.id, chosen)
            await stage.settled()
    return (await stage.slack.stored(call.request)).expires_at > call.request.expires_at


def used_after(minutes: float, *, looked: bool) -> Play:
    """Whether a paused run may use its approval so long after; *looked*: once it knows of it."""

    async def comes(stage: FieldStage, *, claims: bool) -> str:
        try:
            await stage.gateway.ask(stage.proposal(1, pauses=True, claims=claims))
        except (CallPaused, CallNotApproved) as why:
            return type(why).__name__
        return "runs"

    async def play(stage: FieldStage) -> str:
        call = await stage.asks(pauses=True)
        await stage.presses(BOB, call, buttons.APPROVE)
        if looked:
            await comes(stage, claims=False)
        await stage.passes(minutes)
        return await comes(stage, claims=True)

    return play


async def approved_by_who_joined(stage: FieldStage) -> str:
    """Where the call stands when who has joined the approvers after it was asked approves."""
    workspace = stage.slack.slack.workspace
    (group,) = (each for each in workspace.usergroups() if each.id == "S0SRE")
    workspace.put_usergroup(replace(group, members=(BOB,)))
    call = await stage.asks()
    workspace.put_usergroup(replace(group, members=(BOB, CAROL)))
    await stage.presses(CAROL, call, buttons.APPROVE)
    return await stage.word(call)


async def ready_reasons(stage: FieldStage) -> bool:
    """Whether the form of Reject offers reasons to choose from."""
    call = await stage.asks()
    await stage.presses(BOB, call, buttons.REJECT)
    return "Planned work" in str(stage.slack.window(BOB).view["blocks"])


def another(minutes: float = 0) -> Play:
    """How the agent's second call is answered, so long after the first."""

    async def play(stage: FieldStage) -> str:
        await stage.asks(1)
        await stage.passes(minutes)
        return await stage.word(await stage.asks(2))

    return play


async def repeated(stage: FieldStage) -> str:
    """How a call is answered that was rejected just before."""
    first = await stage.asks()
    await stage.presses(BOB, first, buttons.REJECT)
    window = stage.slack.window(BOB)
    await stage.slack.slack.interactions.submit_view(BOB, window.id, {})
    again = await stage.asks()
    return await stage.word(again)


async def _changed(stage: FieldStage) -> Asked:
    call = await stage.asks()
    await stage.presses(BOB, call, buttons.EDIT)
    for window in stage.slack.slack.workspace.view_stack(BOB):
        typed = {block_of(0): {VALUE_ACTION: "7"}}
        await stage.slack.slack.interactions.submit_view(BOB, window.id, typed)
    await stage.settled()
    return call


async def edited(stage: FieldStage) -> object:
    """What the call's argument is when Bob has tried to change it."""
    call = await _changed(stage)
    assert call.request is not None
    return (await stage.slack.stored(call.request)).call.arguments["n"]


async def approved_by_editor(stage: FieldStage) -> str:
    """Where the call stands when Bob has changed it and approves it."""
    call = await _changed(stage)
    await stage.presses(BOB, call, buttons.APPROVE)
    return await stage.word(call)


async def written_down(stage: FieldStage) -> int:
    """How much of an allowed call is in the audit log when it may run."""
    assert await asked(stage) == "allowed"
    log = recorded(stage.directory / "sayso.db", AuditName.CALL_ALLOWED)
    return len([each for each in log if stage.agent in str(each)])


async def denied_with(stage: FieldStage) -> bool:
    """Whether the agent is told the rule's own sentence."""
    call = await stage.asks()
    assert await stage.word(call) == "CallDenied"
    return "By hand." in str(call.task.exception())


async def told_of_policies(stage: FieldStage) -> list[str]:
    """In which channels it is told that another policy has come into force."""
    desk, before = stage.slack.desk, {each.ts for each in stage.messages()}
    for version in ("one", "two"):
        await policy_in_force(desk, stage.policy(f"# {version}"), version)
    await stage.settled()
    return sorted({each.channel_id for each in stage.messages() if each.ts not in before})


def typed(person: str, text: str, *, told: str) -> Play:
    """Whether who types this command is answered so."""

    async def play(stage: FieldStage) -> bool:
        await stage.slack.slack.interactions.slash_command(person, PROD, text)
        await stage.settled()
        answer = stage.slack.told(person)[-1]
        for freeze in await stage.slack.desk.store.freezes():
            await unfreeze(stage.slack.desk, freeze.scope, by=freeze.by)
        return told in answer

    return play


starts_a_task = typed(CAROL, "/agent look into it", told="Queued as")
