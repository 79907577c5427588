"""Refusals of the doors at which programs come in: of what was sent, before anything of it counts.

Every class has a stable code; the docstring is the message a person reads.
"""

from approvals.domain.errors import Refusal


class RequestMistyped(Refusal):
    """What was sent does not have the form that is documented for it."""

    code = "invalid_request"


class MediaTypeUnsupported(Refusal):
    """Send JSON in UTF-8, not compressed: `Content-Type: application/json`."""

    code = "unsupported_media_type"


class HeaderTwice(Refusal):
    """A header stands twice, so its meaning is in doubt. Send it once."""

    code = "duplicate_header"


class HostNotAllowed(Refusal):
    """This gateway is not called by this name. SAYSO_HTTP_HOSTS lists its names."""

    code = "host_not_allowed"


class NoSuchPlace(Refusal):
    """There is nothing at this address. `/openapi.json` lists what there is."""

    code = "not_found"


class MethodNotAllowed(Refusal):
    """This address does not take this method. `/openapi.json` lists what there is."""

    code = "method_not_allowed"


class TooManyFailures(Refusal):
    """Too many keys that are none came from this address. Try again in a minute."""

    code = "too_many_failures"


class OriginNotAllowed(Refusal):
    """A page of this address may not come in. SAYSO_HTTP_ORIGINS lists the pages that may."""

    code = "origin_not_allowed"


class KeyInAddress(Refusal):
    """A key never stands in an address, where logs keep it. Take it back, and send it inside."""

    code = "key_in_address"


class UpgradeRequired(Refusal):
    """This address is a WebSocket's. Programs that have none poll `/v1/approvals/{id}?wait=25s`."""

    code = "upgrade_required"


class TooManyStreams(Refusal):
    """Too many streams are open at once. Close one, or try again later."""

    code = "too_many_streams"


class TooManyFollowed(Refusal):
    """One stream names at most 5,000 requests. Follow everything, or open another."""

    code = "too_many_followed"


class TooSlow(Refusal):
    """What was sent did not arrive in time. Send it again at once."""

    code = "too_slow"


class ShuttingDown(Refusal):
    """The gateway is shutting down. What was asked stands; come back in a moment."""

    code = "shutting_down"


class Unexpected(Refusal):
    """Something went wrong here that should not; the log has it under this id."""

    code = "unexpected"


class CallbackForbidden(Refusal):
    """The policy has no such webhook that agents may name: one with `callback: true`."""

    code = "callback_forbidden"
