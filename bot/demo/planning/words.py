"""A person's sentence as words: tokens, light stems, clauses, and what kind of sentence it is.

Read by the planner and by argument extraction. Knows English function words
and no tool.
"""

import re
from dataclasses import dataclass


def word_set(text: str) -> frozenset[str]:
    """The words of *text*, which is written as a line to stay readable."""
    return frozenset(text.split())


STOPWORDS = word_set(
    "a an the this that these those it its i we you he she they me us my our your please kindly "
    "can could would will shall may should do does did is are was were be been am has have had "
    "what which who how when why where and or but then also so if of in on at by for to from with "
    "as into about up out off not no any all some just now there here one"
)
PREPOSITIONS = word_set("to for from in on at by with about into as of via because")
ARTICLES = word_set("the a an my our your their this that")
ASKING = word_set("what which who how when why where is are was were does did has have")
FORBIDDING = re.compile(
    r"\b(do not|don't|don’t|dont|never|must not|should not|shouldn't)\b", re.IGNORECASE
)

_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*"|(?<!\w)'[^']+'(?!\w)|“[^”]*”|`[^`]*`)"""
    r"""|(?P<number>[-+]?(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w-])(?!\.\d))"""
    r"""|(?P<word>[^\W_][\w.@#/+-]*[\w]|[^\W_])|(?P<sign>[=:?])"""
)
_BREAK = re.compile(
    r"(?:[,;]\s+|[.!]\s+|\s+)(?:and then|and|then|also)\s+|[;.!]\s+|,\s+", re.IGNORECASE
)
_QUOTED = re.compile(r""""[^"]*"|“[^”]*”|`[^`]*`""")
_SHORT_STEM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One word, number or quoted text; `text` keeps the person's spelling."""

    text: str
    kind: str

    @property
    def word(self) -> str:
        """The word in lower case, for comparing."""
        return self.text.lower()


def tokens(text: str) -> tuple[Token, ...]:
    """Split *text* into words, numbers, quoted texts (without their quotes) and `=`, `:`, `?`."""
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "word"
        raw = match.group()
        found.append(Token(text=raw[1:-1] if kind == "quoted" else raw, kind=kind))
    return tuple(found)


def stem(word: str) -> str:
    """Cut the commonest English endings, so that `payments` and `payment` meet.

    >>> stem("restarting"), stem("services"), stem("status")
    ('restart', 'service', 'status')
    """
    word = word.lower()
    for ending in ("ing", "ed", "s"):
        root = word.removesuffix(ending)
        if root != word and len(root) >= _SHORT_STEM and not word.endswith(("ss", "us", "is")):
            return root
    return word


def content_stems(text: str) -> frozenset[str]:
    """The stems of *text* without function words; `snake_case` and `camelCase` fall apart."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_./-]", " ", text)
    words = re.findall(r"[^\W_]+", spaced)
    return frozenset(stem(w) for w in words if w.lower() not in STOPWORDS)


def clauses(text: str) -> tuple[str, ...]:
    """Split *text* at commas, full stops, `and` and `then`, leaving quoted texts whole.

    >>> clauses('restart checkout and pay 1,250.50 to "Smith and Sons"')
    ('restart checkout', 'pay 1,250.50 to "Smith and Sons"')
    """
    quoted: list[str] = []

    def hide(match: re.Match[str]) -> str:
        quoted.append(match.group())
        return f"\x00{len(quoted) - 1}\x00"

    def show(part: str) -> str:
        return re.sub(r"\x00(\d+)\x00", lambda m: quoted[int(m.group(1))], part)

    parts = _BREAK.split(_QUOTED.sub(hide, text.replace("\x00", " ")))
    return tuple(show(part).strip() for part in parts if part.strip(" .!"))


def asks(clause: str) -> bool:
    """True when the clause is a question (`is checkout up?`), not a polite order (`can you …`)."""
    words = [token.word for token in tokens(clause) if token.kind == "word"]
    return bool(words) and words[0] in ASKING


def forbids(clause: str) -> bool:
    """True when the clause says what must not be done."""
    return bool(FORBIDDING.search(clause))
