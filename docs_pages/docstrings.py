"""Docstrings of enum members, which Python throws away: read from the source instead."""

import ast
import inspect
from enum import Enum
from itertools import pairwise


def member_sentences(enum: type[Enum]) -> dict[str, str]:
    """Return the docstring under each member of *enum* that has one, by the member's name."""
    (found,) = ast.parse(inspect.getsource(enum)).body
    assert isinstance(found, ast.ClassDef)
    return {
        member.targets[0].id: inspect.cleandoc(said.value.value)
        for member, said in pairwise(found.body)
        if isinstance(member, ast.Assign)
        and isinstance(member.targets[0], ast.Name)
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
        and isinstance(said.value.value, str)
    }
