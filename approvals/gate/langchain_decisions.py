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
from approvals.gate.told import before_the_result


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


def cleared_mend(call: AskedCall, clearance: Clearance) -> Mend | None:
    """Return what people changed and wrote, which the message of the tool is to begin with."""
    text = before_the_result(clearance.outcome, call.tool)
    return None if text is None else Mend(text=text, replaces=False)


def refusal_mend(call: AskedCall, why: CallNotApproved) -> Mend | None:
    """Return our own words for an ending that LangChain would tell as a person's rejection."""
    if "reject" not in call.allowed or why.outcome.kind is OutcomeKind.REJECTED:
        return None
    return Mend(text=str(why), replaces=True)
