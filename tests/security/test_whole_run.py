"""A3, A4, B24: all that leaves a whole gateway in a run, and words that decide nothing."""

import asyncio
import re
from pathlib import Path
from typing import Any

from bot.slack import buttons
from bot.slack.reason_form import REASON_ACTION, REASON_BLOCK
from tests.cards.builders import objects
from tests.security.whole_gateway import BOB, PROD, WholeGateway, a_whole_gateway, eventually
from tests.state_machine.log import Log

LURE = (
    "<!channel> <!here> <!subteam^S1> <@U0EVIL> <#C1> <https://evil.example|https://bank.example>"
)
OURS = re.compile(r"<@U0(ALICE|BOB|CAROL|SAYSO)>|<#C0PROD>|<!date\^\d+\^[^>|]*\|[^>]*>")
LIVE = ("link", "broadcast", "usergroup", "emoji")
WRITING = ("chat.postMessage", "chat.update", "views.open")


async def a_run_full_of_lures(whole: WholeGateway) -> None:
    """Two calls: one approved, whose tool answers with a lure; one rejected with a lure."""

    async def tool(payload: dict[str, Any]) -> str:
        return LURE

    tool.__name__ = tool.__qualname__ = f"tool {LURE}"[:190]
    guarded, shown = whole.gate.guard(tool), whole.slack.workspace.messages
    with whole.gate.calling(reason=LURE):
        approved = asyncio.create_task(guarded({LURE: LURE}))
        card = await whole.card()
        await whole.press("U0ALICE", card)  # who is no approver
        await whole.press(BOB, card)
        await approved
        await eventually(lambda: "succeeded" in str(shown(PROD)))
        rejected = asyncio.create_task(guarded({"n": [LURE]}))
        card = await whole.card()
        await whole.press(BOB, card, buttons.DETAILS)
        await whole.press(BOB, card, buttons.REJECT)
        stack = whole.slack.workspace.view_stack
        await eventually(lambda: REASON_BLOCK in str([each.view for each in stack(BOB)]))
        typed = {REASON_BLOCK: {REASON_ACTION: LURE}}
        await whole.slack.interactions.submit_view(BOB, stack(BOB)[-1].id, typed)
        await asyncio.gather(rejected, return_exceptions=True)
    closed = ("✅", "❌", "succeeded")
    await eventually(
        lambda: all(mark in str(whole.slack.workspace.messages(PROD)) for mark in closed)
    )


def assert_nothing_live(arguments: dict[str, Any]) -> None:
    for text in (arguments.get("text") or "", *mrkdwn(arguments)):
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", OURS.sub("", text)), text
    drawn = [arguments.get("blocks", []), arguments.get("view", {})]
    assert [each for kind in LIVE for each in objects(drawn, kind)] == []
    assert all(plain.get("emoji") is False for plain in objects(drawn, "plain_text"))


def mrkdwn(arguments: dict[str, Any]) -> list[str]:
    drawn = [arguments.get("blocks", []), arguments.get("view", {})]
    return [found["text"] for found in objects(drawn, "mrkdwn")]


async def test_a3_a4_nothing_that_leaves_the_gateway_in_a_whole_run_is_live(
    tmp_path: Path,
) -> None:
    async with a_whole_gateway(tmp_path) as whole:
        await a_run_full_of_lures(whole)
        calls = [call for call in whole.slack.calls if call.method in WRITING]
        private = whole.slack.workspace.ephemerals("U0ALICE", PROD)

    assert {call.method for call in calls} == set(WRITING)
    assert len(private) == 1
    assert "evil.example" in str([call.arguments for call in calls])
    for message in private:
        assert_nothing_live({"text": message.text, "blocks": message.blocks})
    for call in calls:
        assert_nothing_live(call.arguments)
        assert (call.arguments.get("parse"), call.arguments.get("link_names")) in {
            ("none", False),
            (None, None),
        }
        if call.method == "chat.postMessage":
            arguments = call.arguments
            assert (arguments["unfurl_links"], arguments["unfurl_media"]) == (False, False)
            assert (arguments["parse"], arguments["link_names"]) == ("none", False)


async def test_b24_what_people_say_or_react_with_in_the_thread_decides_nothing(
    tmp_path: Path,
) -> None:
    ran = []
    async with a_whole_gateway(tmp_path) as whole:

        @whole.gate.guard
        async def restart(service: str) -> None:
            ran.append(service)

        calling = asyncio.create_task(restart("checkout"))
        card = await whole.card()
        about = {"team_id": whole.slack.team_id, "api_app_id": whole.slack.app_id}
        said = {"type": "message", "user": BOB, "channel": PROD, "thread_ts": card.ts}
        thumb = {"type": "reaction_added", "user": BOB, "item": {"channel": PROD, "ts": card.ts}}
        events: list[dict[str, Any]] = [
            *({**said, "text": text} for text in ("yes", "approve", "/approve", "LGTM", "👍")),
            *(
                {**said, "type": "app_mention", "text": f"<@{name}> approve"}
                for name in ("U0SAYSO",)
            ),
            *(
                {**thumb, "reaction": name}
                for name in ("white_check_mark", "+1", "heavy_check_mark")
            ),
        ]
        for event in events:
            body = {**about, "type": "event_callback", "event": event}
            assert (await whole.slack.interactions.deliver("events_api", body)).acked
        for words in ("yes", "approve"):
            await whole.slack.interactions.say(BOB, PROD, words)
        await asyncio.sleep(0.1)

        log = Log.read(whole.database)
        assert [row["status"] for row in log.requests.values()] == ["pending"]
        assert not [each.name for each in log.events if each.name.startswith("decision.")]
        assert (ran, calling.done()) == ([], False)
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
