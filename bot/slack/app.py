"""Bolt is built here, with one entry point; and our guard in front of it, for both transports.

`Ingress.receive` takes a decoded payload from Socket Mode or signed HTTP. It refuses what is not
about our app and workspace (Bolt would dispatch it: case B18), lets Bolt dispatch the rest into
the one entry, and answers whatever happens: a delivery is never left hanging by a mistake of ours.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import words
from bot.slack.elapsed import elapsed_s
from bot.slack.errands import LOGGER, Errands, error_id
from bot.slack.identity import Identity
from bot.slack.private_answers import PrivateAnswers, recipient_of
from bot.slack.routing import Ack, Delivery, Dispatcher
from bot.slack.web_api import LOGGER as SDK_LOGGER

_RECEIVED_AT = "sayso_received_at"


def build_app(client: AsyncWebClient, dispatcher: Dispatcher) -> AsyncApp:
    """Build Bolt's app around *dispatcher*; *client* carries no token, so no listener can use one.

    Bolt's cost does not grow with the number of guarded tools: it sees one middleware, and we look
    the listener up in a dict. The middleware stands before Bolt's own: whose payload it is was
    checked by `Ingress`, and signatures in `signed_http`, on the raw bytes.
    """
    # Bolt warns that it ignores a SLACK_BOT_TOKEN of the environment, which is what we want of it.
    said_from = SDK_LOGGER.level
    SDK_LOGGER.setLevel(logging.ERROR)
    app = AsyncApp(
        name="sayso",
        logger=SDK_LOGGER,
        client=client,
        before_authorize=Entry(dispatcher),
        authorize=_nobody,
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    SDK_LOGGER.setLevel(said_from)
    return app


async def _nobody(**_: Any) -> AuthorizeResult:
    """Bolt wants to be told how to authorize; nothing is dispatched past the entry to need it."""
    raise LookupError("a payload was dispatched past the entry")


class Entry(AsyncMiddleware):
    """The one entry Bolt knows.

    A middleware of Bolt's own kind, so that none of the arguments Bolt could inject into a
    listener is built: that fails on odd payloads and costs on all others.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        """Dispatch and answer; nothing comes after this middleware."""
        delivery = Delivery(body=req.body, received_at=req.context[_RECEIVED_AT])
        ack = await self._dispatcher.dispatch(delivery)
        if not ack.is_sent:
            return BoltResponse(status=503, body="")
        return BoltResponse(status=200, body=ack.payload or "")


class Ingress:
    """Where every payload enters, from either transport."""

    def __init__(
        self, app: AsyncApp, identity: Identity, *, answers: PrivateAnswers, errands: Errands
    ) -> None:
        self._app = app
        self._identity = identity
        self._answers = answers
        self._errands = errands

    async def receive(self, body: object, *, headers: Mapping[str, str] | None = None) -> Ack:
        """Dispatch one payload and return its acknowledgement; never raises."""
        received_at = elapsed_s()
        if not isinstance(body, dict):
            LOGGER.error("error id %s: a payload is no object", error_id())
            return Ack()
        try:
            if not self._identity.owns(body):
                return self._foreign(body)
            response = await self._app.async_dispatch(
                AsyncBoltRequest(
                    mode="socket_mode",
                    body=body,
                    headers={name: [value] for name, value in (headers or {}).items()},
                    context={_RECEIVED_AT: received_at},
                )
            )
        except Exception as failure:
            return self._failed(body, failure)
        if response.status == 200:
            return Ack(payload=_payload(response))
        return Ack(is_sent=False) if response.status == 503 else self._failed(body, None)

    def _foreign(self, body: dict[str, Any]) -> Ack:
        LOGGER.warning(
            "error id %s: a payload of app %.40r, not ours, was not acted on",
            error_id(),
            body.get("api_app_id"),
        )
        # Only through the payload's own address: our token must not speak in a foreign workspace.
        self._errands.start(
            self._answers.answer_url(recipient_of(body), words.FOREIGN), name="answer"
        )
        return Ack()

    def _failed(self, body: dict[str, Any], failure: Exception | None) -> Ack:
        incident = error_id()
        LOGGER.error("error id %s: a payload could not be dispatched", incident, exc_info=failure)
        sentence = words.MALFORMED.format(error_id=incident)
        self._errands.start(self._answers.tell(recipient_of(body), sentence), name="answer")
        return Ack()


def _payload(response: BoltResponse) -> dict[str, Any] | None:
    if not response.body:
        return None
    decoded = json.loads(response.body)
    return decoded if isinstance(decoded, dict) else None
