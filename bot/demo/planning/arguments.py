"""Arguments for one tool out of one clause, each by what its schema says.

Named choices are looked for in the clause, then in the whole message when that names only one;
numbers and free text are taken from the clause alone, so that no amount leaks into another call.
Nothing is made up: what is not found stays out, and a missing required parameter is reported.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.demo.planning.tool_schema import READING, OfferedTool, Parameter
from bot.demo.planning.words import ARTICLES, PREPOSITIONS, STOPWORDS, Token, stem, tokens

_PREFIX_MIN = 3


@dataclass(slots=True, kw_only=True)
class _Clause:
    """The clause's tokens and which of them have been used for an argument."""

    tokens: tuple[Token, ...]
    used: set[int] = field(default_factory=set)

    def free(self) -> Iterator[tuple[int, Token]]:
        """Yield what no argument has taken yet."""
        return ((i, t) for i, t in enumerate(self.tokens) if i not in self.used)

    def take(self, positions: list[int]) -> str:
        """Mark *positions* used and return their text."""
        self.used.update(positions)
        return " ".join(self.tokens[i].text for i in positions)


def arguments(tool: OfferedTool, clause: str, *, message: str) -> dict[str, Any]:
    """Return the arguments the clause holds for *tool*; keys are parameters of its schema only."""
    words = _Clause(tokens=tokens(clause))
    found: dict[str, Any] = {}
    for fill in (_choices, _named, _numbers, _flags, _by_preposition, _leftovers):
        for parameter in tool.parameters:
            if parameter.name not in found:
                value = fill(parameter, words, tool)
                if value is not None:
                    found[parameter.name] = value
    for parameter in tool.parameters:
        if parameter.choices and parameter.name not in found:
            spoken = _spoken_choices(parameter, tokens(message))
            if len(spoken) == 1:
                found[parameter.name] = spoken.pop()
    return found


def missing(tool: OfferedTool, found: dict[str, Any]) -> tuple[Parameter, ...]:
    """The required parameters of *tool* that *found* lacks."""
    return tuple(p for p in tool.parameters if p.required and p.name not in found)


def _matches(choice: str, token: Token) -> bool:
    word, value = token.word, choice.lower()
    shorter, longer = sorted((word, value), key=len)
    prefix = len(shorter) >= _PREFIX_MIN and longer.startswith(shorter)
    return word == value or stem(word) == value or (token.kind == "word" and prefix)


def _spoken_choices(parameter: Parameter, spoken: tuple[Token, ...]) -> set[str]:
    exact = {c for c in parameter.choices for t in spoken if t.word == c.lower()}
    return exact or {c for c in parameter.choices for t in spoken if _matches(c, t)}


def _choices(parameter: Parameter, clause: _Clause, tool: OfferedTool) -> str | None:
    """Take a value the schema names, also when a person writes `production` for `prod`."""
    for exactly in (True, False):
        for position, token in clause.free():
            for choice in parameter.choices:
                same = token.word == choice.lower() if exactly else _matches(choice, token)
                if same and not (token.word in tool.name_stems and not exactly):
                    clause.used.add(position)
                    return choice
    return None


def _named(parameter: Parameter, clause: _Clause, _: OfferedTool) -> Any:
    """Take `reference=42`, `reference: 42` or `reference 42`."""
    if parameter.choices:
        return None
    name = [stem(part) for part in parameter.name.split("_")]
    for position, token in clause.free():
        if stem(token.word) not in {name[0], parameter.name.lower()} or token.word in PREPOSITIONS:
            continue
        after = position + 1
        if after < len(clause.tokens) and clause.tokens[after].kind == "sign":
            after += 1
        value = _typed(parameter, clause.tokens[after]) if after < len(clause.tokens) else None
        if value is not None and after not in clause.used:
            clause.used.update(range(position, after + 1))
            return value
    return None


def _typed(parameter: Parameter, token: Token) -> Any:
    """The token as the parameter's type, or None when it does not fit."""
    if parameter.type in {"number", "integer"}:
        return _number(parameter, token)
    if parameter.type == "string" and token.kind != "sign" and token.word not in STOPWORDS:
        return token.text or None
    return None


def _number(parameter: Parameter, token: Token) -> float | int | None:
    if token.kind != "number":
        return None
    value = float(token.text.replace(",", ""))
    if value.is_integer():
        return int(value)
    return value if parameter.type == "number" else None


def _numbers(parameter: Parameter, clause: _Clause, _: OfferedTool) -> float | int | None:
    if parameter.type not in {"number", "integer"}:
        return None
    for position, token in clause.free():
        value = _number(parameter, token)
        if value is not None:
            clause.used.add(position)
            return value
    return None


def _flags(parameter: Parameter, clause: _Clause, _: OfferedTool) -> bool | None:
    """A flag is set by its own name (`force`) and cleared by `no` or `without` before it."""
    if parameter.type != "boolean":
        return None
    for position, token in clause.free():
        if token.word in {parameter.name.lower(), parameter.name.replace("_", "-").lower()}:
            before = clause.tokens[position - 1].word if position else ""
            clause.used.add(position)
            return before not in {"no", "not", "without"}
    return None


def _by_preposition(
    parameter: Parameter, clause: _Clause, _: OfferedTool
) -> str | list[str] | None:
    """Take quoted text, else the words after a preposition (the parameter's own name first)."""
    listed = parameter.type == "array" and parameter.items_type == "string"
    if parameter.choices or not (parameter.type == "string" or listed):
        return None
    own = parameter.name.lower()
    openers = {own} if own in PREPOSITIONS else {"for", "to", "about", "because"}
    for position, token in clause.free():
        if token.kind == "quoted" and token.text:
            text = clause.take([position])
            return [text] if listed else text
        if token.word in openers and token.kind == "word":
            phrase = _phrase(clause, position + 1)
            if phrase:
                clause.used.add(position)
                text = clause.take(phrase)
                return [text] if listed else text
    return None


def _phrase(clause: _Clause, start: int) -> list[int]:
    """Positions of the words from *start* up to the next preposition or used word."""
    positions: list[int] = []
    for position in range(start, len(clause.tokens)):
        token = clause.tokens[position]
        if not positions and token.word in ARTICLES:
            continue
        if position in clause.used or token.kind == "sign" or token.word in PREPOSITIONS:
            break
        positions.append(position)
    return positions


def _leftovers(parameter: Parameter, clause: _Clause, tool: OfferedTool) -> str | None:
    """Give a required text the first word that neither names the tool nor is grammar.

    The verb a clause opens with (`show`, `check`) is no argument, whatever the tool is called.
    """
    if parameter.type != "string" or parameter.choices or not parameter.required:
        return None
    known = tool.name_stems | tool.description_stems
    opened = False
    for position, token in enumerate(clause.tokens):
        if token.word in STOPWORDS:
            continue
        verb = not opened and stem(token.word) in READING
        opened = True
        free = token.kind == "word" and position not in clause.used
        if free and not verb and stem(token.word) not in known:
            return clause.take([position])
    return None
