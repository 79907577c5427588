"""The decision records in docs/adr: complete, numbered without gaps, those the code cites."""

import re
from pathlib import Path

import pytest

from tests.docs.fenced import ROOT

RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
PARTS = ("Context", "Decision", "Cost", "Revisit")
LINES_MAX = 60


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_says_context_decision_cost_and_when_to_revisit(record: Path) -> None:
    text = record.read_text(encoding="utf-8")

    assert text.startswith(f"# ADR-{record.name[:4]}: ")
    assert [part for part in PARTS if f"\n**{part}" not in text] == []
    assert len(text.splitlines()) <= LINES_MAX


def test_records_are_numbered_without_gaps() -> None:
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_every_record_the_code_cites_exists() -> None:
    sources = [path for package in ("approvals", "bot") for path in (ROOT / package).rglob("*.py")]
    cited = {
        number
        for path in (*sources, ROOT / "pyproject.toml")
        for number in re.findall(r"ADR-(\d{4})", path.read_text(encoding="utf-8"))
    }

    assert cited
    assert cited - {record.name[:4] for record in RECORDS} == set()
