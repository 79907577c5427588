"""What LangChain and LangGraph users import: guarded tools, pauses, and answers to its own.

Importing it imports LangChain, so nothing of the gate does.
"""

from approvals.gate.langchain_asking import ask_person
from approvals.gate.langchain_hitl import answer_interrupts
from approvals.gate.langchain_middleware import ApprovalMiddleware
from approvals.gate.langchain_resume import paused_requests, resume_paused
from approvals.gate.langchain_tools import GuardedTool, guard_tool

__all__ = [
    "ApprovalMiddleware",
    "GuardedTool",
    "answer_interrupts",
    "ask_person",
    "guard_tool",
    "paused_requests",
    "resume_paused",
]
