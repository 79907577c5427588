"""The little Markdown the generated pages need: a notice, tables, code.

Called by the page modules. Text of ours goes in as it is; only what would break a table is escaped.
"""

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Written by `make docs` from the code. Change the code, not this page. -->"


def page(title: str, *parts: str) -> str:
    """Return a whole page; parts are separated by a blank line."""
    return "\n\n".join((f"# {title}", NOTICE, *(part.strip("\n") for part in parts))) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells may hold inline Markdown."""
    lines = [_line(head), "|" + "---|" * len(head)]
    return "\n".join(lines + [_line(row) for row in rows])


def code(text: str) -> str:
    """Return *text* as inline code, or a dash when there is none."""
    return f"`{text}`" if text else "–"


def block(language: str, text: str) -> str:
    """Return a fenced block."""
    return f"```{language}\n{text.rstrip()}\n```"


def one_line(docstring: str | None) -> str:
    """Return a docstring as one line of prose."""
    return " ".join((docstring or "").split())


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
