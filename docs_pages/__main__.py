"""`make docs`: writes the generated pages of docs/reference."""

from docs_pages.pages import PAGES, REFERENCE

for name, write in PAGES.items():
    (REFERENCE / name).write_text(write(), encoding="utf-8")
