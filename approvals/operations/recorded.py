"""The audit event of one decision, as it is stored with it."""

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.decision import Decision
from approvals.domain.redaction import mask_text
from approvals.domain.tool_call import salted_digest


def recorded(decision: Decision, request: ApprovalRequest, *, is_fast: bool) -> AuditEvent:
    """Return that *decision* on *request* was recorded."""
    return AuditEvent(
        name=AuditName.DECISION_RECORDED,
        subject=request.id,
        at=decision.at,
        data={
            "user": decision.user,
            "team": decision.team,
            "verdict": decision.verdict.value,
            "reason": mask_text(decision.reason, request.salt) if decision.reason else None,
            "sets": list(decision.sets),
            "args_digest": salted_digest(request.salt, request.call.arguments_json),
            "latency_s": round((decision.at - request.created_at).total_seconds(), 3),
            "is_fast": is_fast,
        },
    )
