"""What comes in at the API as bytes: too much, too deep, in doubt, or in a costume."""

import gzip
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from approvals.domain.key import Scope
from tests.http.api_in_test import ASK, Api, an_api
from tests.http.raw import RawAnswer, message, send

JSON = ("Content-Type", "application/json")
HOST = ("Host", "127.0.0.1")
MIB = 1024 * 1024


class Door:
    """The API with one key, at which bytes arrive."""

    def __init__(self, api: Api, key: str) -> None:
        self.api = api
        self.auth = ("Authorization", f"Bearer {key}")

    async def takes(
        self,
        body: bytes,
        *headers: tuple[str, str],
        media: tuple[str, str] | None = JSON,
        path: str = "/v1/approvals",
        method: str = "POST",
    ) -> RawAnswer:
        given = [HOST, self.auth, *([media] if media else []), *headers]
        return await send(self.api.url, message(body, headers=given, path=path, method=method))

    async def stored(self) -> int:
        """How many requests there are."""
        return len(await self.api.behind.store.look(lambda seen: seen.newest(limit=99)))


@pytest_asyncio.fixture
async def door() -> AsyncIterator[Door]:
    async with an_api() as api:
        yield Door(api, await api.key(Scope.REQUEST))


def asking(arguments: str) -> bytes:
    return b'{"tool":"restart_service","args":' + arguments.encode("utf-8", "surrogatepass") + b"}"


async def test_the_plain_call_is_taken(door: Door) -> None:
    assert (await door.takes(json.dumps(ASK).encode())).status == 201


async def test_R1_a_body_beyond_one_mebibyte_is_refused_before_it_is_read(door: Door) -> None:
    said = message(headers=[HOST, door.auth, JSON, ("Content-Length", str(MIB + 1))], length=False)
    chunked = message(
        headers=[HOST, door.auth, JSON, ("Transfer-Encoding", "chunked")], length=False
    )
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"

    by_length = await send(door.api.url, said)
    by_chunks = await send(door.api.url, chunked, *([chunk] * 40))

    assert (by_length.status, by_length.code) == (413, "too_large")
    assert (by_chunks.status, by_chunks.code) == (413, "too_large")


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        pytest.param('{"a":' + "[" * 100_000, 400, "too_deep", id="deep"),
        pytest.param('{"a":' + "[" * 40 + "]" * 40 + "}", 400, "too_deep", id="levels"),
    ],
)
async def test_R2_what_is_nested_too_deep_is_refused(
    door: Door, arguments: str, status: int, code: str
) -> None:
    answer = await door.takes(asking(arguments))
    assert (answer.status, answer.code) == (status, code)


async def test_R3_too_many_values_are_refused(door: Door) -> None:
    answer = await door.takes(asking(json.dumps({"many": [0] * 2_001})))
    assert (answer.status, answer.code) == (422, "too_many_items")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('{"n":NaN}', "not_a_number"),
        ('{"n":-Infinity}', "not_a_number"),
        ('{"n":1e400}', "not_a_number"),
        ('{"n":' + "9" * 5_000 + "}", "integer_out_of_range"),
    ],
)
async def test_R4_numbers_that_are_none_are_refused(door: Door, arguments: str, code: str) -> None:
    answer = await door.takes(asking(arguments))
    assert (answer.status, answer.code) == (422, code)
    assert await door.stored() == 0


@pytest.mark.parametrize("text", [r'{"t":"\ud800"}', r'{"t":"a\u0000b"}', r'{"\udfff":1}'])
async def test_R5_half_surrogates_and_nul_are_refused(door: Door, text: str) -> None:
    answer = await door.takes(asking(text))
    assert (answer.status, answer.code) == (422, "unsafe_text")


async def test_a_key_that_stands_twice_is_refused(door: Door) -> None:
    answer = await door.takes(b'{"tool":"read_logs","tool":"restart_service"}')
    assert (answer.status, answer.code) == (422, "duplicate_key")


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ("application/json; charset=utf-8", 201),
        ('application/json; charset="UTF-8"', 201),
        ("application/json; charset=utf-7", 415),
        ("application/json; charset=utf-16", 415),
        ("application/json; charset=nothing", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/json-patch+json", 415),
    ],
)
async def test_G17_only_json_in_utf8_is_taken(door: Door, media: str, status: int) -> None:
    answer = await door.takes(json.dumps(ASK).encode(), media=("Content-Type", media))
    assert answer.status == status


