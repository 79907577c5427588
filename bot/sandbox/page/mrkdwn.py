"""Slack's mrkdwn as HTML: `<…>` tokens, code, quotes, bold, italic, strike, emoji, bare links.

Called for every mrkdwn text object and every message text. Tokens are read from the raw text before
its entities are decoded, as Slack does: `&lt;!channel&gt;` is shown literally and can never become
a mention. Only http, https and mailto become links. Whatever is not understood stays text.
"""

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from bot.sandbox.page.emoji import with_emoji
from bot.sandbox.page.names import Names
from bot.sandbox.page.tokens import decoded, link, token

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_QUOTE = re.compile(r"^(?:&gt;|>)[ ]?")
_LONG_QUOTE = re.compile(r"^(?:&gt;|>){3}[ ]?")
_ATOMS = re.compile(
    r"`(?P<code>[^`\n]+)`|<(?P<token>[^<>\n]+)>|(?P<url>\bhttps?://[^\s<>|`\x02\x03]+)",
)
_TOKENS = re.compile(r"<([^<>\n]+)>")
_STYLES = re.compile(
    r"(?<![\w*])\*(?=\S)(?P<b>[^*\n]+)(?<=\S)\*(?![\w*])"
    r"|(?<![\w_])_(?=\S)(?P<i>[^_\n]+)(?<=\S)_(?![\w_])"
    r"|(?<![\w~])~(?=\S)(?P<s>[^~\n]+)(?<=\S)~(?![\w~])",
)
_WRAPS = {
    "b": Markup("<b>%s</b>"),
    "i": Markup("<i>%s</i>"),
    "s": Markup("<s>%s</s>"),
}
_KEPT = re.compile("\x02(\\d+)\x03")
_RESERVED = str.maketrans(dict.fromkeys("\x00\x02\x03", "\ufffd"))


def mrkdwn(text: str, names: Names, *, verbatim: bool = False) -> Markup:
    """HTML of one mrkdwn text; `verbatim` leaves bare URLs alone, as Slack's flag does."""
    pieces: list[Markup] = []
    position = 0
    text = text.translate(_RESERVED)
    for fence in _FENCE.finditer(text):
        pieces.extend(
            _paragraphs(text[position : fence.start()].removesuffix("\n"), names, verbatim)
        )
        pieces.append(Markup("<pre>\n%s</pre>") % _with_tokens(fence.group(1), names))
        position = fence.end()
    rest = text[position:]
    pieces.extend(_paragraphs(rest.removeprefix("\n") if position else rest, names, verbatim))
    return Markup("").join(pieces)


def _paragraphs(text: str, names: Names, verbatim: bool) -> Iterator[Markup]:
    plain: list[str] = []
    quoted: list[str] = []
    lines = text.split("\n") if text else []
    for number, line in enumerate(lines):
        if _LONG_QUOTE.match(line):
            quoted.extend([_LONG_QUOTE.sub("", line), *lines[number + 1 :]])
            break
        if _QUOTE.match(line):
            quoted.append(_QUOTE.sub("", line))
            continue
        if quoted:
            yield from _flushed(plain, quoted, names, verbatim=verbatim)
            plain, quoted = [], []
        plain.append(line)
    yield from _flushed(plain, quoted, names, verbatim=verbatim)


def _flushed(
    plain: list[str], quoted: list[str], names: Names, *, verbatim: bool
) -> Iterator[Markup]:
    if plain:
        yield _inline("\n".join(plain), names, verbatim)
    if quoted:
        body = _inline("\n".join(quoted), names, verbatim)
        yield Markup("<blockquote>%s</blockquote>") % body


def _inline(text: str, names: Names, verbatim: bool) -> Markup:
    kept: list[Markup] = []

    def keep(match: re.Match[str]) -> str:
        if match["code"] is not None:
            kept.append(Markup("<code>%s</code>") % _with_tokens(match["code"], names))
        elif match["token"] is not None:
            kept.append(token(match["token"], names))
        elif verbatim:
            return match[0]
        else:
            return _kept_url(match["url"], kept)
        return f"\x02{len(kept) - 1}\x03"

    return _styled(_ATOMS.sub(keep, text), kept)


def _kept_url(url: str, kept: list[Markup]) -> str:
    bare = url.rstrip(".,;:!?)]}'\"*_~")
    kept.append(link(bare, bare))
    return f"\x02{len(kept) - 1}\x03{url[len(bare) :]}"


def _styled(text: str, kept: list[Markup]) -> Markup:
    pieces: list[Markup] = []
    position = 0
    for match in _STYLES.finditer(text):
        pieces.append(_leaf(text[position : match.start()], kept))
        style = match.lastgroup or "b"
        pieces.append(_WRAPS[style] % _styled(match[style], kept))
        position = match.end()
    pieces.append(_leaf(text[position:], kept))
    return Markup("").join(pieces)


def _leaf(text: str, kept: list[Markup]) -> Markup:
    shown = str(escape(decoded(with_emoji(text)))).replace("\n", "<br>")
    return Markup(_KEPT.sub(lambda match: str(kept[int(match[1])]), shown))  # noqa: S704 - escaped above


def _with_tokens(text: str, names: Names) -> Markup:
    pieces: list[Markup] = []
    position = 0
    for match in _TOKENS.finditer(text):
        pieces.append(escape(decoded(text[position : match.start()])))
        pieces.append(token(match[1], names))
        position = match.end()
    pieces.append(escape(decoded(text[position:])))
    return Markup("").join(pieces)
