"""What goes out to webhooks, where it may go, and what counts as taken."""

import base64
import hashlib
import hmac
import ipaddress
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from approvals.domain.webhook import Webhook, WebhookMessage
from approvals.operations.ports import NotNow
from bot.webhooks.addresses import Address, AddressRefused, Allowed, Pinned, is_public, resolved
from bot.webhooks.secrets import SecretMissing, check_secrets, keys_for
from bot.webhooks.sender import HttpWebhooks
from tests.webhooks.receiver import Receiver, a_receiver

KEY = bytes(range(32))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
ENVIRON = {"PAGER_SECRET": SECRET}
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
MESSAGE = WebhookMessage(id="msg_R1_1", body=json.dumps({"type": "request.escalated"}))
LOOPBACK = Allowed((ipaddress.ip_network("127.0.0.0/8"),))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with a_receiver() as opened:
        yield opened


def pager(url: str) -> Webhook:
    return Webhook(name="pager", url=url, secret_env="PAGER_SECRET")


def webhooks(allowed: Allowed = LOOPBACK, timeout_s: float = 5.0) -> HttpWebhooks:
    return HttpWebhooks(ENVIRON, allowed=allowed, timeout_s=timeout_s)


async def refused(sender: HttpWebhooks, url: str) -> NotNow:
    with pytest.raises(NotNow) as why:
        await sender.send(pager(url), MESSAGE, now=NOW)
    return why.value


async def test_G9_a_message_is_signed_as_standard_webhooks_say(receiver: Receiver) -> None:
    await webhooks().send(pager(receiver.url), MESSAGE, now=NOW)

    (got,) = receiver.received
    signed = b"msg_R1_1." + str(int(NOW.timestamp())).encode() + b"." + got.body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert got.body.decode() == MESSAGE.body
    assert got.headers["webhook-id"] == "msg_R1_1"
    assert got.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert got.headers["webhook-signature"] == f"v1,{expected}"
    assert got.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "headers", "code", "wait_s"),
    [
        (500, {}, "http_500", None),
        (404, {}, "http_404", None),
        (429, {"Retry-After": "17"}, "http_429", 17.0),
        (503, {"Retry-After": "99999"}, "http_503", 300.0),
        (429, {"Retry-After": "soon"}, "http_429", None),
    ],
)
async def test_G11_what_is_not_taken_is_tried_again_when_the_other_side_says(
    receiver: Receiver, status: int, headers: dict[str, str], code: str, wait_s: float | None
) -> None:
    receiver.statuses, receiver.headers = [status], headers
    failure = await refused(webhooks(), receiver.url)

    assert (failure.code, failure.retry_after_s) == (code, wait_s)


async def test_G7_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.statuses, receiver.headers = [307], {"Location": f"{receiver.url}/elsewhere"}
    failure = await refused(webhooks(), receiver.url)

    assert failure.code == "redirected"
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "224.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fd00::1]",
    ],
)
async def test_G7_only_public_addresses_are_reached(host: str) -> None:
    failure = await refused(webhooks(Allowed()), f"https://{host}:9/in")

    assert failure.code == "address_not_public"


async def test_G7_plain_http_goes_to_loopback_alone_and_only_where_that_is_allowed(
    receiver: Receiver,
) -> None:
    await webhooks().send(pager(receiver.url), MESSAGE, now=NOW)
    closed = await refused(webhooks(Allowed()), receiver.url)
    outside = await refused(webhooks(), "http://8.8.8.8/in")

    assert (closed.code, outside.code) == ("not_https", "not_https")
    assert len(receiver.received) == 1


async def test_G7_one_private_address_among_public_ones_refuses_all() -> None:
    async def both(_: str, __: int) -> tuple[Address, ...]:
        return ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("10.0.0.1")

    sender = HttpWebhooks(ENVIRON, allowed=Allowed(), resolve=both)

    assert (await refused(sender, "https://events.example.com/in")).code == "address_not_public"


async def test_G7_a_name_is_resolved_once_and_connected_to_what_was_judged(
    receiver: Receiver,
) -> None:
    asked: list[str] = []

    async def changing(host: str, _: int) -> tuple[Address, ...]:
        asked.append(host)
        return (ipaddress.ip_address("127.0.0.1"),)

    sender = HttpWebhooks(ENVIRON, allowed=LOOPBACK, resolve=changing)
    await sender.send(pager(f"http://events.example.com:{receiver.port}/in"), MESSAGE, now=NOW)

    assert asked == ["events.example.com"]
    assert receiver.received[0].headers["host"].startswith("events.example.com")


async def test_G7_the_connection_asks_for_no_other_name() -> None:
    pinned = Pinned("events.example.com", [ipaddress.ip_address("8.8.8.8")])

    assert [each["host"] for each in await pinned.resolve("events.example.com", 443)] == ["8.8.8.8"]
    with pytest.raises(OSError, match="one host"):
        await pinned.resolve("elsewhere.example.com", 443)


async def test_a_host_that_does_not_exist_is_told_so() -> None:
    with pytest.raises(AddressRefused, match="unknown_host"):
        await resolved("no-such-host.invalid", 443)


def test_addresses_of_the_internet_are_public() -> None:
    assert is_public(ipaddress.ip_address("8.8.8.8"))
    assert is_public(ipaddress.ip_address("2606:4700::1111"))


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        (None, "is not set"),
        ("hunter2", "is not whsec_"),
        (base64.b64encode(KEY).decode(), "does not start with whsec_"),
        ("whsec_c2hvcnQ=", "holds 5 bytes"),
        (f"{SECRET} hunter2", "is not whsec_"),
        (f"{SECRET} {SECRET} {SECRET}", "more than 2"),
        (" ", "is not set"),
    ],
)
def test_a_secret_that_cannot_sign_is_refused_without_telling_it(
    secret: str | None, says: str
) -> None:
    environ = {} if secret is None else {"PAGER_SECRET": secret}
    with pytest.raises(SecretMissing) as refusal:
        check_secrets([pager("https://events.example.com")], environ)

    assert says in refusal.value.message
    assert not any(each in refusal.value.message for each in (secret or "").split())


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "pager").write_text(f"{SECRET}\n")
    webhook = Webhook(name="pager", url="https://x", secret_file=str(tmp_path / "pager"))

    assert keys_for(webhook, {}) == (KEY,)
