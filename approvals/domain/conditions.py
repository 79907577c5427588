"""A rule's `when`: one CEL expression over a call's arguments, bounded and failing closed.

Compiled when the policy is loaded, asked by `Policy.requirement()`. CEL is imported only when a
rule has a condition (the import costs about a second). A condition that cannot be answered
raises `ConditionFailed`; what that means for the rule is decided in `policy`, never here.
"""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall

if TYPE_CHECKING:
    import cel

SOURCE_MAX_CHARS = 1_000
NESTING_MAX = 32
MACRO_NESTING_MAX = 2
MACROS_MAX = 4
LIST_MAX_ITEMS = 100
"""For arguments a condition walks through; two nested macros then take about 10 ms at worst."""
VARIABLES = frozenset({"args", "tool"})

_TYPE_NAMES = {
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
}
_CONVERSIONS = {"bytes", "double", "duration", "int", "string", "timestamp", "type", "uint"}
_TEXT_FUNCTIONS = {"contains", "endsWith", "matches", "size", "startsWith"}
_TIME_FUNCTIONS = {
    f"get{part}"
    for part in ("FullYear", "Month", "Date", "DayOfMonth", "DayOfYear", "DayOfWeek", "Hours")
} | {"getMinutes", "getSeconds", "getMilliseconds"}
_FUNCTIONS = _CONVERSIONS | _TEXT_FUNCTIONS | _TIME_FUNCTIONS
# CEL hides an error behind the other side of these, so that missing data could allow a call.
_HIDING = {
    "_||_": "||",
    "!_": "!",
    "_?_:_": "?:, filter or exists_one",
    "@not_strictly_false": "exists or all",
}
_TEXT = re.compile(
    r"""//[^\n]*|[rRbB]{0,2}(?:'{3}.*?'{3}|"{3}.*?"{3}|'[^'\n]*'|"[^"\n]*")""", re.DOTALL
)
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\($")
_LOOP_VARIABLE = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")


class ConditionMistake(ValueError):
    """A condition that may not stand in a policy; the text says why and what to write instead."""


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
        if len(source) > SOURCE_MAX_CHARS:
            raise ConditionMistake(
                f"the condition has {len(source)} characters – at most {SOURCE_MAX_CHARS}; "
                "split the rule in two"
            )
        bare = _without_texts(source)
        macros = _check_nesting(bare)
        program = _compile(source)
        _check_names(program, bare)
        if for_allow:
            _refuse_hiding(program)
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
        size = _longest(arguments)
        if size > LIST_MAX_ITEMS:
            self._oversize = (
                f"an argument holds {size} items, more than the {LIST_MAX_ITEMS} "
                "a condition may walk through"
            )
        try:
            self._context = cel.Context(variables={"args": arguments, "tool": self._call.tool})
        except Exception as error:
            raise ConditionFailed(_explained(error)) from None
        return self._context


def _longest(value: JsonValue) -> int:
    """Return the length of the longest list or object anywhere in *value*."""
    longest, left = 0, [value]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            longest = max(longest, len(item))
            left.extend(item.values())
        elif isinstance(item, list):
            longest = max(longest, len(item))
            left.extend(item)
    return longest


def _explained(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the call has no {error.args[0]!r}"
    if isinstance(error, TypeError):
        return "a value has another type than the condition expects"
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _compile(source: str) -> "cel.Program":
    try:
        import cel
    except ImportError:
        raise ConditionMistake("conditions need the CEL library – install sayso[server]") from None
    try:
        return cel.compile(source)
    except Exception as error:
        first = str(error).partition("ERROR: ")[2] or str(error)
        found = re.match(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)", first)
        what = f"{found[3]} at its character {found[2]}" if found else first.splitlines()[0]
        raise ConditionMistake(
            f'not a CEL expression: {what} – write it like args.env == "prod"'
        ) from None


def _without_texts(source: str) -> str:
    """Blank out string literals and comments, so that only structure is left."""
    return _TEXT.sub('""', _ESCAPE.sub("", source))


def _check_nesting(bare: str) -> int:
    """Return how many macros *bare* uses, refusing what could take long to answer."""
    opened: list[bool] = []
    macros = 0
    for at, char in enumerate(bare):
        if char in "([{":
            is_macro = char == "(" and _MACRO.search(bare, max(0, at - 40), at + 1) is not None
            macros += is_macro
            opened.append(is_macro)
            if len(opened) > NESTING_MAX:
                raise ConditionMistake(f"nested deeper than {NESTING_MAX} – simplify it")
            if sum(opened) > MACRO_NESTING_MAX:
                raise ConditionMistake(
                    f"macros are nested deeper than {MACRO_NESTING_MAX} – simplify it"
                )
        elif char in ")]}" and opened:
            opened.pop()
    if macros > MACROS_MAX:
        raise ConditionMistake(
            f"uses {macros} macros – at most {MACROS_MAX}; split the rule in two"
        )
    return macros


def _check_names(program: "cel.Program", bare: str) -> None:
    known = VARIABLES | _TYPE_NAMES | set(_LOOP_VARIABLE.findall(bare))
    unknown = sorted(set(program.variables()) - known)
    if unknown:
        raise ConditionMistake(
            f"{unknown[0]!r} is unknown – a condition sees args.NAME and tool; "
            'texts stand in quotes, as in args.env == "prod"'
        )
    strange = sorted(name for name in set(program.functions()) - _FUNCTIONS if _is_word(name))
    if strange:
        raise ConditionMistake(
            f"there is no function {strange[0]!r} – use size, contains, startsWith, endsWith, "
            "matches, string, int, double, type, timestamp, duration"
        )


def _is_word(name: str) -> bool:
    return name.isidentifier() and not name.startswith("_")


def _refuse_hiding(program: "cel.Program") -> None:
    used: set[Any] = set(program.functions())
    for name in ("@not_strictly_false", *_HIDING):
        if name in used:
            raise ConditionMistake(
                f"an allow rule's condition may not use {_HIDING[name]}, because CEL hides "
                "errors behind it – write two rules, or turn the comparison round"
            )
