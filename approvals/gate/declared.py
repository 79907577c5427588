"""What an author declares about the effects of many tools at once, by globs of their names.

Given to `Gate.guard_tools()` and to the agents' file; nothing is ever inferred from a name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from approvals.domain.tool_glob import ToolGlob
from approvals.gate.gateway import ToolTraits


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Globs of the tools that change nothing, and of those that may run twice under one key."""

    reads: tuple[ToolGlob, ...] = ()
    idempotent: tuple[ToolGlob, ...] = ()

    @classmethod
    def of(cls, *, reads: Iterable[str] = (), idempotent: Iterable[str] = ()) -> Self:
        """Read the globs.

        Raises:
            ValueError: a pattern is none; the text says what to write instead.
        """
        return cls(
            reads=tuple(map(ToolGlob.of, reads)), idempotent=tuple(map(ToolGlob.of, idempotent))
        )

    def traits(self, tool: str) -> ToolTraits:
        """Return what is declared about *tool*."""
        return ToolTraits(
            reads=any(glob.matches(tool) for glob in self.reads),
            idempotent=any(glob.matches(tool) for glob in self.idempotent),
        )


NOTHING_DECLARED = Declared()
