"""The page's Jinja2 environment with its filters and tests, and Block Kit drawn with it.

Everything is escaped unless `mrkdwn`, `rich_text` or a template made it. A block with missing keys
draws what is there; it never raises, because a stand-in must survive what an app sends.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment, FileSystemLoader, Template, Undefined
from markupsafe import Markup

from bot.sandbox.page.emoji import with_emoji
from bot.sandbox.page.mrkdwn import mrkdwn
from bot.sandbox.page.names import Place
from bot.sandbox.page.rich_text import rich_text
from bot.sandbox.page.tokens import decoded

_TEMPLATES = Path(__file__).parent / "templates"
_WEBLINK = re.compile(r"https?://\S+", re.IGNORECASE)
_LONG_TEXT_CHARACTERS = 700


def shown(text_object: Any, place: Place) -> Markup:
    """HTML of a text object: mrkdwn is parsed, plain_text is not (but its entities are decoded)."""
    if not isinstance(text_object, dict):
        return Markup("")
    text = str(text_object.get("text", ""))
    if text_object.get("type") == "mrkdwn":
        return mrkdwn(text, place.names, verbatim=text_object.get("verbatim") is True)
    if text_object.get("type") != "plain_text":
        return Markup('<span class="unsupported">%s</span>') % str(text_object.get("type"))
    return Markup("<br>").join(worded(text_object).split("\n"))


def worded(text_object: Any) -> str:
    """The bare words of a text object, for attributes and `<option>`s."""
    if not isinstance(text_object, dict):
        return ""
    text = str(text_object.get("text", ""))
    return decoded(text if text_object.get("emoji") is False else with_emoji(text))


def is_among(option: Any, element: Any) -> bool:
    """Whether this option is one of the element's initial ones."""
    if not isinstance(option, dict) or not isinstance(element, dict):
        return False
    initial = element.get("initial_options") or [element.get("initial_option")]
    return any(isinstance(one, dict) and one.get("value") == option.get("value") for one in initial)


def is_chosen(chosen_id: str, element: Any) -> bool:
    """Whether a person or channel id is the element's initial one."""
    kind = str(element.get("type", "")).removeprefix("multi_").removesuffix("_select")
    single = kind.removesuffix("s")
    return chosen_id in [element.get(f"initial_{single}"), *(element.get(f"initial_{kind}") or [])]


def is_lengthy(block: Any) -> bool:
    """Whether Slack would hide the end of this section behind "See more"."""
    text = block.get("text")
    return (
        isinstance(text, dict)
        and block.get("expand") is not True
        and len(str(text.get("text", ""))) > _LONG_TEXT_CHARACTERS
    )


def is_weblink(url: Any) -> bool:
    """Whether a button's url may be opened."""
    return not isinstance(url, Undefined) and bool(_WEBLINK.fullmatch(str(url or "")))


@cache
def environment() -> Environment:
    """The page's one template environment."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        shown=shown, worded=worded, rich=lambda block, place: rich_text(block, place.names)
    )
    made.tests.update(among=is_among, chosen=is_chosen, lengthy=is_lengthy, weblink=is_weblink)
    return made


def template(name: str) -> Template:
    """One of the page's templates."""
    return environment().get_template(name)


@cache
def _block_macros() -> Any:
    return template("blocks.html").module


def blocks(items: list[dict[str, Any]], place: Place) -> Markup:
    """HTML of a list of blocks."""
    return Markup(_block_macros().blocks(items, place))  # noqa: S704 - made by autoescaping macros
