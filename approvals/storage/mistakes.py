"""Mistakes in a file a person wrote: each with its place and its remedy, all reported at once.

Collected by the readers of the policy and of the agents' file; raised together as `PolicyInvalid`
or `AgentsInvalid`, whose lines are what the commands, readiness and the audit log show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from approvals.domain.errors import Refusal


class Placed(Protocol):
    """Anything that stands at a line and a column, both counted from 1."""

    @property
    def line(self) -> int:
        """The line, from 1."""

    @property
    def column(self) -> int:
        """The column, from 1."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake; as text ``policy.yml:12:7: message – remedy``, always one line.

    Line 0 stands for the file itself, where nothing of it could be read: ``policy.yml: message``.
    """

    line: int
    column: int
    text: str
    file: str

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.file}{place}: {self.text}"


class FileInvalid(Refusal):
    """A file has mistakes, so it is not in force. Correct the lines named."""

    code = "file_invalid"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


class PolicyInvalid(FileInvalid):
    """The policy file has mistakes, so it is not in force. Correct the lines named."""

    code = "policy_invalid"


class AgentsInvalid(FileInvalid):
    """The agents' file has mistakes, so no agent can be started. Correct the lines named."""

    code = "agents_invalid"


class CasesInvalid(FileInvalid):
    """The file of cases has mistakes, so none was tried. Correct the lines named."""

    code = "cases_invalid"


class Mistakes:
    """What is wrong with one file so far."""

    def __init__(self, file: str) -> None:
        """Collect for *file*, named as people will read it."""
        self.file = file
        self.found: list[Mistake] = []

    def add(self, at: Placed, text: str) -> None:
        """Note a mistake; *text* says what is wrong and, after a dash, what to write instead."""
        self.add_at(at.line, at.column, text)

    def add_at(self, line: int, column: int, text: str) -> None:
        """Note a mistake at a place that no node stands for."""
        line_of_text = " ".join(text.split())
        self.found.append(Mistake(line=line, column=column, text=line_of_text, file=self.file))

    def raise_any(self, invalid: type[FileInvalid] = PolicyInvalid) -> None:
        """Raise all of them as *invalid*, if there are any.

        Raises:
            FileInvalid: one or more mistakes were noted.
        """
        if self.found:
            raise invalid(self.found)
