"""One inquiry at a terminal: the question, then a line for each thing it asks for.

Asked by `console.ConsoleGateway` in the place of `console_question`. What does not fit is said, and
asked again.
"""

import secrets
from dataclasses import dataclass, field

from approvals.domain.argument_form import Field, FieldKind, choice_text
from approvals.domain.display import one_line, shorten
from approvals.domain.inquiry import inquiry_of
from approvals.domain.inquiry_errors import InvalidAnswer
from approvals.domain.strict_json import JsonValue
from approvals.gate.console_question import Typed
from approvals.gate.console_words import inquiry_lines
from approvals.gate.gateway import Proposal
from approvals.gate.terminal import Terminal

DECLINE = "!"
"""Begins a line that declines to answer."""
_HOW = {
    FieldKind.INTEGER: "a whole number",
    FieldKind.NUMBER: "a number",
    FieldKind.DATE: "a date such as 2026-03-02",
    FieldKind.JSON: "JSON",
    FieldKind.TEXT: "a text",
}


@dataclass(frozen=True, slots=True)
class ConsoleInquiry:
    """An inquiry that is put at *terminal*."""

    terminal: Terminal
    proposal: Proposal
    _salt: str = field(default_factory=lambda: secrets.token_hex(16))

    async def answered(self) -> Typed:
        """Show the question and return what was answered."""
        inquiry = inquiry_of(self.proposal.call)
        columns, _ = self.terminal.size
        lines = inquiry_lines(self.proposal, salt=self._salt, columns=columns)
        self.terminal.say("\n".join(["", *lines]))
        given: dict[int, str | None] = {}
        to_ask = list(range(len(inquiry.form.fields)))
        while True:
            for place in to_ask:
                typed = await self._typed(inquiry.form.fields[place], alone=not inquiry.is_object)
                if typed is None:
                    return Typed(is_over=True)
                if typed.startswith(DECLINE):
                    return Typed(reason=typed.removeprefix(DECLINE).strip() or None)
                given[place] = _place(typed, inquiry.form.fields[place]) if typed else None
            try:
                return Typed(approves=True, answer=inquiry.answer(given))
            except InvalidAnswer as wrong:
                to_ask = sorted(wrong.facts["fields"])
                for place in to_ask:
                    self._say_wrong(inquiry.form.fields[place].name, wrong.facts["fields"][place])

    async def _typed(self, field: Field, *, alone: bool) -> str | None:
        for number, choice in enumerate(field.choices, 1):
            self.terminal.say(f"  {number}. {one_line(_label(choice))}")
        how = "a number of the list" if field.choices else _HOW[field.kind]
        name = "Answer" if alone else shorten(one_line(field.name), 60)
        empty = ", or nothing" if field.may_be_empty else ""
        typed = await self.terminal.line(f"{name} ({how}{empty}; {DECLINE} declines): ")
        return None if typed is None else typed.strip()

    def _say_wrong(self, name: str, sentence: str) -> None:
        self.terminal.say(f"  {shorten(one_line(name), 60)}: {shorten(one_line(sentence), 300)}")


def _place(typed: str, field: Field) -> str:
    """Return the place of a choice as the form counts them, which begins at 0."""
    is_number = field.choices and typed.isascii() and typed.isdecimal() and len(typed) < 4
    return str(int(typed) - 1) if is_number else typed


def _label(choice: JsonValue) -> str:
    if isinstance(choice, bool):
        return "yes" if choice else "no"
    return "nothing" if choice is None else choice_text(choice)
