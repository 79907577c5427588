"""Signed HTTP: the same payloads posted to the app's request URL, as Slack does it.

The signature is `v0=` + hex HMAC-SHA256 of `v0:timestamp:body` under the signing secret
(docs.slack.dev/authentication/verifying-requests-from-slack).
"""

import hashlib
import hmac
import json
from time import monotonic
from urllib.parse import urlencode

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from bot.sandbox.clock import Clock
from bot.sandbox.delivery.envelopes import (
    DISPATCH_FAILED,
    EVENTS_API,
    SLASH_COMMANDS,
    TIMED_OUT,
    Ack,
    Envelope,
)
from bot.sandbox.nouns import JsonObject

_FORM = "application/x-www-form-urlencoded"


class SignedHttp:
    """Posts envelopes to one request URL. `close` it when done."""

    def __init__(self, url: str, *, signing_secret: str, clock: Clock, ack_within_s: float) -> None:
        self._url = url
        self._secret = signing_secret.encode()
        self._clock = clock
        self._session = ClientSession(timeout=ClientTimeout(total=ack_within_s))

    async def send(self, envelope: Envelope) -> Ack:
        """Post one envelope; a 2xx answer in time is the ack, its body the answer."""
        body, content_type = _body_of(envelope)
        headers = self._signed(body) | {"Content-Type": content_type} | _retry_headers(envelope)
        started = monotonic()
        try:
            async with self._session.post(self._url, data=body, headers=headers) as response:
                return await _read_ack(response, started)
        except TimeoutError:
            return Ack(error=TIMED_OUT)
        except ClientError:
            return Ack(error=DISPATCH_FAILED)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    def _signed(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._clock.epoch_s()))
        signed = b"v0:" + timestamp.encode() + b":" + body
        signature = hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={signature}",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }


def _body_of(envelope: Envelope) -> tuple[bytes, str]:
    if envelope.kind == EVENTS_API:
        return json.dumps(envelope.payload).encode(), "application/json"
    if envelope.kind == SLASH_COMMANDS:
        fields = {
            k: str(v).lower() if isinstance(v, bool) else v for k, v in envelope.payload.items()
        }
        return urlencode(fields).encode(), _FORM
    return urlencode({"payload": json.dumps(envelope.payload)}).encode(), _FORM


def _retry_headers(envelope: Envelope) -> dict[str, str]:
    if not envelope.retry_attempt:
        return {}
    return {
        "X-Slack-Retry-Num": str(envelope.retry_attempt),
        "X-Slack-Retry-Reason": envelope.retry_reason,
    }


async def _read_ack(response: ClientResponse, started: float) -> Ack:
    text = await response.text()
    no_retry = response.headers.get("x-slack-no-retry") == "1"
    if not response.ok:
        return Ack(error=DISPATCH_FAILED, no_retry=no_retry)
    return Ack(error=None, answer=_answer_of(text), after_s=monotonic() - started)


def _answer_of(text: str) -> JsonObject | None:
    if not text.strip():
        return None
    try:
        decoded = json.loads(text)
    except ValueError:
        return {"text": text}
    return decoded if isinstance(decoded, dict) and decoded else None
