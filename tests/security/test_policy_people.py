"""Policies that name people Slack has to know: at start, and while the gateway serves."""

import asyncio
from pathlib import Path

import pytest

from approvals.storage.mistakes import PolicyInvalid
from bot.sandbox.faults import Fault, FaultKind
from tests.security.evidence import recorded
from tests.security.whole_gateway import BOB, CAROL, POLICY, a_whole_gateway, eventually

BY_ADDRESS = POLICY.replace("{users: [U0BOB, U0CAROL]}", "{emails: [carol@example.com]}")
BY_WRONG_ADDRESS = BY_ADDRESS.replace("carol@", "karol@")


async def test_whoever_an_address_belongs_to_approves_and_nobody_else(tmp_path: Path) -> None:
    async with a_whole_gateway(tmp_path, BY_ADDRESS) as whole:

        @whole.gate.guard
        async def restart(service: str) -> str:
            return service

        call = asyncio.create_task(restart("web"))
        card = await whole.card()

        await whole.press(BOB, card)
        await eventually(lambda: bool(whole.told(BOB)))
        await whole.press(CAROL, card)

        assert await call == "web"
        assert whole.told(BOB)[0].startswith("You are not an approver")


async def test_a_gateway_does_not_start_with_an_address_of_nobody(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        async with a_whole_gateway(tmp_path, BY_WRONG_ADDRESS):
            raise AssertionError("must not start")

    (line,) = map(str, refused.value.mistakes)
    assert line.startswith(
        "policy.yml:4:18: oncall: nobody in this workspace has the address karol@example.com – "
    )


async def test_a_file_with_an_address_of_nobody_does_not_replace_the_policy(
    tmp_path: Path,
) -> None:
    async with a_whole_gateway(tmp_path, POLICY) as whole:
        (tmp_path / "policy.yml").write_text(BY_WRONG_ADDRESS, encoding="utf-8")
        await eventually(lambda: bool(recorded(whole.database, "policy.refused")))

        assert "karol@example.com" in (await whole.notes())["policy"]
        (tmp_path / "policy.yml").write_text(BY_ADDRESS, encoding="utf-8")
        await eventually(lambda: bool(recorded(whole.database, "policy.loaded")))
        assert await whole.notes() == {}
        sets = whole.running.desk.policy().people(["oncall"])
        assert [each.users for each in sets] == [{CAROL}]


async def test_a_plan_without_user_groups_is_told_at_start_with_what_to_write(
    tmp_path: Path,
) -> None:
    text = POLICY.replace("{users: [U0BOB, U0CAROL]}", "{usergroup: S0SRE}")
    fault = Fault(
        kind=FaultKind.ERROR, method="usergroups.list", code="plan_upgrade_required", times=None
    )

    with pytest.raises(PolicyInvalid, match="Slack plan has no user groups – name the people by"):
        async with a_whole_gateway(tmp_path, text, faults=[fault]):
            raise AssertionError("must not start")


async def test_a_changed_policy_is_told_in_its_channel_with_what_changed(tmp_path: Path) -> None:
    told = POLICY.replace("timeout: 15m}", 'timeout: 15m, policy_channel: "#prod-incidents"}')
    async with a_whole_gateway(tmp_path, told) as whole:
        denying = told.replace("effect: ask", "effect: deny, message: '<!channel> no'")
        (tmp_path / "policy.yml").write_text(denying, encoding="utf-8")

        def posted() -> list[str]:
            texts = (str(each.blocks) for each in whole.slack.workspace.messages("C0PROD"))
            return [text for text in texts if "approval policy changed" in text]

        await eventually(lambda: bool(posted()))

        (text,) = posted()
        assert "+    rules: [{tool:" in text
        assert "<!channel> no" in text
        assert [each["diff"] for each in recorded(whole.database, "policy.loaded")] != []
