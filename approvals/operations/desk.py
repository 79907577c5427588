"""What every use case works at: the ports and the policy in force, as one plain argument.

Built once by the composition root (or by a test) and passed down; operations never look anything
up elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

from approvals.domain.policy import Policy
from approvals.operations.ports import Clock, Directory, Display, Ids, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The ports one gateway works with."""

    store: Store
    directory: Directory
    display: Display
    clock: Clock
    ids: Ids
    policy: Callable[[], Policy]
    """The policy in force now; a reload changes what it returns."""
    owner: str
    """This process, in permits and jobs; another process has another."""
