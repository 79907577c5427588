"""Who may decide what, written down a second time from the promises alone.

Nothing is imported from the program: where both agree about every cell, the program does what is
promised. A cell names who presses, at which door, what, on a request in which standing, under
which option of the policy; the answer is whether the verdict counts and where the request stands.
"""

from dataclasses import dataclass

APPROVE, REJECT = VERDICTS = ("approve", "reject")


@dataclass(frozen=True)
class Who:
    """What is true of somebody."""

    sets: tuple[str, ...] = ()
    """The people sets they are in now."""
    sets_then: tuple[str, ...] | None = None
    """The sets when the call was asked; None: the same."""
    is_fit: bool = True
    """A known, active, internal member; no guest and no bot."""
    is_asking: bool = False
    """The call is made by them, or on their behalf."""

    @property
    def then(self) -> tuple[str, ...]:
        """The sets when the call was asked."""
        return self.sets if self.sets_then is None else self.sets_then


PEOPLE = {
    "sre": Who(sets=("sre",)),
    "another_sre": Who(sets=("sre",)),
    "lead": Who(sets=("leads",)),
    "in_both_sets": Who(sets=("sre", "leads")),
    "in_no_set": Who(),
    "requester": Who(sets=("sre",), is_asking=True),
    "beneficiary": Who(sets=("sre",), is_asking=True),
    "beneficiary_in_no_set": Who(is_asking=True),
    "guest": Who(sets=("sre",), is_fit=False),
    "bot": Who(sets=("sre",), is_fit=False),
    "deactivated": Who(sets=("sre",), is_fit=False),
    "of_another_team": Who(sets=("sre",), is_fit=False),
    "unknown_to_slack": Who(sets=("sre",), is_fit=False),
    "joined_since": Who(sets=("sre",), sets_then=()),
    "left_since": Who(sets=(), sets_then=("sre",)),
}

VALID_DOORS = ("card", "full_view", "home")
FORGED_DOORS = (
    "view_of_another",
    "home_of_another",
    "unknown_nonce",
    "other_channel",
    "other_message",
)
DOORS = VALID_DOORS + FORGED_DOORS

NEEDED: dict[str, dict[str, int]] = {
    "one": {"sre": 1},
    "two": {"sre": 2},
    "of_each": {"sre": 1, "leads": 1},
    "high_risk": {"sre": 1},
    "denied_now": {"sre": 1},
    "with_reason": {"sre": 1},
    "cut_card": {"sre": 1},
}
"""By option of the policy: whose approvals it takes."""

STANDINGS = ("pending", "overdue", "approved", "rejected", "timed_out", "cancelled")


@dataclass(frozen=True)
class Cell:
    """One combination."""

    who: str
    door: str
    verdict: str
    standing: str
    option: str


@dataclass(frozen=True)
class Expected:
    """What has to come of it."""

    counts: bool
    status: str


def cells() -> list[Cell]:
    """Every combination that can make a difference.

    A forged door is tried on what is pending; what has ended is the same under every option.
    """
    return [
        Cell(who, door, verdict, standing, option)
        for who in PEOPLE
        for door in DOORS
        for verdict in VERDICTS
        for standing in STANDINGS
        for option in NEEDED
        if (standing == "pending" or door in VALID_DOORS)
        and (standing in ("pending", "overdue") or option == "one")
    ]


def expected(cell: Cell) -> Expected:
    """Return what is promised for *cell*."""
    who = PEOPLE[cell.who]
    before = "pending" if cell.standing == "overdue" else cell.standing
    if cell.door in FORGED_DOORS or not who.is_fit:
        return Expected(counts=False, status=before)
    if cell.standing == "overdue":
        return Expected(counts=False, status="timed_out")
    if cell.standing != "pending":
        return Expected(counts=False, status=before)
    if cell.option == "denied_now":
        return Expected(counts=False, status="rejected")
    if not _has_a_say(cell, who) or not _is_complete(cell):
        return Expected(counts=False, status="pending")
    if cell.verdict == REJECT:
        return Expected(counts=True, status="rejected")
    is_enough = sum(NEEDED[cell.option].values()) == 1
    return Expected(counts=True, status="approved" if is_enough else "pending")


def _has_a_say(cell: Cell, who: Who) -> bool:
    """Whoever asks may reject and never approve; all others need a place in a needed set."""
    if who.is_asking:
        return cell.verdict == REJECT
    sets = set(who.sets)
    if cell.option == "high_risk":
        sets &= set(who.then)
    return bool(sets & NEEDED[cell.option].keys())


def _is_complete(cell: Cell) -> bool:
    """What was not shown cannot be approved, and a wanted reason has to be given."""
    if cell.option == "with_reason":
        return False
    return not (cell.option == "cut_card" and cell.verdict == APPROVE and cell.door != "full_view")
