"""Refusals as problem documents (RFC 9457): one table from stable codes to HTTP statuses.

A code that is not in the table is a decision refused (403) or a mistake of the caller's (422).
"""

import json
from typing import Any

from aiohttp import web

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.gate import wire

MEDIA_TYPE = "application/problem+json"
STATUSES: dict[str, int] = {
    "invalid_json": 400,
    "too_deep": 400,
    "duplicate_header": 400,
    "key_in_address": 400,
    "key_refused": 401,
    "scope_missing": 403,
    "authority_ended": 403,
    "callback_forbidden": 403,
    "channel_not_allowed": 403,
    "task_not_allowed": 403,
    "origin_not_allowed": 403,
    "private_call": 403,
    "request_unknown": 404,
    "run_unknown": 404,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_slow": 408,
    "already_decided": 409,
    "already_counted": 409,
    "already_held": 409,
    "already_claimed": 409,
    "answer_wanted": 409,
    "args_mismatch": 409,
    "card_mismatch": 409,
    "card_outdated": 409,
    "claim_refused": 409,
    "denied_by_policy": 409,
    "frozen": 409,
    "full_view_required": 409,
    "more_joined": 409,
    "no_inquiry": 409,
    "not_approved": 409,
    "permit_lapsed": 409,
    "run_ended": 409,
    "timed_out": 409,
    "too_large": 413,
    "unsupported_media_type": 415,
    "host_not_allowed": 421,
    "invalid_answer": 422,
    "reason_required": 422,
    "upgrade_required": 426,
    "budget_spent": 429,
    "too_many_failures": 429,
    "too_many_followed": 429,
    "too_many_streams": 429,
    "too_many_new": 429,
    "too_many_pending": 429,
    "too_many_pending_in_all": 429,
    "unexpected": 500,
    "identity_unverified": 503,
    "shutting_down": 503,
}
"""Every code whose status does not follow from its family."""


def status_of(refusal: errors.Refusal) -> int:
    """Return the HTTP status of *refusal*."""
    found = STATUSES.get(refusal.code)
    if found is not None:
        return found
    if isinstance(refusal, errors.Unavailable):
        return 503
    if isinstance(refusal, errors.ClaimRefused):
        return 409
    return 403 if isinstance(refusal, errors.DecisionRefused) else 422


def problem_of(refusal: errors.Refusal, *, approval: wire.Approval | None = None) -> wire.Problem:
    """Return the document that says *refusal*, with what the request is by now if it matters."""
    return wire.Problem(
        type=f"urn:sayso:error:{refusal.code}",
        title=title_of(refusal),
        status=status_of(refusal),
        detail=refusal.message,
        code=refusal.code,
        retry_after_s=refusal.facts.get("retry_after_s"),
        approval=approval,
        mistakes=refusal.facts.get("mistakes", []),
    )


def problem(refusal: errors.Refusal) -> web.Response:
    """Return the response that says *refusal*."""
    return response(problem_of(refusal))


def response(document: wire.Problem) -> web.Response:
    """Return *document* as a response."""
    headers = {}
    if document.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(document.retry_after_s)))
    elif document.status == 503:
        headers["Retry-After"] = "1"
    if document.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="sayso"'
    return web.Response(
        body=document.model_dump_json().encode(),
        status=document.status,
        headers=headers,
        content_type=MEDIA_TYPE,
    )


def title_of(refusal: errors.Refusal) -> str:
    """Return what all refusals with this code have in common: the first sentence of its class."""
    said = " ".join((type(refusal).__doc__ or refusal.code).split())
    return said.partition(". ")[0].rstrip(".")


def request_in(refusal: errors.Refusal) -> ApprovalRequest | None:
    """Return the request the refusal is about, where that is known."""
    found: Any = refusal.facts.get("request")
    return found if isinstance(found, ApprovalRequest) else None


def as_json(value: object) -> bytes:
    """Return *value* as JSON bytes."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
