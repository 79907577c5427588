"""The routes of people without Slack at hand: read everything, then decide, with their own key.

The same rules hold as for a click, by the same operation: whoever may not decide in Slack may not
here.
"""

from typing import cast

from approvals.domain import strict_json
from approvals.domain.ids import RequestId
from approvals.domain.key import Scope
from approvals.gate import wire
from approvals.operations.click import FullView
from approvals.operations.read_by_key import request_by_key
from approvals.operations.review_by_key import Verdicted, decide_by_key, review_by_key
from bot.http import shown
from bot.http.routes import Called, Method, Reply, Route

_MAY_DECIDE = frozenset({Scope.DECIDE})


def deciding_routes() -> list[Route]:
    """Return the routes."""
    return [
        Route(
            method=Method.POST,
            path="/v1/approvals/{id}/review",
            name="reviewApproval",
            says="Be shown everything a decision needs. That is remembered; what is answered with "
            "it in `seen` is the key owner's alone.",
            scopes=_MAY_DECIDE,
            handle=_review,
            answers=wire.Review,
            refuses=(404,),
        ),
        Route(
            method=Method.POST,
            path="/v1/approvals/{id}/decisions",
            name="decideApproval",
            says="Approve or reject what a review showed, as the owner of the key.",
            scopes=_MAY_DECIDE,
            handle=_decide,
            asks=wire.Decide,
            answers=wire.Approval,
            statuses=(201,),
            refuses=(404, 409),
        ),
    ]


async def _review(called: Called) -> Reply:
    desk, key = called.ports.desk, called.key
    request_id = RequestId(called.path["id"])
    view = await review_by_key(desk, key, request_id)
    seen = await request_by_key(desk, key, request_id)
    return Reply(body=_reviewed(view, shown.approval(seen)))


def _reviewed(view: FullView, approval: wire.Approval) -> wire.Review:
    # What the view showed is what is decided, whatever has changed since it was read.
    request = view.content.request
    return wire.Review(
        approval=approval.model_copy(update={"args": shown.arguments(request)}),
        seen=view.card.nonce,
        digest=request.shown_digest,
        alike=len(view.content.alike),
    )


def _answer(said: wire.Decide) -> str | None:
    """Return the answer to an inquiry as canonical JSON; null is an answer, if it was sent."""
    return strict_json.write(said.answer) if "answer" in said.model_fields_set else None


async def _decide(called: Called) -> Reply:
    said, desk = cast("wire.Decide", called.body), called.ports.desk
    request_id = RequestId(called.path["id"])
    answer = await decide_by_key(
        desk,
        called.key,
        request_id,
        Verdicted(
            verdict=said.verdict,
            nonce=said.seen,
            digest=said.digest,
            others=said.alike,
            answer=_answer(said),
            reason=said.reason,
        ),
    )
    if answer.refusal is not None:
        raise answer.refusal
    seen = await request_by_key(desk, called.key, request_id)
    return Reply(body=shown.approval(seen), status=201)
