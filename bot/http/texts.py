"""Texts of a query or a body that the wire's models do not check to the end."""

from datetime import timedelta

from approvals.domain import door_errors
from approvals.domain.durations import parse_duration


def duration(name: str, text: str, *, longest: timedelta = timedelta(days=7)) -> timedelta:
    """Return the duration that *text* is.

    Raises:
        RequestMistyped: it says which *name* is wrong.
    """
    try:
        return parse_duration(text, longest=longest)
    except ValueError as mistake:
        raise door_errors.RequestMistyped(f"{name}: {mistake}") from None
