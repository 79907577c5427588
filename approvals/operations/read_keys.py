"""All keys there are, for whoever runs the gateway."""

from collections.abc import Sequence

from approvals.domain.key import Key
from approvals.operations.desk import Desk


async def read_keys(desk: Desk) -> Sequence[Key]:
    """Return all keys, the oldest first, those too that open nothing any more.

    Raises:
        StoreUnavailable: they cannot be read.
    """
    return await desk.store.look(lambda snapshot: snapshot.keys())
