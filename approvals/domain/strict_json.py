"""The one JSON reader and writer: strict in, canonical (RFC 8785) out.

What is read here is what is shown, digested, stored and run, so anything two readers could
understand differently is refused: duplicate keys, NaN, lone surrogates, integers beyond 2^53.
Called for tool arguments and for everything a door receives. Source: RFC 8785; ADR-0004.
"""

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from math import isfinite
from typing import TypeAlias, cast

from approvals.domain import errors

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

SIZE_MAX_BYTES = 1024 * 1024
DEPTH_MAX = 32
LEAVES_MAX = 2_000
INTEGER_MAX = 2**53 - 1
_INTEGER_DIGITS_MAX = 17


def read(text: str | bytes) -> JsonValue:
    """Return the one JSON value in *text*.

    Raises:
        InvalidJson: or its subclass that names the rule broken.
    """
    if isinstance(text, bytes):
        text = _decode(text)
    if len(text) > SIZE_MAX_BYTES:
        raise errors.TooLarge
    try:
        value = cast("JsonValue", _DECODER.decode(text))
    except RecursionError:
        raise errors.TooDeep from None
    except json.JSONDecodeError as mistake:
        where = f"line {mistake.lineno} column {mistake.colno}"
        raise errors.InvalidJson(f"Not JSON: {mistake.msg} at {where}.") from None
    check(value)
    return value


def write(value: JsonValue) -> str:
    """Return *value* in canonical form; equal values give equal text.

    >>> write({"b": [1.0, "é"], "a": 1e21})
    '{"a":1e+21,"b":[1,"é"]}'
    """
    if check(value):
        return _write_plain(value)
    return "".join(_pieces(value))


def check(value: JsonValue) -> bool:
    """Refuse what JSON readers disagree about; return True when plain `json` output is canonical.

    That is the case with ASCII keys only, where sorting by code point and by UTF-16 unit agree,
    and with floats only that both lay out alike.
    """
    plain, leaves = True, 0
    level: list[JsonValue] = [value]
    for _ in range(DEPTH_MAX + 1):
        below: list[JsonValue] = []
        for item in level:
            if type(item) is not str:
                plain &= _check_item(item, below)
            elif not item.isascii() or "\x00" in item:  # in line: nearly every leaf is a text
                _check_text(item)
        leaves += len(below)
        if leaves > LEAVES_MAX:
            raise errors.TooManyItems
        if not below:
            return plain
        level = below
    raise errors.TooDeep


def _check_item(item: JsonValue, below: list[JsonValue]) -> bool:
    """Refuse or pass a value other than text, hand its children to *below*; return if plain."""
    kind = type(item)
    if kind is dict:
        mapping = cast("dict[str, JsonValue]", item)
        below.extend(mapping.values())
        return _check_keys(mapping)
    if kind is list:
        below.extend(cast("list[JsonValue]", item))
    elif kind is int:
        if not -INTEGER_MAX <= cast("int", item) <= INTEGER_MAX:
            raise errors.IntegerOutOfRange
    elif kind is float:
        return _check_float(cast("float", item))
    elif item is not None and kind is not bool:
        raise errors.InvalidJson(f"{kind.__name__} is not a JSON value.")
    return True


@lru_cache(maxsize=1024)
def refuse_unsafe(*names: str | None) -> None:
    """Refuse names that no reader agrees about; remembered, because the same come again.

    Raises:
        UnsafeText
    """
    for name in names:
        if name is not None:
            _check_text(name)


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise errors.UnsafeText
    try:
        text.encode()
    except UnicodeEncodeError:
        raise errors.UnsafeText from None


def _check_keys(mapping: dict[str, JsonValue]) -> bool:
    for key in mapping:
        if type(key) is not str:
            raise errors.InvalidJson("An object's key must be a text.")
    together = "".join(mapping)
    if together.isascii() and "\x00" not in together:
        return True
    for key in mapping:
        _check_text(key)
    return together.isascii()


def _check_float(number: float) -> bool:
    """Refuse or pass a float; return whether Python writes its digits as ECMAScript does."""
    if not isfinite(number):
        raise errors.NotANumber
    size = abs(number)
    # Canonical form writes such a float as a bare integer, which the reader would refuse.
    if INTEGER_MAX < size < 1e21:
        raise errors.IntegerOutOfRange
    return 1e-4 <= size < 1e16 and not number.is_integer()


def _decode(raw: bytes) -> str:
    if len(raw) > SIZE_MAX_BYTES:
        raise errors.TooLarge
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise errors.InvalidJson("The bytes are not UTF-8.") from None


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise errors.DuplicateKey(f"The key {key!r} stands twice in one object.")
            seen.add(key)
    return mapping


def _integer(digits: str) -> int:
    if len(digits) > _INTEGER_DIGITS_MAX:
        raise errors.IntegerOutOfRange
    return int(digits)


def _constant(name: str) -> JsonValue:
    raise errors.NotANumber(f"{name} is not a JSON number.")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_integer, parse_constant=_constant)
_PLAIN = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
)


def _plain_writer() -> Callable[[JsonValue], str]:
    """Return what `_PLAIN.encode` does, without making the same machine anew for each value."""
    make = getattr(json.encoder, "c_make_encoder", None)
    quote = json.encoder.encode_basestring
    if make is None:  # a Python that has it not in C
        return _PLAIN.encode
    pieces = make(None, _PLAIN.default, quote, None, ":", ",", True, False, False)
    return lambda value: "".join(pieces(value, 0))


_write_plain = _plain_writer()


def _pieces(value: JsonValue) -> Iterable[str]:
    if isinstance(value, dict):
        yield "{"
        for position, key in enumerate(sorted(value, key=_utf16)):
            yield f"{',' if position else ''}{_PLAIN.encode(key)}:"
            yield from _pieces(value[key])
        yield "}"
    elif isinstance(value, list):
        yield "["
        for position, item in enumerate(value):
            if position:
                yield ","
            yield from _pieces(item)
        yield "]"
    else:
        yield _float(value) if isinstance(value, float) else _PLAIN.encode(value)


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def _float(number: float) -> str:
    """Lay out the shortest digits as ECMAScript does (RFC 8785 section 3.2.2.3)."""
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    padded = whole + fraction
    digits = padded.lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(padded) - len(digits))
    return sign + _layout(digits.rstrip("0"), point)


def _layout(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    power = point - 1
    rest = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{rest}e{'+' if power > 0 else '-'}{abs(power)}"
