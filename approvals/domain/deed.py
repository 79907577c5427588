"""What the button that approves says a tool does: "Approve restart".

Declared by whoever writes the tool (`ToolTraits.deed`) or the policy (`deed:`), never by an agent
and never made of arguments. The button always begins with "Approve", and the card always names the
tool, so a deed can only say more.
"""

import re
from collections.abc import Iterable

from approvals.domain.display import visible

DEED_MAX_CHARS = 22
"""So that "Approve " and the deed fit the button of Slack's confirm dialog, which takes 30."""
_DEED = re.compile(r"[^\W\d_][^\W_]*(?:[ \-./'’][^\W_]+)*")


def read_deed(text: str) -> str:
    """Return *text* as a deed: one to a few words, such as ``restart`` or ``drop table``.

    Raises:
        ValueError: saying what is wrong with it.
    """
    if len(text) > DEED_MAX_CHARS:
        raise ValueError(f"it has {len(text)} characters – a deed has at most {DEED_MAX_CHARS}")
    if _DEED.fullmatch(text) is None or visible(text).text != text:
        raise ValueError(
            f"{text!a} is no deed – write a word or a few, letters and digits, such as restart"
        )
    return text


def one_deed(deeds: Iterable[str]) -> str:
    """Return the deed all that name one agree on; none where they do not."""
    named = {deed for deed in deeds if deed}
    return named.pop() if len(named) == 1 else ""
