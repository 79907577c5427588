"""Text objects, options and confirm dialogs: the small objects inside blocks."""

from bot.sandbox.validation.checks import Check, array, boolean, by_type, one_of, shape, string

URL = string(most=3000, least=1)
ID = string(most=255, least=1)
STYLE = one_of("primary", "danger")


def plain_text(*, most: int, least: int = 1) -> Check:
    """A plain_text object."""
    return by_type(
        {"plain_text": shape({"text": string(most=most, least=least)}, {"emoji": boolean})}
    )


def any_text(*, most: int, least: int = 1) -> Check:
    """A plain_text or mrkdwn object."""
    text = string(most=most, least=least)
    return by_type(
        {
            "plain_text": shape({"text": text}, {"emoji": boolean}),
            "mrkdwn": shape({"text": text}, {"verbatim": boolean}),
        }
    )


CONFIRM = shape(
    {"title": plain_text(most=100), "text": any_text(most=300)},
    {"confirm": plain_text(most=30), "deny": plain_text(most=30), "style": STYLE},
)

PLAIN_OPTION = shape(
    {"text": plain_text(most=75), "value": string(most=150, least=1)},
    {"description": plain_text(most=75)},
)
TEXT_OPTION = shape(
    {"text": any_text(most=75), "value": string(most=150, least=1)},
    {"description": any_text(most=75)},
)
OVERFLOW_OPTION = shape(
    {"text": plain_text(most=75), "value": string(most=150, least=1)},
    {"description": plain_text(most=75), "url": URL},
)
OPTION_GROUP = shape({"label": plain_text(most=75), "options": array(PLAIN_OPTION, most=100)})
