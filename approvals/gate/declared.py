"""What an author declares about many tools at once: effects by globs of their names, and deeds.

Given to `Gate.guard_tools()` and to the agents' file; nothing is ever inferred from a name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from approvals.domain import errors
from approvals.domain.deed import read_deed
from approvals.domain.tool_glob import ToolGlob
from approvals.gate.binding import ToolBinding
from approvals.gate.gateway import ToolTraits


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Which tools change nothing, which may run twice under one key, and what they do in a word."""

    reads: tuple[ToolGlob, ...] = ()
    idempotent: tuple[ToolGlob, ...] = ()
    deeds: Mapping[str, str] = field(default_factory=dict)
    """What the button that approves says of a tool, by its name."""
    compared: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Which two arguments of a tool are one text before and after, by its name."""

    @classmethod
    def of(
        cls,
        *,
        reads: Iterable[str] = (),
        idempotent: Iterable[str] = (),
        deeds: Mapping[str, str] | None = None,
        compared: Mapping[str, tuple[str, str]] | None = None,
    ) -> Self:
        """Read the globs and the deeds.

        Raises:
            ValueError: a pattern or a deed is none; the text says what to write instead.
        """
        return cls(
            reads=tuple(map(ToolGlob.of, reads)),
            idempotent=tuple(map(ToolGlob.of, idempotent)),
            deeds={name: read_deed(deed) for name, deed in (deeds or {}).items()},
            compared=dict(compared or {}),
        )

    def traits(self, tool: str) -> ToolTraits:
        """Return what is declared about *tool*."""
        before, after = self.compared.get(tool, ("", ""))
        return ToolTraits(
            reads=any(glob.matches(tool) for glob in self.reads),
            idempotent=any(glob.matches(tool) for glob in self.idempotent),
            deed=self.deeds.get(tool, ""),
            before=before,
            after=after,
        )


NOTHING_DECLARED = Declared()


def refuse_missing(binding: ToolBinding, traits: ToolTraits) -> None:
    """Refuse traits that compare arguments the tool does not have.

    Raises:
        UnsupportedTool
    """
    compared, known = traits.compared, binding.json_schema.get("properties", {})
    for name in (compared.before, compared.after) if compared else ():
        if name not in known:
            raise errors.UnsupportedTool(
                f"{binding.name} has no argument {name} that could be compared."
            )
