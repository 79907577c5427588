"""The shapes of functions that can be guarded, and why the others cannot (case X13).

Read once, when a tool is guarded: signature, resolved annotations, whether the body is awaited.
"""

import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from approvals.domain import errors

GUARD_MARK = "__sayso_guard__"
"""The attribute that marks a guarded function."""
_GENERATORS = (inspect.isgeneratorfunction, inspect.isasyncgenfunction)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionForm:
    """What `inspect` says about a function, asked once."""

    name: str
    origin: str
    """`module:qualname`."""
    description: str
    is_async: bool
    signature: inspect.Signature
    """With annotations resolved, as far as they can be."""
    receiver: str | None
    """`self` or `cls` of a method; never an argument."""

    @classmethod
    def of(cls, function: Callable[..., Any], name: str | None = None) -> "FunctionForm":
        """Examine *function*.

        Raises:
            UnsupportedTool: for a form whose call could not be shown or bound.
        """
        named: str = function.__class__.__name__ if name is None else name
        if name is None:
            named = getattr(function, "__name__", named)
        objection = _objection(function, named)
        if objection:
            raise errors.UnsupportedTool(f"{named} cannot be guarded: {objection}.")
        signature = _signature(function)
        qualified = getattr(function, "__qualname__", named)
        return cls(
            name=named,
            origin=f"{getattr(function, '__module__', None) or '?'}:{qualified}",
            description=inspect.getdoc(function) or "",
            is_async=is_async(function),
            signature=signature,
            receiver=_receiver(signature, qualified),
        )


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling *function* gives something to await, also behind a plain decorator."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        inspect.unwrap(function)
    )


def is_generator(function: Callable[..., Any]) -> bool:
    """Whether *function* only begins to run when its result is read."""
    forms = (function, inspect.unwrap(function))
    return any(check(form) for check in _GENERATORS for form in forms)


def _objection(function: Any, named: str) -> str | None:
    if isinstance(function, functools.partial):
        return "a partial hides the arguments it holds; write a function that passes them"
    if inspect.isclass(function):
        return "it is a class; guard a function that makes the object"
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        return "it is not written in Python as a function or method; wrap it in one"
    if is_generator(function):
        return "a generator runs after the call has returned; return a list instead"
    return _objection_to_name(function, named)


def _objection_to_name(function: Any, named: str) -> str | None:
    if hasattr(function, GUARD_MARK):
        return "it is guarded already, and would ask twice"
    if not named.strip() or named == "<lambda>":
        return "it has no name to put before people; pass name="
    return None


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    signature = inspect.signature(function)
    scope = getattr(inspect.unwrap(function), "__globals__", {})
    parameters = [
        parameter.replace(annotation=_resolved(parameter.annotation, scope))
        for parameter in signature.parameters.values()
    ]
    returned = _resolved(signature.return_annotation, scope)
    return signature.replace(parameters=parameters, return_annotation=returned)


def _resolved(annotation: Any, scope: dict[str, Any]) -> Any:
    """Return what *annotation* stands for, or the text itself where that cannot be found.

    One by one, so that an injected parameter's type may be imported for type checkers only.
    """
    if annotation is inspect.Parameter.empty or annotation is None:
        return annotation
    holder = SimpleNamespace(__annotations__={"it": annotation})
    try:
        return typing.get_type_hints(holder, globalns=scope, include_extras=True)["it"]
    except (NameError, TypeError, AttributeError, SyntaxError):
        return annotation


def _receiver(signature: inspect.Signature, qualified: str) -> str | None:
    first = next(iter(signature.parameters.values()), None)
    in_class = "." in qualified.rpartition("<locals>.")[2]
    bare = first is not None and first.annotation is inspect.Parameter.empty
    if first is not None and in_class and bare and first.name in {"self", "cls"}:
        return first.name
    return None
