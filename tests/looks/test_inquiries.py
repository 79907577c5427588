"""An agent's questions as people meet them: buttons, the form, what is wrong in it, the answer."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, expect
from pydantic import BaseModel, Field

from tests.browser_launch import IN_CHROMIUM
from tests.looks.stage import DESK, PHONE, POLICY, a_stage, card, press, window

pytestmark = [*IN_CHROMIUM, pytest.mark.long]


class Maintenance(BaseModel):
    """What one form asks for."""

    region: Literal["eu-west-1", "us-east-1", "ap-south-1"]
    replicas: int = Field(ge=1, le=20, description="How many pods stay up meanwhile.")
    day: date = Field(description="In the time zone of the region.")
    announce: bool
    note: str | None = Field(default=None, description="For the status page.")


@pytest.mark.parametrize(("where", "looks"), [("desk", DESK), ("phone", PHONE)])
async def test_questions_are_answered_by_buttons_and_by_a_form(
    chromium: Browser, tmp_path: Path, where: str, looks: dict[str, Any]
) -> None:
    opened = a_stage(tmp_path, chromium, POLICY)
    async with opened as stage, stage.somebody("U0BOB", **looks) as page:
        gate = stage.gateway.gate
        first = asyncio.create_task(
            gate.ask("Which region takes the traffic?", options=["eu-west-1", "us-east-1"])
        )
        stage.calls.add(first)
        about = card(page, "Which region")
        await expect(about).to_contain_text("approves nothing")
        await stage.picture(about, f"inquiry-{where}")
        await press(about, "us-east-1")
        assert await first == "us-east-1"
        await expect(about).to_contain_text("Answered by @Bob Larsen")
        await stage.picture(about, f"inquiry-answered-{where}")

        second = asyncio.create_task(gate.ask("When and how?", schema=Maintenance))
        stage.calls.add(second)
        about = card(page, "When and how")
        await stage.picture(about, f"inquiry-form-card-{where}")
        await press(about, "Answer…")
        form = await window(page, "Answer the agent")
        await stage.picture(page, f"inquiry-form-{where}")
        await form.get_by_role("spinbutton", name="replicas").fill("40")
        await form.get_by_label("day").fill("2026-03-02")
        await form.get_by_label("region").select_option(label="ap-south-1")
        await form.get_by_role("radio", name="Yes").check()
        await press(form, "Answer")
        await expect(form).to_contain_text("Has to be at most 20.")
        await stage.picture(page, f"inquiry-form-wrong-{where}")
        await form.get_by_role("spinbutton", name="replicas").fill("4")
        await press(form, "Answer")
        answer = await second
        assert answer == Maintenance(
            region="ap-south-1", replicas=4, day=date(2026, 3, 2), announce=True
        )
        await expect(about).to_contain_text("region: ap-south-1")
        await stage.picture(about, f"inquiry-form-answered-{where}")

        third = asyncio.create_task(gate.ask("Who is told when it is done?"))
        stage.calls.add(third)
        about = card(page, "Who is told")
        await press(about, "Decline to answer")
        await stage.picture(page, f"inquiry-decline-{where}")
        await press(await window(page, "Decline to answer"), "Decline")
        await expect(about).to_contain_text("Declined by @Bob Larsen")
        await stage.picture(about, f"inquiry-declined-{where}")
        with pytest.raises(Exception, match="declined to answer"):
            await third
