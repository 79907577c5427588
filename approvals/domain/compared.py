"""Which two arguments of a tool are one text before and after, for a card to show the difference.

Declared by whoever writes the tool or the policy. It adds to what a card shows and takes nothing
away: both arguments are shown and digested as any others. What stands before is the agent's word.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from approvals.domain.display import one_line

NAME_MAX_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Compared:
    """The names of two different arguments."""

    before: str
    after: str

    def __post_init__(self) -> None:
        """Refuse what names nothing that could be compared.

        Raises:
            ValueError
        """
        for name in (self.before, self.after):
            if not 0 < len(name) <= NAME_MAX_CHARS or one_line(name) != name:
                raise ValueError(
                    f"{name!a:.80} cannot be the name of an argument here – write it as the tool's "
                    f"schema has it, at most {NAME_MAX_CHARS} characters"
                )
        if self.before == self.after:
            raise ValueError(f"{self.before} is named twice – name two arguments")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {"before": self.before, "after": self.after}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(before=stored["before"], after=stored["after"])


def one_pair(pairs: Iterable[Compared | None]) -> Compared | None:
    """Return the pair all that name one agree on; none where they do not."""
    named = {pair for pair in pairs if pair is not None}
    return named.pop() if len(named) == 1 else None
