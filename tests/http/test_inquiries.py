"""An inquiry that a program writes by hand: read as strictly as the gate's, never claimed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from approvals.domain.ids import RequestId
from approvals.domain.inquiry import FINGERPRINT, INQUIRY_TOOL
from approvals.operations.answer_inquiry import answer_inquiry
from approvals.operations.edit_request import edit_request
from tests.engine.gateway_in_test import POLICY
from tests.fakes.people import BOB
from tests.http.api_in_test import Answer, Api, an_api

EDITABLE = POLICY.replace("timeout: 15m}", "timeout: 15m, edit: true}").replace(
    '- {tool: "read_*"', '- {tool: "sayso.*", effect: allow}\n      - {tool: "read_*"'
)
SCHEMA: dict[str, Any] = {"type": "string"}


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api(policy=EDITABLE) as opened:
        yield opened


async def inquire(api: Api, args: dict[str, Any], **also: Any) -> Answer:
    return await api.ask(
        await api.key(), tool=INQUIRY_TOOL, fingerprint=FINGERPRINT, args=args, **also
    )


@pytest.mark.parametrize(
    "args", [{}, {"question": "Which?"}, {"question": "", "schema": SCHEMA}, {"schema": SCHEMA}]
)
async def test_h_what_is_no_inquiry_is_refused(api: Api, args: dict[str, Any]) -> None:
    refused = await inquire(api, args)

    assert (refused.status, refused.code) == (422, "invalid_inquiry")


async def test_a_rule_that_allows_answers_nothing_over_http_either(api: Api) -> None:
    asked = await inquire(api, {"question": "Which?", "schema": SCHEMA})

    assert (asked.body["status"], asked.body["effect"]) == ("pending", "ask")


async def test_nobody_changes_a_question_and_nothing_is_claimed_by_its_answer(api: Api) -> None:
    arguments = {"type": "object", "properties": {"question": {"type": "string"}}}
    asked = await inquire(api, {"question": "Which?", "schema": SCHEMA}, arguments_schema=arguments)
    request_id = RequestId(asked.body["id"])
    click = await api.behind.click_of(request_id, BOB)

    edited = await edit_request(api.behind.desk, click, {0: "May it be dropped?"})
    assert edited.refusal is not None
    assert edited.refusal.code == "edit_not_allowed"
    await answer_inquiry(api.behind.desk, click, {0: "eu"})

    claim = {"digest": asked.body["digest"], "claim_id": "c" * 32}
    claimed = await api.call("POST", f"/v1/approvals/{request_id}/claim", await api.key(), claim)
    read = await api.call("GET", f"/v1/approvals/{request_id}", await api.key())
    assert (claimed.status, claimed.code) == (409, "not_approved")
    assert read.body["outcome"]["answer"] == "eu"
    assert read.body["permit"] is None
