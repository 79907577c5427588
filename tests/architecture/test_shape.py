"""Size budgets, names and docstrings of the source: the yardstick of CONTRIBUTING.md."""

import ast
import re
import statistics

from tests.architecture.source_tree import classes, functions, modules, name_of, tree

FILE_MAX_LINES = 300
FILE_MEDIAN_MAX_LINES = 150
FUNCTION_MAX_LINES = 60
FUNCTION_MEDIAN_MAX_LINES = 8
BANNED = frozenset(
    {"manager", "helper", "util", "common", "misc", "base", "core", "data", "info", "processor"}
)
ALLOWED = frozenset({"data_directory", "DataDirectory"})
"""The product's word for the place a gateway keeps everything (`SAYSO_DATA`)."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def test_no_file_is_longer_than_a_reader_takes_in() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}

    assert {name_of(path): n for path, n in lines.items() if n > FILE_MAX_LINES} == {}
    assert statistics.median(lines.values()) <= FILE_MEDIAN_MAX_LINES


def test_functions_are_short() -> None:
    lengths = [(name_of(path), *found) for path in modules() for found in functions(path)]

    assert [found for found in lengths if found[2] > FUNCTION_MAX_LINES] == []
    assert statistics.median(length for _, _, length in lengths) <= FUNCTION_MEDIAN_MAX_LINES


def test_names_of_files_and_classes_say_what_is_in_them() -> None:
    names = {path.stem for path in modules()} | {
        name for path in modules() for name in classes(path)
    }

    assert sorted(name for name in names - ALLOWED if _words(name) & BANNED) == []


def test_the_check_of_names_finds_a_vague_one() -> None:
    assert _words("RequestManager") & BANNED
    assert _words("sql_utils") & BANNED
    assert not _words("metadata") & BANNED


def test_every_module_says_where_it_stands() -> None:
    silent = [
        name_of(path)
        for path in modules()
        if ast.get_docstring(tree(path)) is None and name_of(path) != "approvals/__init__.py"
    ]

    assert silent == []


def _words(name: str) -> set[str]:
    words = {word.lower() for word in _WORD.findall(name)}
    return words | {word.removesuffix("s") for word in words}
