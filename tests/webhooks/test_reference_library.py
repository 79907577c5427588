"""The reference library of Standard Webhooks takes what we send, and nothing that was altered."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
import standardwebhooks

from approvals.storage.clock import SystemClock
from bot.webhooks.sender import HttpWebhooks
from tests.webhooks.receiver import Received, Receiver, a_receiver
from tests.webhooks.test_sender import LOOPBACK, MESSAGE, SECRET, pager

NEXT = f"whsec_{base64.b64encode(bytes(range(32, 64))).decode()}"


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with a_receiver() as opened:
        yield opened


async def sent(receiver: Receiver, secrets: str, *, late: timedelta = timedelta()) -> Received:
    sender = HttpWebhooks({"PAGER_SECRET": secrets}, allowed=LOOPBACK)
    await sender.send(pager(receiver.url), MESSAGE, now=SystemClock().now() - late)
    return receiver.received[-1]


def is_taken(secret: str, got: Received, **altered: str) -> bool:
    """Whether the library takes it; *altered* names headers, or `body`."""
    body = altered.pop("body", got.body.decode())
    headers = got.headers | {name.replace("_", "-"): text for name, text in altered.items()}
    try:
        standardwebhooks.Webhook(secret).verify(body, headers)
    except standardwebhooks.WebhookVerificationError:
        return False
    return True


async def test_G9_the_reference_library_takes_it_and_nothing_altered(receiver: Receiver) -> None:
    got = await sent(receiver, SECRET)
    second = str(int(got.headers["webhook-timestamp"]) - 1)

    assert is_taken(SECRET, got)
    assert not is_taken(NEXT, got)
    assert not is_taken(SECRET, got, body=got.body.decode().replace("escalated", "approved"))
    assert not is_taken(SECRET, got, webhook_id="msg_R1_2")
    assert not is_taken(SECRET, got, webhook_timestamp=second)


@pytest.mark.parametrize("between", [" ", "\n", "\n\n"])
async def test_G9_while_secrets_change_a_receiver_takes_either(
    receiver: Receiver, between: str
) -> None:
    before = await sent(receiver, SECRET)
    during = await sent(receiver, f"{NEXT}{between}{SECRET}\n")
    after = await sent(receiver, NEXT)

    assert [is_taken(SECRET, each) for each in (before, during, after)] == [True, True, False]
    assert [is_taken(NEXT, each) for each in (before, during, after)] == [False, True, True]


async def test_G10_what_is_sent_again_later_the_library_refuses_as_too_old(
    receiver: Receiver,
) -> None:
    assert is_taken(SECRET, await sent(receiver, SECRET, late=timedelta(minutes=4)))
    assert not is_taken(SECRET, await sent(receiver, SECRET, late=timedelta(minutes=6)))
    assert not is_taken(SECRET, await sent(receiver, SECRET, late=timedelta(minutes=-6)))
