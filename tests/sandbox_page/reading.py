"""Reads HTML as a browser would, for assertions about what is in it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"br", "hr", "img", "input", "meta", "link"}


@dataclass
class Element:
    """One element: its attributes, its text and its children."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, with a line break for `<br>`."""
        if self.tag == "br":
            return "\n"
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    def all(self, tag: str = "", **attributes: str) -> list["Element"]:
        """Every element inside with this tag and these attributes (`class_` means one class)."""
        found: list[Element] = []
        for child in self.children:
            if isinstance(child, Element):
                if child._fits(tag, attributes):
                    found.append(child)
                found.extend(child.all(tag, **attributes))
        return found

    def one(self, tag: str = "", **attributes: str) -> "Element":
        """The only such element."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, (tag, attributes, len(found))
        return found[0]

    def _fits(self, tag: str, attributes: dict[str, str]) -> bool:
        wanted = {k.replace("_", "-"): v for k, v in attributes.items() if k != "class_"}
        cls = attributes.get("class_")
        if cls is not None and cls not in self.attributes.get("class", "").split():
            return False
        return tag in {"", self.tag} and wanted.items() <= self.attributes.items()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"<{self._open[-1].tag}> closed by </{tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read(html: str) -> Element:
    """The HTML as a tree; a wrongly nested tag fails the test."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert len(reader._open) == 1, f"left open: {[one.tag for one in reader._open[1:]]}"
    return reader.root
