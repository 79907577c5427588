"""Arguments as the text people read: secrets masked, hidden characters visible, nothing left out.

Drawn from the frozen call by cards and by the full view. One line per top-level argument; a text of
several lines stands behind a bar on each line, so that no value can pass for another argument.
What a card cannot hold is cut in the middle and counted; `pages()` of the full view are everything.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from approvals.domain import errors, strict_json
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.inquiry import is_inquiry
from approvals.domain.redaction import mask_arguments
from approvals.domain.strict_json import JsonValue
from approvals.domain.terms import DIFF
from bot.slack.arguments_drawing import Drawing, Leaf

CARD_MAX_CHARS = 2_500
CARD_MAX_LINES = 30
PART_MAX_CHARS = 600
PART_MAX_LINES = 12
PART_INJECTED_MAX = 3
PAGE_MAX_CHARS = 8_000
PAGE_MAX_LINES = 250
VIEW_PAGES_MAX = 20
_TAIL_SHARE = 3
"""One third of a cut text is its end, where a dangerous tail would stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentsText:
    """All arguments of one call as text."""

    text: str
    leaves: tuple[Leaf, ...]
    hidden_characters: int

    @property
    def sha256(self) -> str:
        """The digest of the whole text, so that a cut card names what it does not show."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def fits_card(self) -> bool:
        """Whether a card shows all of it."""
        return len(self.text) <= CARD_MAX_CHARS and self.text.count("\n") < CARD_MAX_LINES


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """What a card shows of the arguments."""

    text: str
    hidden_chars: int = 0
    hidden_values: int = 0
    """Values of which some or all is not shown."""


def arguments_text(request: ApprovalRequest) -> ArgumentsText:
    """Draw the arguments of *request*; the same request always gives the same text."""
    arguments = strict_json.read(request.call.arguments_json)
    assert isinstance(arguments, dict)
    return drawn_arguments(arguments, request.salt)


def drawn_arguments(values: Mapping[str, JsonValue], salt: str) -> ArgumentsText:
    """Draw some arguments by name, their secrets as marks keyed by *salt*."""
    arguments = mask_arguments(dict(values), salt)
    assert isinstance(arguments, dict)
    drawing = Drawing()
    for name, value in arguments.items():
        drawing.draw(f"{drawing.name(name)}: ", value, depth=0)
    return ArgumentsText(
        text="".join(drawing.pieces).removesuffix("\n"),
        leaves=tuple(drawing.leaves),
        hidden_characters=drawing.hidden,
    )


def shows_everything(request: ApprovalRequest, *, view_pages_max: int = VIEW_PAGES_MAX) -> bool:
    """Whether a card of this request shows all of its arguments, so that Approve may decide.

    A private one shows none; not to be shown there is not to be decided there.

    Raises:
        TooLargeToShow: the full view would need more than *view_pages_max* pages.
    """
    if is_inquiry(request.call):  # the question stands on the card, the rest in its form
        return not request.is_private
    arguments = arguments_text(request)
    needed = len(pages(arguments))
    if needed > view_pages_max:
        raise errors.TooLargeToShow(
            f"Showing these arguments takes {needed} pages, and nobody is asked to read more "
            f"than {view_pages_max}. Send a reference instead of the content."
        )
    return arguments.fits_card and not request.is_private


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDisplay:
    """The `Display` port: what cards and the full view can show."""

    view_pages_max: int = VIEW_PAGES_MAX

    def shows_everything(self, request: ApprovalRequest) -> bool:
        """Whether the card shows every argument; raises TooLargeToShow if no view could."""
        return shows_everything(request, view_pages_max=self.view_pages_max)

    def fits_part(self, request: ApprovalRequest) -> bool:
        """Whether a part of a card that several calls share shows every argument."""
        return fits_part(request)


def fits_part(request: ApprovalRequest) -> bool:
    """Whether a part of a card shows the call whole: short, in the open, with nothing compared."""
    long = len(request.call.arguments_json) + len(request.reason or "") > PART_MAX_CHARS
    if long or request.is_private or request.requirement.terms[DIFF] is not None:
        return False
    text = arguments_text(request).text
    few = len(request.injected) <= PART_INJECTED_MAX
    return few and len(text) <= PART_MAX_CHARS and text.count("\n") < PART_MAX_LINES


def excerpt(arguments: ArgumentsText) -> Excerpt:
    """Return what fits a card: everything, or head and tail with the rest counted between."""
    text = arguments.text
    if arguments.fits_card:
        return Excerpt(text=text)
    head = _cut_after(text, CARD_MAX_CHARS * (_TAIL_SHARE - 1) // _TAIL_SHARE, _lines_in("head"))
    tail = len(text) - _cut_after(text[::-1], CARD_MAX_CHARS // _TAIL_SHARE, _lines_in("tail"))
    missing = sum(
        leaf.count for leaf in arguments.leaves if not (leaf.end <= head or leaf.start >= tail)
    )
    gap = f"⟦… {tail - head:,} characters not shown …⟧"
    return Excerpt(
        text=f"{text[:head].removesuffix(chr(10))}\n{gap}\n{text[tail:].removeprefix(chr(10))}",
        hidden_chars=tail - head,
        hidden_values=missing,
    )


def pages(arguments: ArgumentsText) -> tuple[str, ...]:
    """Return the pages of the full view, at least one; joined they are the whole text."""
    found, text = [], arguments.text
    while len(text) > PAGE_MAX_CHARS or text.count("\n") > PAGE_MAX_LINES:
        end = _cut_after(text, PAGE_MAX_CHARS, PAGE_MAX_LINES)
        found.append(text[:end])
        text = text[end:]
    return (*found, text)


def _lines_in(part: str) -> int:
    return CARD_MAX_LINES // _TAIL_SHARE * (1 if part == "tail" else _TAIL_SHARE - 1)


def _cut_after(text: str, max_chars: int, max_lines: int) -> int:
    """Return where to cut: within both limits, behind a line's end where one is near."""
    end = min(max_chars, len(text))
    position = -1
    for _ in range(max_lines):
        position = text.find("\n", position + 1, end)
        if position < 0:
            break
    else:
        return position + 1
    near = text.rfind("\n", end - max_chars // 10, end)
    return near + 1 if near >= 0 else end
