"""New ids and secrets, from the operating system's randomness. The only source of chance."""

import secrets

from ulid import LaxMonotonicPolicy, ULIDGenerator

from approvals.operations.ports import Clock

SECRET_BYTES = 16


class SystemIds:
    """The `Ids` of a running gateway. Ids of one process sort in the order they were made."""

    def __init__(self, clock: Clock) -> None:
        self._generator = ULIDGenerator(
            clock=lambda: int(clock.now().timestamp() * 1000), policy=LaxMonotonicPolicy()
        )

    def ulid(self) -> str:
        """Return a new sortable id of 26 characters; safe from any thread."""
        return str(self._generator.generate())

    def secret(self) -> str:
        """Return 128 random bits as text, for nonces and salts."""
        return secrets.token_urlsafe(SECRET_BYTES)
