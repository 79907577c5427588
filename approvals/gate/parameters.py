"""A signature taken apart once: which value a call gives to which parameter, without `inspect`.

`*args: T` is one argument, a list of T; `**extra: T` is one argument, an object of T; both keep
their own name, so nothing a caller passes can hide behind another parameter's.
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn, NotRequired

from pydantic import Field, JsonValue
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from approvals.domain import errors
from approvals.gate.function_form import FunctionForm

_Kind = inspect.Parameter
_EMPTY = inspect.Parameter.empty
_BY_POSITION = {_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD}
_BY_NAME = {_Kind.POSITIONAL_OR_KEYWORD, _Kind.KEYWORD_ONLY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of one tool."""

    injected: tuple[str, ...]
    types: Mapping[str, Any]
    """Of everything that is not injected."""
    defaults: Mapping[str, Any]
    positional: tuple[str, ...]
    keywords: frozenset[str]
    rest: str | None
    """The name behind `*`."""
    extra: str | None
    """The name behind `**`."""
    required: frozenset[str]
    by_name: bool
    """Whether the body can be called with keywords alone."""
    count: int

    @classmethod
    def of(cls, form: FunctionForm, injected: Iterable[str]) -> "Parameters":
        """Take *form*'s signature apart.

        Raises:
            UnsupportedTool: `injected` names no parameter, or `*args`/`**kwargs` have no type.
        """
        parameters = form.signature.parameters
        left_alone = tuple(dict.fromkeys(injected))
        unknown = [name for name in left_alone if name not in parameters]
        if unknown:
            raise errors.UnsupportedTool(
                f"{form.name} has no parameter {', '.join(map(repr, unknown))} to be injected."
            )
        each = parameters.values()
        arguments = [parameter for parameter in each if parameter.name not in left_alone]
        rest = next((one.name for one in each if one.kind is _Kind.VAR_POSITIONAL), None)
        extra = next((one.name for one in each if one.kind is _Kind.VAR_KEYWORD), None)
        defaults = dict(_defaults(form, each))
        return cls(
            injected=left_alone,
            types={one.name: _type(form.name, one) for one in arguments},
            defaults=defaults,
            positional=tuple(one.name for one in each if one.kind in _BY_POSITION),
            keywords=frozenset(one.name for one in each if one.kind in _BY_NAME),
            rest=rest,
            extra=extra,
            required=frozenset(parameters.keys() - defaults.keys()),
            by_name=not (rest or extra or any(one.kind is _Kind.POSITIONAL_ONLY for one in each)),
            count=len(parameters),
        )

    @classmethod
    def named(
        cls,
        types: Mapping[str, Any],
        *,
        defaults: Mapping[str, Any],
        injected: tuple[str, ...],
        optional: frozenset[str] = frozenset(),
    ) -> "Parameters":
        """Return parameters that are all passed by name, as frameworks do.

        What is *optional* may be left out altogether; its type must be `NotRequired`.
        """
        names = frozenset((*types, *injected))
        return cls(
            injected=injected,
            types=types,
            defaults=defaults,
            positional=(),
            keywords=names,
            rest=None,
            extra=None,
            required=names - defaults.keys() - optional,
            by_name=True,
            count=len(names),
        )

    @classmethod
    def of_schema(cls, schema: Mapping[str, Any]) -> "Parameters":
        """Return the parameters a JSON *schema* of an object names; their values are JSON."""
        names = schema.get("properties", {}).keys()
        optional = frozenset(names - set(schema.get("required", ())))
        types = {name: NotRequired[JsonValue] if name in optional else JsonValue for name in names}
        return cls.named(types, defaults={}, injected=(), optional=optional)

    def bind(self, tool: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return every parameter's value, defaults applied, as Python would bind the call.

        Raises:
            InvalidArguments: naming what is missing, unknown or given twice.
        """
        values = dict(zip(self.positional, args, strict=False))
        if len(args) > len(self.positional):
            if self.rest is None:
                _refuse(tool, f"takes at most {len(self.positional)} positional arguments")
            values[self.rest] = list(args[len(self.positional) :])
        if kwargs:
            twice = values.keys() & kwargs.keys() & self.keywords
            if twice:
                _refuse(tool, f"given twice: {_listed(twice)}")
            if kwargs.keys() <= self.keywords:
                values.update(kwargs)
            else:
                self._bind_extra(tool, values, kwargs)
        if len(values) != self.count:
            if missing := self.required - values.keys():
                _refuse(tool, f"missing: {_listed(missing)}")
            values = {**self.defaults, **values}
        return values

    def spread(
        self, values: dict[str, Any], given: dict[str, Any] | None
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return (args, kwargs) for a call of the body; *values* is used up."""
        if given:
            values.update(given)
        if self.by_name:
            return (), values
        args = [values.pop(name) for name in self.positional]
        if self.rest:
            args.extend(values.pop(self.rest))
        if self.extra:
            values.update(values.pop(self.extra))
        return tuple(args), values

    def _bind_extra(self, tool: str, values: dict[str, Any], kwargs: dict[str, Any]) -> None:
        unknown = {name: value for name, value in kwargs.items() if name not in self.keywords}
        if self.extra is None:
            _refuse(tool, f"unknown: {_listed(unknown)}")
        values.update({name: kwargs[name] for name in kwargs.keys() & self.keywords})
        values[self.extra] = unknown


def _type(tool: str, parameter: inspect.Parameter) -> Any:
    annotation = parameter.annotation
    if isinstance(annotation, str):
        raise errors.UnsupportedTool(
            f"{tool} cannot be guarded: parameter {parameter.name!r}: its type {annotation!r} "
            "cannot be found. Import it at module level, outside TYPE_CHECKING.",
            parameter=parameter.name,
        )
    if parameter.kind in {_Kind.VAR_POSITIONAL, _Kind.VAR_KEYWORD}:
        if annotation is _EMPTY:
            raise errors.UnsupportedTool(
                f"{tool} cannot be guarded: parameter {str(parameter)!r} has no type. "
                "Annotate it, name its parameters one by one, or mark it injected.",
                parameter=parameter.name,
            )
        many: Any = list if parameter.kind is _Kind.VAR_POSITIONAL else dict
        return many[annotation] if many is list else many[str, annotation]
    if annotation is _EMPTY:
        annotation = JsonValue
    if isinstance(parameter.default, FieldInfo):
        told = parameter.default
        return Annotated[(annotation, *told.metadata, Field(description=told.description))]
    return annotation


def _defaults(
    form: FunctionForm, parameters: Iterable[inspect.Parameter]
) -> Iterable[tuple[str, Any]]:
    for parameter in parameters:
        default = parameter.default
        if parameter.kind is _Kind.VAR_POSITIONAL:
            yield parameter.name, []
        elif parameter.kind is _Kind.VAR_KEYWORD:
            yield parameter.name, {}
        elif isinstance(default, FieldInfo):
            if default.default_factory is not None:
                raise errors.UnsupportedTool(
                    f"{form.name} cannot be guarded: parameter {parameter.name!r} has a default "
                    "factory, whose value nobody could see; give it a plain default.",
                    parameter=parameter.name,
                )
            if default.default is not PydanticUndefined:
                yield parameter.name, default.default
        elif default is not _EMPTY:
            yield parameter.name, default


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _refuse(tool: str, what: str) -> NoReturn:
    raise errors.InvalidArguments(f"{tool}: {what}.")
