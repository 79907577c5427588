"""Arguments of a tool call as people write them: `key=value` words.

Read by `sayso policy explain` and by `/approvals explain`.
"""

from collections.abc import Iterable

from approvals.domain import strict_json
from approvals.domain.errors import InvalidArguments, InvalidJson
from approvals.domain.strict_json import JsonValue


def read_pairs(pairs: Iterable[str]) -> dict[str, JsonValue]:
    """Read ``key=value`` words: a value is JSON where it parses, else it is the text itself.

    Raises:
        InvalidArguments: a word without ``=``, or a key given twice.
    """
    arguments: dict[str, JsonValue] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InvalidArguments(f"{pair!r} is not KEY=VALUE – write it like namespace=prod")
        if key in arguments:
            raise InvalidArguments(f"{key!r} is given twice – keep one of them")
        try:
            arguments[key] = strict_json.read(value)
        except InvalidJson:
            arguments[key] = value
    return arguments
