"""What a condition may say: the checks it passes once, when the policy is loaded.

Called by `Condition.of()`. Bounds keep any admitted condition quick to answer; an `allow` rule
may not use what hides errors; names nobody defined are refused, instead of failing at each call.
"""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import cel

SOURCE_MAX_CHARS = 1_000
NESTING_MAX = 32
MACRO_NESTING_MAX = 2
MACROS_MAX = 4
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
_LITERAL = r"""[rRbB]{0,2}(?:'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")"""
_PATTERN = re.compile(rf"\.\s*matches\s*\(\s*({_LITERAL})\s*\)", re.DOTALL)
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\($")
_LOOP_VARIABLE = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")


class ConditionMistake(ValueError):
    """A condition that may not stand in a policy; the text says why and what to write instead."""


def compile_checked(source: str, *, for_allow: bool) -> tuple["cel.Program", int]:
    """Compile *source*; return the program and how many macros it uses.

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
    _check_patterns(program, source, bare)
    if for_allow:
        _refuse_hiding(program)
    return program, macros


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
        what = first.splitlines()[0]
        if found:
            # CEL lists every token it would have taken; the place says enough.
            what = f"{found[3].partition(' expecting ')[0]} at its character {found[2]}"
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


def _check_patterns(program: "cel.Program", source: str, bare: str) -> None:
    """Refuse broken patterns, and those a call could bring along to be slow on purpose."""
    if "matches" not in program.functions():
        return
    import cel

    patterns = _PATTERN.findall(source)
    if len(patterns) != len(re.findall(r"\bmatches\s*\(", bare)):
        raise ConditionMistake(
            'the pattern of matches has to stand in quotes – write it like args.x.matches("^a")'
        )
    for pattern in patterns:
        try:
            cel.compile(f'"".matches({pattern})').execute(cel.Context())
        except Exception:
            raise ConditionMistake(
                f"{pattern} is not a regular expression (RE2 syntax) – correct it"
            ) from None


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
