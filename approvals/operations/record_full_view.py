"""The transaction behind "Review": remember who opened the full view, and give it its own nonce.

A plain function of a transaction, run by `decide.open_full_view`. Anyone who may press the card
may read it in full, after the decision too, unless it is private; whether they may approve is
decided again on its last page. A person has one view of a request, however often they open it.
"""

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.card import Card, CardKind
from approvals.domain.decision import Approver
from approvals.domain.ids import CardId, ChannelId, UserId
from approvals.domain.tool_call import salted_digest
from approvals.operations.check_onlooker import refuse_onlooker
from approvals.operations.check_presser import checked_presser, fit_presser
from approvals.operations.click import Answer, FullView
from approvals.operations.desk import Desk
from approvals.operations.hearing import Hearing
from approvals.operations.ports import Transaction
from approvals.operations.read_card import read_content
from approvals.operations.record_refusal import refuse
from approvals.operations.shared_cards import locked_request


def record_full_view(hearing: Hearing) -> FullView | Answer:
    """Return the view's own card with what it shows, or the refusal."""
    tx, desk = hearing.tx, hearing.desk
    try:
        request = locked_request(tx, hearing.click.request_id)
        pressed, person = checked_presser(hearing, request)
        refuse_onlooker(desk, request, person, who=hearing.who)
    except errors.DecisionRefused as refusal:
        return refuse(hearing, refusal)
    return _opened(hearing, request, person, channel=pressed.channel)


def record_view_without_card(hearing: Hearing) -> FullView | Answer:
    """Return the same to somebody who came to the request without pressing its card.

    The caller has made sure that they may see it.
    """
    try:
        request = locked_request(hearing.tx, hearing.click.request_id)
        person = fit_presser(hearing)
        refuse_onlooker(hearing.desk, request, person, who=hearing.who)
    except errors.DecisionRefused as refusal:
        return refuse(hearing, refusal)
    return _opened(hearing, request, person, channel=request.channel)


def _opened(
    hearing: Hearing, request: ApprovalRequest, person: Approver, *, channel: ChannelId
) -> FullView:
    tx, desk, at = hearing.tx, hearing.desk, hearing.at
    view = _view_of(tx, desk, request, channel, viewer=person.user)
    tx.record(
        AuditEvent(
            name=AuditName.FULL_VIEW_OPENED,
            subject=request.id,
            at=at,
            data={
                "user": person.user,
                "args_digest": salted_digest(request.salt, request.call.arguments_json),
            },
        )
    )
    content = read_content(tx, request, view, policy=desk.policy(), now=at)
    return FullView(card=view, content=content)


def _view_of(
    tx: Transaction, desk: Desk, request: ApprovalRequest, channel: ChannelId, *, viewer: UserId
) -> Card:
    """Return the viewer's own view of *request*, whichever card shows it."""
    for card in tx.cards(request.id):
        if (card.kind, card.viewer, card.channel) == (CardKind.VIEW, viewer, channel):
            return card
    view = Card(
        id=CardId(desk.ids.ulid()),
        request_id=request.id,
        kind=CardKind.VIEW,
        channel=channel,
        nonce=desk.ids.secret(),
        viewer=viewer,
    )
    tx.save_card(view)
    return view
