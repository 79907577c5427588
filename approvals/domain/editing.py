"""The step of an edit: the request with its changed call, and the fact for the audit log.

It changes no status; `lifecycle` alone does. Called by `operations/edit_request`, which has judged
the changed call already.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.edit import Edit
from approvals.domain.redaction import mask_text
from approvals.domain.requirement import Requirement
from approvals.domain.tool_call import ToolCall, salted_digest


def edited(
    request: ApprovalRequest, call: ToolCall, requirement: Requirement, *, edit: Edit
) -> ApprovalRequest:
    """Return *request* with *call* in the place of its own, under *requirement*.

    A shorter time to decide counts from the edit; none is ever made longer by it.
    """
    expires_at = request.expires_at
    if requirement.timeout < request.requirement.timeout:
        expires_at = min(expires_at, edit.at + requirement.timeout)
    return replace(
        request,
        call=call,
        edits=(*request.edits, edit),
        requirement=requirement,
        expires_at=expires_at,
        version=request.version + 1,
        held_until=None,
    )


def edited_event(request: ApprovalRequest) -> AuditEvent:
    """Return the fact that *request* was edited just now; of arguments it holds names only."""
    edit = request.edits[-1]
    before, after = json.loads(edit.before), request.call.arguments
    names = [name for name in sorted({*before, *after}) if _differs(name, before, after)]
    return AuditEvent(
        name=AuditName.REQUEST_EDITED,
        subject=request.id,
        at=edit.at,
        data={
            "by": edit.by,
            "team": edit.team,
            "changed": [mask_text(name, request.salt) for name in names],
            "args_digest_before": salted_digest(request.salt, edit.before),
            "args_digest": salted_digest(request.salt, request.call.arguments_json),
            "voided": list(edit.voided),
            "rules": [match.name for match in request.requirement.rules],
            "policy_version": request.requirement.policy_version,
            "expires_at": request.expires_at.isoformat(),
        },
    )


def _differs(name: str, before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    there = (name in before, name in after)
    return there != (True, True) or json.dumps(before[name]) != json.dumps(after[name])
