"""A `rotation:` of the policy file: who is on call when, as one `Rotation`.

Called by `policy_people`. Moments are written as the clock on the wall of the rotation's zone shows
them; what would leave a moment without one clear answer is a mistake here.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, tzinfo
from typing import TypeVar
from zoneinfo import ZoneInfo

from approvals.domain.rotation import Override, Rotation, overlapping
from approvals.storage import slack_ids
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import Mistakes
from approvals.storage.yaml_nodes import Node

ROTATION_KEYS = ("zone", "handover", "every", "from", "people", "overrides")
OVERRIDE_KEYS = ("from", "to", "user")
OVERRIDES_MAX = 200
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HANDOVER = re.compile(rf"(?:({'|'.join(DAYS)}) )?([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_EVERY = re.compile(r"([1-9]\d?)([dw])", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d)?", re.ASCII)
_Read = TypeVar("_Read")
_Day = TypeVar("_Day", bound=date)


def read_rotation(node: Node | None, mistakes: Mistakes) -> tuple[Rotation, ...]:
    """Return the one rotation of a set, none where it has none or one with mistakes."""
    if node is None:
        return ()
    keys = read.fields(node, set(ROTATION_KEYS), mistakes, what="rotation")
    if keys is None:
        return ()
    noted = len(mistakes.found)
    needed = {
        "zone": "write one like Europe/Berlin",
        "handover": 'write it like "Mon 09:00"',
        "every": "write it like 1w or 1d",
        "from": "the day on which the first of people comes on call, like 2026-01-05",
        "people": "list ids in the order in which they are on call",
    }
    for key, why in needed.items():
        read.require(keys, key, mistakes, at=node, why=why)
    zone = _one(keys.get("zone"), _read_zone, mistakes, what="zone")
    handover = _one(keys.get("handover"), _read_handover, mistakes, what="handover")
    every = _one(keys.get("every"), _read_every, mistakes, what="every")
    begins_on = _one(keys.get("from"), _read_day, mistakes, what="from")
    people = read.each(keys.get("people"), slack_ids.read_user, mistakes, what="people")
    overrides = _read_overrides(keys.get("overrides"), mistakes)
    if zone is None or handover is None or every is None or begins_on is None:
        return ()
    day, hour = handover
    if day is not None:
        _check_day(keys, day, every=every, begins_on=begins_on, mistakes=mistakes)
    if not people or len(mistakes.found) > noted:
        return ()
    return (
        Rotation(
            zone=zone,
            handover=hour,
            begins_on=begins_on,
            every_days=every,
            people=people,
            overrides=overrides,
        ),
    )


def _check_day(
    keys: dict[str, Node], day: int, *, every: int, begins_on: date, mistakes: Mistakes
) -> None:
    """Note a hand-over on a day of the week that does not come round, or does not come first."""
    if every % 7:
        mistakes.add(
            keys["every"],
            f"a hand-over on {DAYS[day]} has to be every 1w or more whole weeks"
            " – write weeks, or leave the day out of handover",
        )
    elif begins_on.weekday() != day:
        mistakes.add(
            keys["from"],
            f"{begins_on} is a {DAYS[begins_on.weekday()]}, and the hand-over is on {DAYS[day]} – "
            "write the day of the first hand-over",
        )


def _read_overrides(node: Node | None, mistakes: Mistakes) -> tuple[Override, ...]:
    items = read.listed(node, mistakes, what="overrides")
    if node is not None and len(items) > OVERRIDES_MAX:
        mistakes.add(node, f"overrides has {len(items)} entries – at most {OVERRIDES_MAX}")
        return ()
    found = tuple(each for item in items if (each := _override(item, mistakes)) is not None)
    both = overlapping(found)
    if node is not None and both is not None:
        mistakes.add(
            node,
            f"two overrides hold at {max(each.begins for each in both):%Y-%m-%d %H:%M} "
            f"({' and '.join(each.user for each in both)}) – shorten one of them",
        )
    return found


def _override(node: Node, mistakes: Mistakes) -> Override | None:
    keys = read.fields(node, set(OVERRIDE_KEYS), mistakes, what="an override")
    if keys is None:
        return None
    for key in OVERRIDE_KEYS:
        read.require(keys, key, mistakes, at=node, why="an override names from, to and user")
    begins = _one(keys.get("from"), _read_moment, mistakes, what="from")
    ends = _one(keys.get("to"), _read_moment, mistakes, what="to")
    user = _one(keys.get("user"), slack_ids.read_user, mistakes, what="user")
    if begins is None or ends is None or user is None:
        return None
    if ends <= begins:
        mistakes.add(keys["to"], "to is not after from – exchange them, or write a later moment")
        return None
    return Override(begins=begins, ends=ends, user=user)


def _one(
    node: Node | None, reader: Callable[[str], _Read], mistakes: Mistakes, *, what: str
) -> _Read | None:
    written = read.text(node, mistakes, what=what)
    if node is None or written is None:
        return None
    try:
        return reader(written.strip())
    except ValueError as error:
        mistakes.add(node, str(error))
        return None


def _read_zone(written: str) -> tzinfo:
    try:
        return ZoneInfo(written)
    except (ValueError, OSError, KeyError):
        raise ValueError(
            f"{written!r} is not a time zone known on this machine – write one like Europe/Berlin "
            "(where no zone is known, install the package tzdata)"
        ) from None


def _read_handover(written: str) -> tuple[int | None, time]:
    found = _HANDOVER.fullmatch(written)
    if found is None:
        raise ValueError(
            f'{written!r} is not a time of hand-over – write it like "Mon 09:00" or "09:00"'
        )
    day, hour, minute = found.groups()
    return DAYS.index(day) if day else None, time(int(hour), int(minute))


def _read_every(written: str) -> int:
    found = _EVERY.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} is not a number of days or weeks – write it like 1d or 2w")
    return int(found[1]) * (7 if found[2] == "w" else 1)


def _read_day(written: str) -> date:
    if _DAY.fullmatch(written):
        with suppress(ValueError):
            return _in_our_time(date.fromisoformat(written))
    raise ValueError(f"{written!r} is not a day – write it like 2026-01-05")


def _read_moment(written: str) -> datetime:
    if _MOMENT.fullmatch(written):
        with suppress(ValueError):
            return _in_our_time(datetime.fromisoformat(written))
    raise ValueError(
        f'{written!r} is not a moment – write it like "2026-12-24 09:00", on the rotation\'s clock'
    )


def _in_our_time(day: _Day) -> _Day:
    """Refuse what no calendar on the wall shows; the ends of time have no time zone."""
    if not 2000 <= day.year < 2200:
        raise ValueError(day.year)
    return day
