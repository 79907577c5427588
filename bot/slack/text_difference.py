"""The difference of two texts, line by line, in the form of `diff -u`.

Drawn of texts that are masked and visible already. Each line of a text stands behind a blank, a
minus or a plus, so that none can pass for the frame. The work is bounded, whatever the texts are:
where too much would have to be compared, all that differs is shown as taken away and put there.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

CONTEXT_LINES = 3
COMPARED_MAX = 10_000
"""Lines of the one times lines of the other between what they begin and end with alike."""

Op = tuple[str, int, int, int, int]
"""What `difflib` calls an opcode: a tag, and a range of lines of each text."""


def difference(before: str, after: str) -> str:
    """Return how *after* differs from *before*; nothing where it does not."""
    old, new = _lines(before), _lines(after)
    return "\n".join(
        line
        for group in _groups(_ops(old, new))
        for line in (_frame(group), *_drawn(group, old, new))
    )


def _lines(text: str) -> list[str]:
    """Return the lines of *text*; one that ends without a line's end differs from one that does."""
    return text.split("\n") if text else []


def _ops(old: Sequence[str], new: Sequence[str]) -> Iterator[Op]:
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if start:
        yield "equal", 0, start, 0, start
    if len(left) * len(right) <= COMPARED_MAX:
        matcher = SequenceMatcher(None, left, right, autojunk=False)
        for tag, *places in matcher.get_opcodes():
            first, last, new_first, new_last = (place + start for place in places)
            yield tag, first, last, new_first, new_last
    else:
        yield "replace", start, len(old) - end, start, len(new) - end
    if end:
        yield "equal", len(old) - end, len(old), len(new) - end, len(new)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many lines both begin with."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _groups(ops: Iterator[Op]) -> Iterator[list[Op]]:
    """Yield what changes together, with up to `CONTEXT_LINES` alike before and after it."""
    group: list[Op] = []
    has_change = False
    for tag, first, last, new_first, new_last in ops:
        if tag != "equal":
            group.append((tag, first, last, new_first, new_last))
            has_change = True
            continue
        if has_change and last - first > 2 * CONTEXT_LINES:
            end = first + CONTEXT_LINES
            yield [*group, (tag, first, end, new_first, new_first + CONTEXT_LINES)]
            group, has_change = [], False
        skipped = 0 if has_change else max(0, last - first - CONTEXT_LINES)
        group.append((tag, first + skipped, last, new_first + skipped, new_last))
    if has_change:
        yield _short_of_context(group)


def _short_of_context(group: list[Op]) -> list[Op]:
    """Return *group* with no more than the context behind its last change."""
    tag, first, last, new_first, new_last = group[-1]
    if tag != "equal":
        return group
    more = max(0, last - first - CONTEXT_LINES)
    return [*group[:-1], (tag, first, last - more, new_first, new_last - more)]


def _frame(group: list[Op]) -> str:
    (_, first, _, new_first, _), (_, _, last, _, new_last) = group[0], group[-1]
    return f"@@ -{_range(first, last)} +{_range(new_first, new_last)} @@"


def _range(first: int, last: int) -> str:
    """Return where lines stand, from 1; lines that are none stand behind the one before them."""
    return f"{first + (last > first)},{last - first}"


def _drawn(group: list[Op], old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for tag, first, last, new_first, new_last in group:
        if tag == "equal":
            yield from (f" {line}" for line in old[first:last])
            continue
        yield from (f"-{line}" for line in old[first:last])
        yield from (f"+{line}" for line in new[new_first:new_last])
