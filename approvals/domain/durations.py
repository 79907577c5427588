"""Durations as policies write them: `90s`, `15m`, `1h30m`, `2d`.

Written here and not taken from a library because the domain imports none, and because libraries
also read signs, fractions, months and nanoseconds, which a policy must refuse by name.
"""

import re
from datetime import timedelta

_WHOLE = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)
_REMEDY = "write it like 90s, 15m, 1h30m or 2d"
DURATION_MAX = timedelta(days=7)


def parse_duration(text: str, *, longest: timedelta = DURATION_MAX) -> timedelta:
    """Return the duration *text* names: whole numbers with units, largest unit first.

    Raises:
        ValueError: for zero, signs, missing units, spaces, and more than *longest*.
    """
    found = _WHOLE.fullmatch(text)
    if found is None or not text:
        raise ValueError(f"{text!r} is not a duration – {_complaint(text)}")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total_s = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if total_s == 0:
        raise ValueError(f"{text!r} is no time at all – write at least 1s")
    if total_s > longest.total_seconds():
        raise ValueError(f"{text!r} is too long – at most {format_duration(longest)}")
    return timedelta(seconds=total_s)


def _complaint(text: str) -> str:
    if re.fullmatch(r"\d+", text, re.ASCII):
        return f"the unit is missing; {_REMEDY}"
    if text.startswith("-"):
        return f"time does not run backwards; {_REMEDY}"
    if any(char.isspace() for char in text):
        return f"leave the space out; {_REMEDY}"
    return _REMEDY


def format_duration(duration: timedelta) -> str:
    """Write whole seconds the way `parse_duration` reads them.

    >>> format_duration(timedelta(minutes=90))
    '1h30m'
    """
    left_s, written = int(duration.total_seconds()), ""
    for unit, size_s in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        number, left_s = divmod(left_s, size_s)
        written += f"{number}{unit}" if number else ""
    return written or "0s"
