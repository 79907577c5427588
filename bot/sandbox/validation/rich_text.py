"""The rich_text block: sections, preformatted text, quotes and lists.

Slack documents no limit for its texts; they count in the whole message's budget
(`validation/blocks.py`).
"""

from bot.sandbox.validation.checks import (
    Check,
    anything,
    array,
    boolean,
    by_type,
    integer,
    one_of,
    shape,
    string,
)
from bot.sandbox.validation.texts import ID, URL

_ITEMS_MAX = 10_000
_STYLE = shape(
    optional=dict.fromkeys(
        ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight"),
        boolean,
    )
)
_STYLED = {"style": _STYLE}
_LEAF = by_type(
    {
        "text": shape({"text": string(most=100_000)}, _STYLED),
        "link": shape({"url": URL}, {**_STYLED, "text": string(most=3000), "unsafe": boolean}),
        "emoji": shape(
            {"name": ID}, {**_STYLED, "unicode": ID, "skin_tone": integer(), "url": URL}
        ),
        "user": shape({"user_id": ID}, _STYLED),
        "channel": shape({"channel_id": ID}, _STYLED),
        "usergroup": shape({"usergroup_id": ID}, _STYLED),
        "team": shape({"team_id": ID}, _STYLED),
        "broadcast": shape({"range": one_of("here", "channel", "everyone")}, _STYLED),
        "color": shape({"value": ID}, _STYLED),
        "date": shape(
            {"timestamp": integer(most=99_999_999_999), "format": ID},
            {**_STYLED, "url": URL, "fallback": string(most=3000)},
        ),
    }
)
_LEAVES = array(_LEAF, most=_ITEMS_MAX, least=0)
_BORDER = {"border": integer(most=1)}
_SECTION: Check = shape({"elements": _LEAVES})
_LIST = shape(
    {
        "elements": array(by_type({"rich_text_section": _SECTION}), most=_ITEMS_MAX, least=0),
        "style": one_of("bullet", "ordered"),
    },
    {**_BORDER, "indent": integer(most=8), "offset": integer()},
)
RICH_TEXT = shape(
    {
        "elements": array(
            by_type(
                {
                    "rich_text_section": _SECTION,
                    "rich_text_preformatted": shape(
                        {"elements": _LEAVES}, {**_BORDER, "language": anything}
                    ),
                    "rich_text_quote": shape({"elements": _LEAVES}, _BORDER),
                    "rich_text_list": _LIST,
                }
            ),
            most=_ITEMS_MAX,
        )
    },
    {"block_id": ID},
)
