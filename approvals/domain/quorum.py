"""How many of whom: which approvals fill which places, what is missing, what can never be met.

Pure counting over names of people sets. A person stands here as the names of the sets they belong
to. Used by `operations/record_decision` and `people_now`, by the card, and by the policy's reader.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from approvals.domain.ids import UserId
from approvals.domain.requirement import Slot

Rules = Sequence[Sequence[Slot]]
"""The slots of each rule that asks."""
People = Sequence[Collection[str]]
"""The sets each person belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the approvals of a request have come."""

    filled: int
    """Places filled, over all rules."""
    needed: int
    """Places there are."""
    missing: tuple[Slot, ...]
    """What would fill the rest; empty when every rule is satisfied."""


def is_met(rules: Rules, approvals: People) -> bool:
    """Whether every rule's slots can be filled, inside one rule by one person per place.

    Between rules one decision serves each. No rules at all is never met.
    """
    return bool(rules) and all(slots and not _open(slots, approvals) for slots in rules)


def progress(rules: Rules, approvals: People) -> Progress:
    """Return what *approvals* fill of *rules*, and what is missing."""
    counting = prevailing(rules)
    needed = sum(slot.count for slots in counting for slot in slots)
    missing = [slot for slots in counting for slot in _open(slots, approvals)]
    return Progress(
        filled=needed - sum(slot.count for slot in missing),
        needed=needed,
        missing=tuple(dict.fromkeys(missing)),
    )


def prevailing(rules: Iterable[Sequence[Slot]]) -> Rules:
    """Leave out rules that are satisfied whenever another one is; what is needed stays the same."""
    kept: list[tuple[Slot, ...]] = []
    for slots in map(tuple, rules):
        if slots and not any(_implies(other, slots) for other in kept):
            kept = [other for other in kept if not _implies(slots, other)]
            kept.append(slots)
    return tuple(kept)


def can_be_met(
    slots: Sequence[Slot],
    people: Mapping[str, frozenset[UserId] | None],
    excluded: Iterable[UserId],
) -> bool:
    """Whether *people*, without those *excluded*, could fill all of one rule's *slots*.

    A set that is not known (None, or not among *people*) leaves it uncertain, which counts as yes.
    """
    certain = [slot for slot in slots if all(people.get(name) is not None for name in slot.of)]
    places = sum(slot.count for slot in certain)
    barred = frozenset(excluded)
    members = {name: who - barred for name, who in people.items() if who is not None}
    # A slot with as many candidates as there are places can be filled last, whoever sits elsewhere.
    candidates: set[UserId] = set()
    for slot in certain:
        candidates.update(sorted(frozenset().union(*(members[each] for each in slot.of)))[:places])
    sets = [{name for name, who in members.items() if user in who} for user in candidates]
    return not _open(certain, sets)


def _implies(strict: Sequence[Slot], slots: Sequence[Slot]) -> bool:
    """Whether filling *strict* always fills *slots*; told only where *slots* is a single one."""
    if len(slots) != 1:
        return tuple(strict) == tuple(slots)
    inside = [slot.count for slot in strict if set(slot.of) <= set(slots[0].of)]
    return sum(inside) >= slots[0].count


def _open(slots: Sequence[Slot], people: People) -> tuple[Slot, ...]:
    """Return what is missing of one rule: for each open place, whose approval would fill it."""
    places = [slot for slot in slots for _ in range(slot.count)]
    seated = _seated(places, people)
    wanted = Counter(
        _welcome(place, places, [None if who is None else people[who] for who in seated])
        for place, who in enumerate(seated)
        if who is None
    )
    return tuple(Slot(of=of, count=count) for of, count in wanted.items())


def _seated(places: Sequence[Slot], people: People) -> list[int | None]:
    """Return who sits on each place: a maximum matching, by augmenting paths."""
    taken: list[int | None] = [None] * len(places)

    def seat(person: int, tried: set[int]) -> bool:
        for place, slot in enumerate(places):
            if place in tried or not _fits(slot, people[person]):
                continue
            tried.add(place)
            sitting = taken[place]
            if sitting is None or seat(sitting, tried):
                taken[place] = person
                return True
        return False

    for person in range(len(people)):
        seat(person, set())
    return taken


def _welcome(
    place: int, places: Sequence[Slot], seated: Sequence[Collection[str] | None]
) -> tuple[str, ...]:
    """Return the sets whose people would fill *place*, if need be by somebody else moving to it."""
    reached, unreached = [place], [at for at, sets in enumerate(seated) if sets is not None]
    for at in reached:
        fitting = [other for other in unreached if _fits(places[at], seated[other] or ())]
        reached += fitting
        unreached = [other for other in unreached if other not in fitting]
    return tuple(dict.fromkeys(name for at in sorted(reached) for name in places[at].of))


def _fits(slot: Slot, sets: Collection[str]) -> bool:
    return any(name in sets for name in slot.of)
