"""What an author declares about many tools at once: effects by globs of their names, and deeds.

Given to `Gate.guard_tools()` and to the agents' file; nothing is ever inferred from a name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from approvals.domain.deed import read_deed
from approvals.domain.tool_glob import ToolGlob
from approvals.gate.gateway import ToolTraits


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Which tools change nothing, which may run twice under one key, and what they do in a word."""

    reads: tuple[ToolGlob, ...] = ()
    idempotent: tuple[ToolGlob, ...] = ()
    deeds: Mapping[str, str] = field(default_factory=dict)
    """What the button that approves says of a tool, by its name."""

    @classmethod
    def of(
        cls,
        *,
        reads: Iterable[str] = (),
        idempotent: Iterable[str] = (),
        deeds: Mapping[str, str] | None = None,
    ) -> Self:
        """Read the globs and the deeds.

        Raises:
            ValueError: a pattern or a deed is none; the text says what to write instead.
        """
        return cls(
            reads=tuple(map(ToolGlob.of, reads)),
            idempotent=tuple(map(ToolGlob.of, idempotent)),
            deeds={name: read_deed(deed) for name, deed in (deeds or {}).items()},
        )

    def traits(self, tool: str) -> ToolTraits:
        """Return what is declared about *tool*."""
        return ToolTraits(
            reads=any(glob.matches(tool) for glob in self.reads),
            idempotent=any(glob.matches(tool) for glob in self.idempotent),
            deed=self.deeds.get(tool, ""),
        )


NOTHING_DECLARED = Declared()
