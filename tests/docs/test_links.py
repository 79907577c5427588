"""Links between pages lead somewhere, and what pages name exists."""

import re
from pathlib import Path

import pytest

from tests.docs.fenced import ROOT, blocks, pages

_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
IMAGE_MAX_BYTES = 150_000


def _prose(page: Path) -> str:
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = (re.sub(r"[^\w\- ]", "", found.lower()) for found in _HEADING.findall(_prose(page)))
    return {heading.strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = []
    for path, anchor in _LINK.findall(_prose(page)):
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(f"{path}#{anchor}")

    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, found = {ROOT / "README.md"}, [ROOT / "README.md"]
    while found:
        page = found.pop()
        for path, _ in _LINK.findall(_prose(page)):
            target = (page.parent / path).resolve()
            if target.suffix == ".md" and target not in reached:
                reached.add(target)
                found.append(target)

    assert [page for page in pages() if page not in reached] == []


def test_every_file_a_page_names_exists() -> None:
    places = "approvals|bot|tests|docs|examples|benchmarks|docs_pages"
    named = {
        path
        for page in pages()
        for path in re.findall(rf"`((?:{places})/[\w./-]*)`", page.read_text(encoding="utf-8"))
    }

    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_make_command_in_a_page_is_a_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    used = {
        name
        for page in pages()
        for name in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
    }

    assert used
    assert used - targets == set()


def test_the_readme_begins_with_the_two_commands() -> None:
    first = next(block for block in blocks(ROOT / "README.md"))

    assert [line.split("#")[0].strip() for line in first.text.splitlines()] == [
        "make demo",
        "make test",
    ]


def test_pictures_are_small() -> None:
    pictures = sorted((ROOT / "docs" / "images").iterdir())

    assert pictures
    assert [path.name for path in pictures if path.stat().st_size > IMAGE_MAX_BYTES] == []
