"""What people decided, in the words of LangChain's HumanInTheLoopMiddleware.

Pure mapping, called by `langchain_hitl`: an ending becomes a decision of a type the interrupt
allows, and the sentence that the tool's message is to begin with. Nothing is asked or sent here.
"""

import json
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import ToolMessage

from approvals.domain.outcome import OutcomeKind
from approvals.gate.exceptions import CallNotApproved
from approvals.gate.gateway import Clearance, Proposal
from approvals.gate.langchain_interrupts import AskedCall

_SHOWN_MAX_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """What a tool's message shall say that LangChain cannot be told to say."""

    text: str
    replaces: bool
    """Stand instead of the message; else before it."""

    def of(self, message: ToolMessage) -> ToolMessage | None:
        """Return the mended *message*, or None where it says so already."""
        if self.replaces:
            content: Any = self.text
        elif isinstance(message.content, str):
            content = f"{self.text}\n{message.content}"
        else:
            content = [{"type": "text", "text": self.text}, *message.content]
        if self.text in message.text[: len(self.text)]:
            return None
        return message.model_copy(update={"content": content})


def is_edit(proposal: Proposal, clearance: Clearance) -> bool:
    """Whether other arguments were approved than were asked about."""
    return clearance.arguments_json != proposal.call.arguments_json


def can_be_sent(call: AskedCall, *, edited: bool) -> bool:
    """Whether *call* may be answered with the approval there is."""
    return "edit" in call.allowed or (not edited and "approve" in call.allowed)


def approval(call: AskedCall, clearance: Clearance, *, edited: bool) -> dict[str, Any]:
    """Return the decision that lets exactly the cleared arguments run."""
    if not edited and "approve" in call.allowed:
        return {"type": "approve"}
    arguments = json.loads(clearance.arguments_json)
    return {"type": "edit", "edited_action": {"name": call.tool, "args": arguments}}


def refusal(call: AskedCall, why: CallNotApproved) -> dict[str, Any]:
    """Return the decision that lets nothing run, in our words."""
    return {"type": "reject" if "reject" in call.allowed else "respond", "message": str(why)}


def edit_mend(call: AskedCall, proposal: Proposal, clearance: Clearance) -> Mend:
    """Return the sentence that says what was changed, and by whom."""
    asked, approved = proposal.call.arguments, json.loads(clearance.arguments_json)
    changes = [
        _change(name, asked.get(name), approved.get(name))
        for name in sorted({*asked, *approved})
        if (name in asked, asked.get(name)) != (name in approved, approved.get(name))
    ]
    who = clearance.edited_by or "an approver"
    text = f"Changed by {who} before {call.tool} ran: {'; '.join(changes)}."
    return Mend(text=text, replaces=False)


def refusal_mend(call: AskedCall, why: CallNotApproved) -> Mend | None:
    """Return our own words for an ending that LangChain would tell as a person's rejection."""
    if "reject" not in call.allowed or why.outcome.kind is OutcomeKind.REJECTED:
        return None
    return Mend(text=str(why), replaces=True)


def _change(name: str, before: Any, after: Any) -> str:
    return f"{name} from {_shown(before)} to {_shown(after)}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_MAX_CHARS else f"{text[:_SHOWN_MAX_CHARS]}…"
