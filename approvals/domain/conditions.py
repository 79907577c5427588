"""A rule's `when`: one CEL expression over a call's arguments, bounded and failing closed.

Compiled when the policy is loaded, asked by `Policy.requirement()`. CEL is imported only when a
rule has a condition (the import costs about a second). A condition that cannot be answered
raises `ConditionFailed`; what that means for the rule is decided in `policy`, never here.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from approvals.domain.condition_lint import ConditionMistake, compile_checked
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall

if TYPE_CHECKING:
    import cel

__all__ = ["Condition", "ConditionFailed", "ConditionMistake", "Facts"]

LIST_MAX_ITEMS = 100
"""For arguments a condition walks through; two nested macros then take about 10 ms at worst."""
TEXT_MAX_CHARS = 10_000
"""For texts inside arguments a condition walks through, which it may search at every step."""


class ConditionFailed(Exception):
    """A condition that has no answer for this call; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Condition:
    """A compiled `when`."""

    source: str
    has_macros: bool
    _program: "cel.Program" = field(repr=False)

    @classmethod
    def of(cls, source: str, *, for_allow: bool) -> "Condition":
        """Compile *source*, for an `allow` rule under the tighter rules that hold there.

        Raises:
            ConditionMistake: too long or nested, not CEL, unknown names, or hiding errors.
        """
        program, macros = compile_checked(source, for_allow=for_allow)
        return cls(source=source, has_macros=macros > 0, _program=program)


class Facts:
    """What conditions are asked about: one call, converted for CEL once and shared by all rules."""

    __slots__ = ("_call", "_context", "_oversize")

    def __init__(self, call: ToolCall) -> None:
        self._call = call
        self._context: cel.Context | None = None
        self._oversize: str | None = None

    def satisfy(self, condition: Condition) -> bool:
        """Whether *condition* holds for the call.

        Raises:
            ConditionFailed: it met an error, or answered something else than true or false.
        """
        context = self._context or self._convert()
        if condition.has_macros and self._oversize is not None:
            raise ConditionFailed(self._oversize)
        try:
            answer = condition._program.execute(context)
        except Exception as error:
            raise ConditionFailed(_explained(error)) from None
        if answer is True or answer is False:
            return answer
        raise ConditionFailed(f"it answers {type(answer).__name__}, not true or false")

    def _convert(self) -> "cel.Context":
        import cel

        arguments = self._call.arguments
        self._oversize = _oversize(arguments)
        try:
            self._context = cel.Context(variables={"args": arguments, "tool": self._call.tool})
        except Exception as error:
            raise ConditionFailed(_explained(error)) from None
        return self._context


def _oversize(value: JsonValue) -> str | None:
    """Say what in *value* is too long to be walked through, if anything is."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            if len(item) > TEXT_MAX_CHARS:
                return f"an argument has {len(item)} characters, more than {TEXT_MAX_CHARS}"
        elif isinstance(item, dict | list):
            if len(item) > LIST_MAX_ITEMS:
                return f"an argument holds {len(item)} items, more than {LIST_MAX_ITEMS}"
            left.extend(item.values() if isinstance(item, dict) else item)
    return None


def _explained(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the call has no {error.args[0]!r}"
    if isinstance(error, TypeError):
        return "a value has another type than the condition expects"
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
