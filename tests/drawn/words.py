"""Texts that want to be more than text, and where they are taken from, one after the other."""

import itertools
from collections.abc import Iterable, Iterator

_CORES = [
    *("<!channel>", "<!here>", "<!everyone>", "<@U0EVIL>", "<@W0EVIL|bob>", "<#C0EVIL>"),
    *("<!subteam^S0EVIL>", "<!subteam^S0EVIL|@sre>", "<!date^1^{date}|now>", "@here", "#general"),
    *(
        "<https://evil.example|https://bank.example>",
        "https://evil.example/?leak=1",
        "evil.example",
    ),
    *("<mailto:a@evil.example|mail>", "a@evil.example", "<tel:112>", "<javascript:alert(1)>"),
    *(":white_check_mark: Verified", ":tada:", "*Risk:* low", "_it_ ~no~ `x`", "```", "> quoted"),
    *("&lt;!channel&gt;", "&amp;lt;", "&", "<", ">", "<|>", "<!", "\\u003c!here\\u003e"),
    *("\u202e gnp.exe", "\u2066x\u2069", "zero\u200bwidth", "\u00ad", "\ufeff", "\u3164", "\u2800"),
    *("tag\U000e0041\U000e007f", "\ue000", "\U0010ffff", "\x01\x07\x1b[31m", "\x7f\x85", "\r\n"),
    *(
        "\u2028",
        "\u2029",
        "e" + "\u0301" * 40,
        "\ufdfa" * 9,
        "\u05d0\u0627",
        "\U0001f1e9\U0001f1ea",
    ),
    *("\n" * 40, " " * 90, "\t" * 30, "", " ", "x" * 4_000, "\u26a0 Approved by security"),
    *("⟦U+202E⟧", "[secret, 9 characters, #abcdef]", "xoxb-1234567890-abcdefghij", "', '", '"}]'),
]
_AROUND = ["{}", "ok {}", "{} ok", "\n{}\n", "`{}`", "*{}*", "a.{}", "{}{}", "<{}>", "&{};"]
ATTACKS = [around.replace("{}", core) for around in _AROUND for core in _CORES]
"""More than five hundred."""

OF_EACH_KIND = [
    *("\u0001\u0008\u000b\u001f", "\u007f\u0080\u009f", "\u00ad\u0600\u061c", "\u06dd\u070f\u180e"),
    *("\u200b\u200c\u200d", "\u200e\u200f\u202a", "\u202b\u202c\u202d", "\u202e\u2060\u2061"),
    *("\u2066\u2067\u2069", "\u206a\u206f\ufeff", "\ufff9\ufffa\ufffb", "\U000110bd\U00013430"),
    *("\U0001bca0\U0001d173", "\U000e0001\U000e0020", "\U000e007f\U000e0100", "\ue000\uf8ff"),
    *("\U000f0000\U0010fffd", "\u0378\ufdd0\uffff", "\u2028\u2029", "\u00a0\u1680\u2000"),
    *("\u200a\u202f\u3000", "\u034f\u115f\u1160", "\u17b4\u180b\ufe0f", "\u2800\u3164\uffa0"),
    *("\u0301\u20dd", "\u4e00\u05d0\u0627", "\U0001f600\u00e9\uff21", "<>&", "`*_~", "|@#!"),
]
"""Characters of every kind there is, so few a text that none is cut off."""


class Words:
    """Gives another text each time, round and round; counts how many were taken."""

    def __init__(self, texts: Iterable[str], *, start: int = 0) -> None:
        every = list(texts)
        start %= len(every)
        self._texts: Iterator[str] = itertools.cycle([*every[start:], *every[:start]])
        self.taken = 0

    def __call__(self, max_chars: int | None = None) -> str:
        """Return the next text, cut where its field takes no more."""
        self.taken += 1
        return next(self._texts)[:max_chars]

    def names(self, count: int) -> tuple[str, ...]:
        """Return *count* texts that differ, none of them empty."""
        return tuple(f"{number}{self(60)}" for number in range(count))