async def test_G17_without_a_media_type_nothing_is_taken(door: Door) -> None:
    assert (await door.takes(json.dumps(ASK).encode(), media=None)).status == 415


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\xef\xbb\xbf" + json.dumps(ASK).encode(), id="BOM"),
        pytest.param(json.dumps(ASK).encode("utf-16"), id="utf-16"),
        pytest.param(b'{"tool":"\xff"}', id="invalid"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half"),
    ],
)
async def test_G17_bytes_that_are_no_utf8_json_are_refused(door: Door, body: bytes) -> None:
    assert (await door.takes(body)).status == 400


async def test_R14_a_compressed_body_is_not_taken(door: Door) -> None:
    bomb = gzip.compress(b" " * (64 * MIB))
    answer = await door.takes(bomb, ("Content-Encoding", "gzip"))
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.example", "", "[::1"])
async def test_G5_a_name_that_is_not_ours_is_refused_before_the_key(door: Door, host: str) -> None:
    answer = await send(door.api.url, message(b"{}", headers=[("Host", host), door.auth, JSON]))
    assert (answer.status, answer.code) == (421, "host_not_allowed")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:80"])
async def test_G5_this_machines_own_names_are_taken(door: Door, host: str) -> None:
    answer = await send(
        door.api.url,
        message(json.dumps(ASK).encode(), headers=[("Host", host), door.auth, JSON]),
    )
    assert answer.status == 201


async def test_G5_no_answer_lets_a_page_of_another_origin_read_it(door: Door) -> None:
    answer = await door.takes(json.dumps(ASK).encode(), ("Origin", "https://evil.example.com"))
    assert b"access-control" not in answer.head.lower()
    preflight = await door.takes(b"", method="OPTIONS")
    assert preflight.status == 405


async def test_G19_headers_and_names_that_stand_twice_are_refused(door: Door) -> None:
    body, name = json.dumps(ASK).encode(), ("Idempotency-Key", "a")
    for twice in ([door.auth], [name, name]):
        answer = await door.takes(body, *twice)
        assert (answer.status, answer.code) == (400, "duplicate_header")
    for twice in ([JSON], [HOST], [("Content-Length", "0")]):  # the server's parser sees to these
        assert (await door.takes(body, *twice)).status == 400
    query = await door.takes(b"", path="/v1/approvals?limit=1&limit=2", method="GET", media=None)
    assert (query.status, query.code) == (400, "duplicate_header")
    assert await door.stored() == 0


async def test_malformed_http_is_one_line_of_the_log_and_no_traceback(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await send(door.api.url, b"GET / HTTP/1.1\r\nX: \x00\r\n\r\n")

    assert answer.status == 400
    (record,) = [each for each in caplog.records if each.name == "sayso.http.server"]
    assert record.exc_info is None
    assert record.getMessage() == "Malformed HTTP from 127.0.0.1: Invalid header value char"


async def test_G4_a_key_in_the_address_opens_nothing(door: Door) -> None:
    secret = door.auth[1].removeprefix("Bearer ")
    for name in ("key", "token", "access_token"):
        path = f"/v1/approvals?{name}={secret}"
        without = await send(door.api.url, message(headers=[HOST], path=path, method="GET"))
        beside = await door.takes(b"", path=path, method="GET", media=None)
        assert without.status == 401
        assert beside.status == 422
        assert secret.encode() not in without.body + beside.body


async def test_G13_asking_without_a_body_changes_nothing_at_any_route(door: Door) -> None:
    asked = json.loads((await door.takes(json.dumps(ASK).encode())).body)
    place = f"/v1/approvals/{asked['id']}"

    for path in ("/v1/approvals", place, *(f"{place}/{each}" for each in VERBS)):
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
            await door.takes(b"", path=path, method=method, media=None)

    now = json.loads((await door.takes(b"", path=place, method="GET", media=None)).body)
    assert now == asked
    assert await door.stored() == 1


VERBS = ("cancel", "claim", "result", "release", "review", "decisions")
