"""Fenced blocks of Markdown pages, each with its page and line."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCED = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block."""

    page: Path
    line: int
    language: str
    label: str
    text: str


def pages() -> list[Path]:
    """Every page of the documentation, the README first."""
    top = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
    return [page for page in (*top, *sorted((ROOT / "docs").rglob("*.md"))) if page.exists()]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of *page*, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page=page,
            line=text.count("\n", 0, found.start()) + 2,
            language=found[1],
            label=found[2] or "",
            text=found[3],
        )
        for found in _FENCED.finditer(text)
    ]
