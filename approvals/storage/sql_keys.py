"""Keys, as a transaction sees them: the `KeyRows` port. A part of `SqlTransaction`."""

from approvals.domain.ids import KeyId
from approvals.domain.key import Key
from approvals.storage import key_statements as statements
from approvals.storage.key_rows import key_from_row, key_to_row
from approvals.storage.sql_work import SqlWork


class SqlKeys(SqlWork):
    """Keys of one unit."""

    def key(self, key_id: KeyId) -> Key | None:
        """Return the key, locked."""
        row = self._run(statements.KEY_LOCKED, {"id": key_id}).fetchone()
        return None if row is None else key_from_row(row)

    def save_key(self, key: Key) -> None:
        """Insert or update a key."""
        self._run(statements.SAVE_KEY, key_to_row(key))
