"""R2, R4, R5, A12: the same hostile bytes at every place that reads what others wrote."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from approvals.domain import errors, strict_json
from approvals.domain.tool_call import ToolCall
from approvals.gate import Gate
from approvals.storage.mistakes import PolicyInvalid
from approvals.storage.policy_reader import read_policy
from bot.slack.full_view import read_place
from bot.slack.signed_http import read_body
from tests.costs import cost
from tests.fakes.scripted_gateway import ScriptedGateway, approve
from tests.slack_door.scene import BOB
from tests.slack_door.test_signed_http import form, wired

DEEP = {
    "33 lists": "[" * 33 + "1" + "]" * 33,
    "33 objects": '{"a":' * 33 + "1" + "}" * 33,
    "100,000 lists": "[" * 100_000,
    "100,000 objects": '{"a":' * 100_000,
}
NUMBERS = {
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "1e400": "1e400",
    "5,000 digits": "9" * 5_000,
    "2^53": str(2**53),
}
TEXTS = {
    "half a pair": '"\\ud800"',
    "half a pair as a key": '{"\\ud800": 1}',
    "NUL": '"a\\u0000b"',
    "NUL as a key": '{"\\u0000": 1}',
}
TWICE = {"key twice": '{"amount": 1, "amount": 1000000}'}
CODES = {
    **dict.fromkeys(DEEP, "too_deep"),
    **dict.fromkeys(("NaN", "Infinity", "1e400"), "not_a_number"),
    **dict.fromkeys(("5,000 digits", "2^53"), "integer_out_of_range"),
    **dict.fromkeys(TEXTS, "unsafe_text"),
    "key twice": "duplicate_key",
}


def read_json(text: str) -> None:
    strict_json.read(text.encode())


def read_arguments(text: str) -> None:
    ToolCall.read("pay", "f", f'{{"value": {text}}}')


def read_slack_json(text: str) -> None:
    read_body("application/json", f'{{"value": {text}}}'.encode())


def read_slack_form(text: str) -> None:
    read_body("application/x-www-form-urlencoded", f"payload={text}&x=1".encode())


PLACES: list[Callable[[str], None]] = [
    read_json,
    read_arguments,
    read_slack_json,
    read_slack_form,
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", CODES)
def test_r2_r4_r5_a12_every_reader_of_json_refuses_it_by_name_and_at_once(
    place: Callable[[str], None], name: str
) -> None:
    text = {**DEEP, **NUMBERS, **TEXTS, **TWICE}[name]
    codes: set[str] = set()

    def read() -> None:
        with pytest.raises(errors.InvalidJson) as refused:
            place(text)
        codes.add(refused.value.code)

    assert cost(read) < 250
    assert codes == {CODES[name]}


async def test_r2_r4_r5_a12_signed_by_slack_it_is_answered_400_and_decides_nothing(
    tmp_path: Path,
) -> None:
    async with wired(tmp_path) as wire:
        request = await wire.stage.ask()
        click = json.dumps(await wire.stage.payload(BOB, request))
        for text in {**DEEP, **NUMBERS, **TEXTS, **TWICE}.values():
            body = quote(f'payload={click[:-1]},"more":{text}}}', safe='={}[]":,').encode()

            assert await wire.post(body) == (400, "bad request"), text[:40]

        assert (await wire.stage.stored(request)).is_pending
        assert (await wire.post(form(json.loads(click))))[0] == 200
        assert not (await wire.stage.stored(request)).is_pending


@pytest.mark.parametrize("name", CODES)
def test_r2_r4_r5_a12_what_a_modal_remembers_is_read_strictly(name: str) -> None:
    text = {**DEEP, **NUMBERS, **TEXTS, **TWICE}[name]

    with pytest.raises(errors.CardMismatch):
        read_place(f'{{"nonce": "n", "page": {text}, "request": "R"}}')


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        *(nested(33), nested(20_000), float("nan"), float("inf"), float("1e400")),
        *(int("9" * 4_000), 2**53, "\ud800", {"\ud800": 1}, "a\x00b", {"\x00": 1}),
    ],
    ids=lambda value: str(type(value)),
)
async def test_r2_r4_r5_a_guarded_function_refuses_it_before_anyone_is_asked(value: Any) -> None:
    gate = Gate(agent="deploy-bot")
    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)
    ran = []

    @gate.guard
    async def pay(value: Any) -> None:
        ran.append(value)

    with pytest.raises(errors.InvalidArguments):
        await pay(value)

    assert (gateway.proposals, ran) == ([], [])


@pytest.mark.parametrize(
    "raw",
    [
        *(b"[" * 33 + b"]" * 33, b"[" * 100_000, b"{a: " * 100_000, b"- " * 10_000),
        *(b"version: .nan", b"version: " + b"9" * 5_000, b"version: 1e400"),
        *(b'version: "\\ud800"', b"version: \xed\xa0\x80", b"version: \x00", b"\xff\xfe"),
    ],
    ids=lambda raw: ascii(raw)[:30],
)
def test_r2_r4_r5_a_policy_file_made_of_it_is_refused_with_its_place_and_at_once(
    raw: bytes,
) -> None:
    complaints: list[str] = []

    def read() -> None:
        with pytest.raises(PolicyInvalid) as refused:
            read_policy(raw, file="policy.yml")
        complaints.append(str(refused.value))

    assert cost(read) < 1_000
    assert all(each.startswith("policy.yml:") for each in complaints)
