"""The button that approves says the deed where the tool's author or the policy names one."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from approvals.domain.requirement import Risk, WantedReason
from approvals.domain.terms import DEED, REASON, RISK
from approvals.gate import Gate, ToolTraits
from approvals.operations.ports import CardContent
from bot.slack.cards import card_blocks
from bot.slack.full_view import view_page
from tests.cards.builders import ASKED_AT, a_content, a_request, labels, shown
from tests.cards.slack_rules import assert_slack_takes_message
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway, a_policy


def with_deed(deed: str, **said: Any) -> CardContent:
    request = a_request()
    terms = request.requirement.terms.with_said(DEED, deed)
    for option, value in ((RISK, said.get("risk")), (REASON, said.get("reason"))):
        terms = terms if value is None else terms.with_said(option, value)
    return a_content(replace(request, requirement=replace(request.requirement, terms=terms)))


def test_approve_says_the_deed_and_reject_stays_reject() -> None:
    blocks = card_blocks(with_deed("restart"), ASKED_AT)

    assert labels(blocks)[:2] == ["Approve restart", "Reject"]
    assert "Run k8s.restart_service?" in shown(blocks)
    assert_slack_takes_message(blocks)


def test_the_last_page_and_the_confirm_dialog_say_it_too() -> None:
    content = with_deed("restart", risk=Risk.HIGH)
    (approve, *_) = card_blocks(content, ASKED_AT)[-2]["elements"]

    assert approve["confirm"]["confirm"]["text"] == "Approve restart"
    assert "Approve restart" in labels(view_page(content))
    assert_slack_takes_message(card_blocks(content, ASKED_AT))


def test_where_a_reason_is_wanted_the_dots_stay() -> None:
    blocks = card_blocks(with_deed("restart", reason=WantedReason.ALWAYS), ASKED_AT)

    assert labels(blocks)[0] == "Approve restart…"


@pytest.mark.parametrize(
    "stored", ["nothing <!here>", ":white_check_mark:", "x" * 80, "re\u202estart"]
)
def test_a_stored_text_that_is_no_deed_is_not_shown(stored: str) -> None:
    assert labels(card_blocks(with_deed(stored), ASKED_AT))[0] == "Approve"


async def test_the_author_of_a_tool_declares_its_deed_in_code() -> None:
    async with a_gateway() as gateway:
        gate = Gate(agent="deploy-bot")
        gate.use(gateway.gateway)

        @gate.guard(traits=ToolTraits(deed="restart"))
        async def restart_service(service: str) -> None:
            """Restart."""

        assert await _label(gateway, restart_service("web")) == "Approve restart"


async def test_the_policy_s_deed_stands_before_the_code_s() -> None:
    text = POLICY.replace('"restart_*", effect: ask', "restart_it, effect: ask, deed: bounce")
    async with a_gateway() as gateway:
        gateway.policies.append(a_policy(text))
        gate = Gate(agent="deploy-bot")
        gate.use(gateway.gateway)

        @gate.guard(traits=ToolTraits(deed="restart"))
        async def restart_it(service: str) -> None:
            """Restart."""

        assert await _label(gateway, restart_it("web")) == "Approve bounce"


async def test_nothing_an_agent_passes_comes_onto_the_button() -> None:
    async with a_gateway() as gateway:
        gate = Gate(agent="deploy-bot")
        gate.use(gateway.gateway)

        @gate.guard
        async def restart_it(deed: str, label: str, traits: dict[str, str]) -> None:
            """Restart."""

        with gate.calling(reason="deed: read only"):
            asked = restart_it("read only", "Approve read only", {"deed": "read only"})
            assert await _label(gateway, asked) == "Approve"


def test_a_deed_in_code_that_is_no_plain_word_is_refused_when_it_is_declared() -> None:
    with pytest.raises(ValueError, match="is no deed"):
        ToolTraits(deed="<@U0BOB> please")
    with pytest.raises(ValueError, match="is no deed"):
        Gate(agent="ops").guard_tools([], deeds={"restart": "re\nstart"})


async def _label(gateway: GatewayInTest, call: Any) -> str:
    waiting = asyncio.ensure_future(call)
    await gateway.pending()
    content = gateway.messenger.posts[-1]
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return labels(card_blocks(content, gateway.clock.now()))[0]
