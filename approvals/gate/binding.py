"""A tool's parameters bound to JSON: what a caller passes is frozen, what the body gets is thawed.

`ToolBinding` is made when a tool is guarded and holds everything `inspect` and pydantic have to
say; a call only binds, validates, writes and digests. The body never sees the caller's objects,
but what the approved JSON text parses back to (promise 1 of the design; cases C1, X13).
"""

import hashlib
import inspect
import json
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from approvals.domain import errors, strict_json
from approvals.domain.tool_call import ToolCall, digest_of
from approvals.domain.tool_schema import ToolSchema
from approvals.gate.argument_schema import ArgumentSchema, mistakes
from approvals.gate.function_form import FunctionForm
from approvals.gate.gateway import Clearance
from approvals.gate.parameters import Parameters
from approvals.gate.plain_values import PlainCalls

_UNFIT = (
    "What people changed does not reach the tool as they saw it, so it did not run. "
    "Ask again, or let them change it in another way."
)
Frozen: TypeAlias = tuple[ToolCall, dict[str, Any] | None]


class ToolBinding:
    """One tool: its name, its fingerprint and the way between a caller's values and JSON."""

    __slots__ = (
        *("_parameters", "_schema", "fingerprint", "injected", "json_schema", "name"),
        *("plain_calls", "tool_schema"),
    )

    def __init__(
        self,
        form: FunctionForm,
        parameters: Parameters,
        *,
        json_schema: dict[str, Any] | None = None,
    ) -> None:
        """Compile *parameters*; a framework that brings its own *json_schema* is described by it.

        Raises:
            UnsupportedTool: for a parameter that does not survive the round trip through JSON.
        """
        self.name = form.name
        self.injected = parameters.injected
        self._parameters = parameters
        self._schema = ArgumentSchema(form.name, parameters.types, parameters.defaults)
        self.plain_calls = PlainCalls.of(parameters, self._schema.kinds)
        self.json_schema = json_schema or self._schema.json_schema
        self.fingerprint = _fingerprint(form, self.json_schema)
        self.tool_schema = ToolSchema.of(self.json_schema)

    @classmethod
    def of_form(cls, form: FunctionForm, injected: Iterable[str] = ()) -> "ToolBinding":
        """Bind a function already examined; *injected* parameters are never digested.

        Raises:
            UnsupportedTool: for a parameter that does not survive the round trip through JSON.
        """
        receiver = (form.receiver,) if form.receiver else ()
        return cls(form, Parameters.of(form, (*receiver, *injected)))

    @classmethod
    def of(
        cls,
        function: Callable[..., Any],
        name: str | None = None,
        injected: Iterable[str] = (),
    ) -> "ToolBinding":
        """Bind *function* under *name* (default: its own, without the module).

        Raises:
            UnsupportedTool: for a form or a parameter that cannot be guarded.
        """
        return cls.of_form(FunctionForm.of(function, name), injected)

    @classmethod
    def of_schema(
        cls, name: str, schema: dict[str, Any], *, description: str, origin: str
    ) -> "ToolBinding":
        """Bind a tool that a framework describes by the JSON *schema* of its arguments.

        Args:
            name: the tool's.
            schema: of an object; its arguments are passed on as JSON values.
            description: what the model reads of it.
            origin: where it comes from, as far as the framework says.
        """
        form = FunctionForm(
            name=name,
            origin=origin,
            description=description,
            is_async=True,
            signature=inspect.Signature(),
            receiver=None,
        )
        return cls(form, Parameters.of_schema(schema), json_schema=schema)

    def freeze(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Frozen:
        """Bind a call as Python would, apply defaults, and turn its arguments into JSON.

        Returns the frozen call and the injected values, which are left alone.

        Raises:
            InvalidArguments: naming what is missing, unknown or of the wrong type; its subclass
                `ArgumentsNotStable` for a value that reads back as another one.
        """
        values = self._parameters.bind(self.name, args, kwargs)
        given = {name: values.pop(name) for name in self.injected} if self.injected else None
        try:
            validated = self._schema.validate(values)
            arguments = self._schema.to_json(validated)
        except Exception as error:
            raise errors.InvalidArguments(f"{self.name}: {mistakes(error)}.") from None
        text = strict_json.write(arguments)
        if not self._is_stable(text, validated, arguments):
            self._refuse_unstable(text, validated)
        return ToolCall.canonical(self.name, self.fingerprint, arguments, text), given

    def thaw(
        self, clearance: Clearance, digest: str, given: dict[str, Any] | None
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return (args, kwargs) for the body: fresh values of the approved text, and *given*.

        Raises:
            ArgsMismatch: what was cleared is not what *digest* (what was asked) stands for, or
                what people changed does not reach the body as they saw it.
        """
        text, asked = clearance.arguments_json, clearance.asked_digest
        if (asked or clearance.digest) != digest:
            raise errors.ArgsMismatch
        if clearance.digest != digest_of(self.name, self.fingerprint, text):
            raise errors.ArgsMismatch
        try:
            values = self._schema.read(text)
            is_stable = asked is None or self._schema.to_json(values) == json.loads(text)
        except Exception:  # a validator that changed its mind
            raise errors.ArgsMismatch(_UNFIT if asked else None) from None
        if not is_stable:
            raise errors.ArgsMismatch(_UNFIT)
        return self._parameters.spread(values, given)

    def _is_stable(self, text: str, validated: dict[str, Any], arguments: Any) -> bool:
        try:
            parsed = self._schema.read(text)
            stable: bool = parsed == validated and self._schema.to_json(parsed) == arguments
            return stable
        except Exception:
            return False

    def _refuse_unstable(self, text: str, validated: dict[str, Any]) -> None:
        raw = json.loads(text)
        names = [name for name in validated if not self._survives(name, raw[name], validated[name])]
        raise errors.ArgumentsNotStable(
            f"{self.name}: {', '.join(names) or 'arguments'} would not reach the tool as given: "
            "written as JSON and read back, it is another value. Pass a plain JSON value."
        )

    def _survives(self, name: str, raw: Any, value: Any) -> bool:
        try:
            single = ArgumentSchema(self.name, {name: self._parameters.types[name]}, {})
            return bool(single.read(json.dumps({name: raw})) == {name: value})
        except Exception:
            return False


def _fingerprint(form: FunctionForm, json_schema: dict[str, Any]) -> str:
    parts = {"schema": json_schema, "description": form.description, "origin": form.origin}
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).hexdigest()
