"""One question at a terminal: shown page by page, then answered with y, n, or a question back.

Asked by `console.ConsoleGateway`, one at a time. Yes counts on the last page only, so that nothing
of a long call is approved unread.
"""

import secrets
from dataclasses import dataclass, field

from approvals.domain.display import one_line, shorten
from approvals.domain.ids import UserId
from approvals.gate.console_words import agent_lines, call_lines
from approvals.gate.gateway import Proposal
from approvals.gate.questions import Question
from approvals.gate.terminal import Terminal

ROWS_KEPT = 6
"""Rows of the terminal left for the question itself."""
ROWS_MIN = 5
_YES = frozenset({"y", "yes"})
_NO = frozenset({"n", "no"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a person answered."""

    approves: bool = False
    reason: str | None = None
    answer: str | None = None
    """To an inquiry, as canonical JSON."""
    is_over: bool = False
    """The terminal was closed: nobody answered."""


@dataclass(frozen=True, slots=True)
class ConsoleQuestion:
    """A call that is asked about at *terminal*."""

    terminal: Terminal
    proposal: Proposal
    _salt: str = field(default_factory=lambda: secrets.token_hex(16))

    async def answered(self) -> Typed:
        """Show the call and return what was answered."""
        columns, rows = self.terminal.size
        lines = call_lines(self.proposal, salt=self._salt, columns=columns)
        page = max(rows - ROWS_KEPT, ROWS_MIN)
        self.terminal.say("")
        for begin in range(0, len(lines), page):
            self.terminal.say("\n".join(lines[begin : begin + page]))
            shown = begin + page
            if shown < len(lines):
                early = await self._more(shown, len(lines))
                if early is not None:
                    return early
        return await self._decided()

    async def _more(self, shown: int, total: int) -> Typed | None:
        """Ask to go on reading; None when the next page is wanted."""
        while True:
            prompt = f"Line {shown} of {total}. Enter reads on, n rejects: "
            typed = await self.terminal.line(prompt)
            if typed is None:
                return Typed(is_over=True)
            word, _, rest = typed.strip().partition(" ")
            if not word:
                return None
            if word.lower() in _NO:
                return Typed(reason=rest.strip() or None)

    async def _decided(self) -> Typed:
        tool = shorten(one_line(self.proposal.call.tool), 60)
        asks = ", ? and a question" if self.proposal.hearer else ""
        prompt = f"Approve {tool}? y, n, n and a reason{asks}: "
        while True:
            typed = await self.terminal.line(prompt)
            if typed is None:
                return Typed(is_over=True)
            said = typed.strip()
            word, _, rest = said.partition(" ")
            if said.lower() in _YES:
                return Typed(approves=True)
            if word.lower() in _NO:
                return Typed(reason=rest.strip() or None)
            if said.startswith("?") and self.proposal.hearer:
                await self._ask_back(said[1:].strip())
            else:
                self.terminal.say("Please type y or n.")

    async def _ask_back(self, text: str) -> None:
        hearer, call = self.proposal.hearer, self.proposal.call
        assert hearer is not None
        question = Question(
            tool=call.tool,
            arguments_json=call.arguments_json,
            text=text or "Why?",
            asked_by=UserId("console"),
        )
        columns, _ = self.terminal.size
        try:
            answer = await hearer.answer(question)
        except Exception as error:  # whatever the program's own function raises
            self.terminal.say(f"  The agent could not answer: {type(error).__name__}.")
            return
        self.terminal.say("\n".join(agent_lines(answer, salt=self._salt, columns=columns)))
