"""What the wire's models say of themselves: the docstring under each field, read from the source.

Python throws these away and pydantic would read them at every import, an agent's too; only the
OpenAPI document and the page made of it need them.
"""

import ast
import inspect
from functools import cache
from itertools import pairwise
from types import ModuleType

from approvals.gate import wire


@cache
def field_sentences(module: ModuleType = wire) -> dict[str, dict[str, str]]:
    """Return the docstring of each field that has one, by the model's name and its own."""
    try:
        read = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):  # installed without its source
        return {}
    return {each.name: _fields(each) for each in read.body if isinstance(each, ast.ClassDef)}


def _fields(model: ast.ClassDef) -> dict[str, str]:
    return {
        field.target.id: " ".join(inspect.cleandoc(said.value.value).split())
        for field, said in pairwise(model.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
        and isinstance(said.value.value, str)
    }
