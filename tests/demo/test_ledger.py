"""The ledger keeps what was paid, to the cent, and refuses what is no payment."""

import asyncio
from pathlib import Path

import pytest

from bot.demo.errors import PaymentRefused
from bot.demo.ledger import Ledger


@pytest.fixture
async def ledger(tmp_path: Path) -> Ledger:
    opened = Ledger(tmp_path / "ledger.db")
    await opened.open()
    return opened


async def test_a_payment_is_in_the_ledger_afterwards(ledger: Ledger) -> None:
    before = await ledger.payments()

    paid = await ledger.pay("acme", 250, reference="invoice 42")

    assert (paid.to, paid.amount_eur, paid.reference) == ("acme", 250.0, "invoice 42")
    assert await ledger.payments() == (*before, paid)


async def test_payments_survive_a_second_opening(ledger: Ledger, tmp_path: Path) -> None:
    paid = await ledger.pay("acme", 0.1)

    again = Ledger(tmp_path / "ledger.db")
    await again.open()

    assert (await again.payments())[-1] == paid
    assert (await again.payments())[-1].amount_eur == 0.1


async def test_fifty_payments_at_once_are_fifty_payments(ledger: Ledger) -> None:
    before = len(await ledger.payments(newest=1000))

    await asyncio.gather(*(ledger.pay(f"payee {n}", 1) for n in range(50)))

    assert len(await ledger.payments(newest=1000)) == before + 50


async def test_only_the_newest_are_listed_oldest_first(ledger: Ledger) -> None:
    for amount in (1, 2, 3):
        await ledger.pay("acme", amount)

    assert [p.amount_eur for p in await ledger.payments(newest=2)] == [2, 3]


@pytest.mark.parametrize("amount", [0, -5, 0.001, 1_000_000.01, float("inf"), float("nan")])
async def test_an_amount_that_is_none_is_refused_and_nothing_paid(
    ledger: Ledger, amount: float
) -> None:
    before = await ledger.payments()

    with pytest.raises(PaymentRefused, match="euros is not"):
        await ledger.pay("acme", amount)

    assert await ledger.payments() == before


@pytest.mark.parametrize(
    ("to", "reference"), [("", ""), ("  ", ""), ("x" * 201, ""), ("x", "y" * 20_001)]
)
async def test_a_payee_or_reference_that_does_not_fit_is_refused(
    ledger: Ledger, to: str, reference: str
) -> None:
    with pytest.raises(PaymentRefused):
        await ledger.pay(to, 1, reference=reference)


async def test_text_is_never_sql(ledger: Ledger) -> None:
    name = "x'); DROP TABLE payments; --"

    paid = await ledger.pay(name, 1)

    assert (await ledger.payments())[-1] == paid
    assert paid.to == name


async def test_dropping_deletes_every_payment_for_good(ledger: Ledger, tmp_path: Path) -> None:
    assert await ledger.drop() == 3

    assert await ledger.payments() == ()
    assert await ledger.drop() == 0
