"""The one refusal of a store that may pass at start: its server comes up later than the gateway."""

from approvals.domain.errors import StoreUnavailable


class StoreOutOfReach(StoreUnavailable):
    """The database cannot be reached. Nothing was saved; `sayso serve` is worth starting again."""
