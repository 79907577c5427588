"""A request, a permit and a run change their status in their transition tables and nowhere else."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source_tree import modules, name_of, tree

TABLES = frozenset({"approvals/domain/lifecycle.py", "approvals/domain/run_lifecycle.py"})
FIELDS = frozenset({"status", "state"})


def changes(module: ast.AST) -> Iterator[int]:
    """The lines at which a copy with another status is made."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and "replace" in ast.unparse(node.func).split("."):
            yield from (node.lineno for each in node.keywords if each.arg in FIELDS)


def _is_kept(path: Path) -> bool:
    return name_of(path).startswith(("approvals/", "bot/")) and "sandbox" not in path.parts


def test_no_status_is_changed_outside_the_transition_tables() -> None:
    found = {name_of(path): list(changes(tree(path))) for path in modules() if _is_kept(path)}

    assert "approvals/domain/lifecycle.py" in {name for name, lines in found.items() if lines}
    assert {name: lines for name, lines in found.items() if lines and name not in TABLES} == {}


def test_the_check_finds_a_change_made_elsewhere() -> None:
    assert list(changes(ast.parse("saved = replace(request, version=2,\n status=done)"))) == [1]
    assert list(changes(ast.parse("dataclasses.replace(permit, state=lost)"))) == [1]
    assert list(changes(ast.parse("Card(state=kept); replace(card, ts=ts)"))) == []
