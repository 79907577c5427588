"""The generated pages of docs/reference are what the code says now."""

import re
from pathlib import Path

import pytest

from approvals.domain.audit import AuditName
from docs_pages.docstrings import member_sentences
from docs_pages.errors_page import every_refusal
from docs_pages.pages import PAGES, REFERENCE

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    written = (REFERENCE / name).read_text(encoding="utf-8")

    assert written == PAGES[name](), "run `make docs` and look at what changed"


def test_each_audit_event_is_explained_and_recorded_somewhere() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8")
        for package in ("approvals", "bot")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "audit.py"
    )

    assert member_sentences(AuditName).keys() == {name.name for name in AuditName}
    assert [name for name in AuditName if f"AuditName.{name.name}" not in sources] == []


def test_no_two_refusals_share_a_code() -> None:
    codes = [refusal.code for refusal in every_refusal()]

    assert sorted(set(codes)) == sorted(codes)


def test_each_refusal_says_something_a_person_can_read() -> None:
    sentences = {each: (each.__doc__ or "").strip() for each in every_refusal()}

    assert [each for each, said in sentences.items() if not re.search(r"\w.*\.$", said)] == []
