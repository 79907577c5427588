"""The demo's payments ledger: one SQLite file in the data directory.

Used by `tools`. Amounts are stored in whole cents. Each call opens the file, does one transaction
in a thread and closes it, so nothing is held between calls and nothing blocks the loop.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from bot.demo.errors import PaymentRefused

T = TypeVar("T")

_AMOUNT_MAX_EUR = Decimal(1_000_000)
_PAYEE_MAX_CHARS = 200
_REFERENCE_MAX_CHARS = 20_000
"""Room for a whole remittance advice, which no card can show: try the full view with one."""
_LOCK_TIMEOUT_S = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS payments (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    payee TEXT NOT NULL,
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    reference TEXT NOT NULL
)
"""
_FIRST_PAYMENTS = (
    ("Hosting Ltd", 8900, "July invoice"),
    ("acme", 4000, "stickers"),
    ("Coffee & Co", 2350, "beans"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One line of the ledger."""

    number: int
    to: str
    amount_eur: float
    reference: str

    def as_json(self) -> dict[str, Any]:
        """The payment as a tool answers it."""
        return asdict(self)


class Ledger:
    """The ledger in the file *path*; a new file starts with three old payments."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def open(self) -> None:
        """Create the file with its first payments, unless it is there."""
        await self._do(_create)

    async def pay(self, to: str, amount_eur: float, *, reference: str = "") -> Payment:
        """Write one payment and return it.

        Raises:
            PaymentRefused: no payee, a text too long, or an amount that is not between 0.01 and
                1,000,000 euros in whole cents.
        """
        payee, cents = _checked_payee(to), _cents(amount_eur)
        if len(reference) > _REFERENCE_MAX_CHARS:
            raise PaymentRefused(
                f"The reference is longer than {_REFERENCE_MAX_CHARS:,} characters."
            )

        def insert(connection: sqlite3.Connection) -> Payment:
            connection.execute(_SCHEMA)
            row = connection.execute(
                "INSERT INTO payments (payee, amount_cents, reference) VALUES (?, ?, ?)"
                " RETURNING number, payee, amount_cents, reference",
                (payee, cents, reference),
            ).fetchone()
            return _payment(row)

        return await self._do(insert)

    async def payments(self, *, newest: int = 20) -> tuple[Payment, ...]:
        """The *newest* payments, oldest of them first."""

        def select(connection: sqlite3.Connection) -> tuple[Payment, ...]:
            connection.execute(_SCHEMA)
            rows = connection.execute(
                "SELECT number, payee, amount_cents, reference FROM payments"
                " ORDER BY number DESC LIMIT ?",
                (newest,),
            ).fetchall()
            return tuple(_payment(row) for row in reversed(rows))

        return await self._do(select)

    async def drop(self) -> int:
        """Delete every payment for good and return how many there were."""

        def drop_table(connection: sqlite3.Connection) -> int:
            connection.execute(_SCHEMA)
            (count,) = connection.execute("SELECT count(*) FROM payments").fetchone()
            connection.execute("DROP TABLE payments")
            return int(count)

        return await self._do(drop_table)

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def transaction() -> T:
            self._path.touch(mode=0o600)
            with closing(sqlite3.connect(self._path, timeout=_LOCK_TIMEOUT_S)) as connection:
                connection.isolation_level = None
                connection.execute("BEGIN IMMEDIATE")
                try:
                    result = work(connection)
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
                return result

        return await asyncio.to_thread(transaction)


def _create(connection: sqlite3.Connection) -> None:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'payments'").fetchone()
    connection.execute(_SCHEMA)
    if not known:
        connection.executemany(
            "INSERT INTO payments (payee, amount_cents, reference) VALUES (?, ?, ?)",
            _FIRST_PAYMENTS,
        )


def _checked_payee(to: str) -> str:
    payee = to.strip()
    if not payee or len(payee) > _PAYEE_MAX_CHARS:
        raise PaymentRefused(f"A payee has 1 to {_PAYEE_MAX_CHARS} characters.")
    return payee


def _cents(amount_eur: float) -> int:
    # By way of its text: the float 0.1 is not a tenth, the number a person approved is.
    amount = Decimal(str(amount_eur))
    if not amount.is_finite() or not 0 < amount <= _AMOUNT_MAX_EUR:
        raise PaymentRefused(f"{amount_eur} euros is not between 0.01 and {_AMOUNT_MAX_EUR:,}.")
    cents = amount * 100
    if cents != cents.to_integral_value():
        raise PaymentRefused(f"{amount_eur} euros is not a whole number of cents.")
    return int(cents)


def _payment(row: tuple[int, str, int, str]) -> Payment:
    number, payee, cents, reference = row
    return Payment(number=number, to=payee, amount_eur=cents / 100, reference=reference)
