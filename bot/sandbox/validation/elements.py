"""Interactive elements: buttons, selects, pickers, boxes and text inputs, with their limits.

The limits are those of docs.slack.dev/reference/block-kit/block-elements.
"""

from bot.sandbox.validation.checks import (
    Check,
    anything,
    array,
    boolean,
    by_type,
    has_one_of,
    integer,
    one_of,
    shape,
    string,
)
from bot.sandbox.validation.texts import (
    CONFIRM,
    ID,
    OPTION_GROUP,
    OVERFLOW_OPTION,
    PLAIN_OPTION,
    STYLE,
    TEXT_OPTION,
    URL,
    plain_text,
)

_ACTION = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": boolean}
_CHOICE = {**_ACTION, "placeholder": plain_text(most=150)}
_MULTI = {**_CHOICE, "max_selected_items": integer(least=1)}
_DISPATCH = shape(
    optional={
        "trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), most=2)
    }
)
_TYPED = {
    "action_id": ID,
    "placeholder": plain_text(most=150),
    "focus_on_load": boolean,
    "dispatch_action_config": _DISPATCH,
    "initial_value": string(most=3000),
}
_LENGTHS = {"min_length": integer(most=3000), "max_length": integer(least=1, most=3000)}
_OPTIONS = {
    "options": array(PLAIN_OPTION, most=100),
    "option_groups": array(OPTION_GROUP, most=100),
}
_FILTER = shape(
    optional={
        "include": array(one_of("im", "mpim", "private", "public"), most=4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    }
)
_CONVERSATIONS = {"default_to_current_conversation": boolean, "filter": _FILTER}
_DATE = string(most=10, least=10)
_TIME = string(most=5, least=5)
_PICKED = array(ID, most=100)


def _with_options(check: Check) -> Check:
    return has_one_of(check, "options", "option_groups")


BUTTON = shape(
    {"text": plain_text(most=75)},
    {
        "action_id": ID,
        "url": URL,
        "value": string(most=2000, least=1),
        "style": STYLE,
        "confirm": CONFIRM,
        "accessibility_label": string(most=75),
    },
)
IMAGE = has_one_of(
    shape({"alt_text": string(most=2000)}, {"image_url": URL, "slack_file": anything}),
    "image_url",
    "slack_file",
)
OVERFLOW = shape({"options": array(OVERFLOW_OPTION, most=5)}, {"action_id": ID, "confirm": CONFIRM})

_SELECTS: dict[str, Check] = {
    "static_select": _with_options(
        shape(optional={**_CHOICE, **_OPTIONS, "initial_option": PLAIN_OPTION})
    ),
    "multi_static_select": _with_options(
        shape(optional={**_MULTI, **_OPTIONS, "initial_options": array(PLAIN_OPTION, most=100)})
    ),
    "users_select": shape(optional={**_CHOICE, "initial_user": ID}),
    "multi_users_select": shape(optional={**_MULTI, "initial_users": _PICKED}),
    "channels_select": shape(
        optional={**_CHOICE, "initial_channel": ID, "response_url_enabled": boolean}
    ),
    "multi_channels_select": shape(optional={**_MULTI, "initial_channels": _PICKED}),
    "conversations_select": shape(
        optional={
            **_CHOICE,
            **_CONVERSATIONS,
            "initial_conversation": ID,
            "response_url_enabled": boolean,
        }
    ),
    "multi_conversations_select": shape(
        optional={**_MULTI, **_CONVERSATIONS, "initial_conversations": _PICKED}
    ),
    "external_select": shape(
        optional={**_CHOICE, "initial_option": PLAIN_OPTION, "min_query_length": integer()}
    ),
    "multi_external_select": shape(
        optional={
            **_MULTI,
            "initial_options": array(PLAIN_OPTION, most=100),
            "min_query_length": integer(),
        }
    ),
}
_PICKERS: dict[str, Check] = {
    "datepicker": shape(optional={**_CHOICE, "initial_date": _DATE}),
    "timepicker": shape(optional={**_CHOICE, "initial_time": _TIME, "timezone": string(most=100)}),
    "datetimepicker": shape(optional={**_ACTION, "initial_date_time": integer(most=9_999_999_999)}),
    "radio_buttons": shape(
        {"options": array(TEXT_OPTION, most=10)}, {**_ACTION, "initial_option": TEXT_OPTION}
    ),
    "checkboxes": shape(
        {"options": array(TEXT_OPTION, most=10)},
        {**_ACTION, "initial_options": array(TEXT_OPTION, most=10)},
    ),
}
_INPUTS: dict[str, Check] = {
    "plain_text_input": shape(optional={**_TYPED, **_LENGTHS, "multiline": boolean}),
    "email_text_input": shape(optional=_TYPED),
    "url_text_input": shape(optional=_TYPED),
    "number_input": shape(
        {"is_decimal_allowed": boolean},
        {**_TYPED, "min_value": string(most=100), "max_value": string(most=100)},
    ),
    "rich_text_input": shape(optional={**_TYPED, "initial_value": anything}),
    "file_input": shape(
        optional={"action_id": ID, "filetypes": anything, "max_files": integer(least=1, most=10)}
    ),
}
_WORKFLOW_BUTTON = shape(
    {"text": plain_text(most=75), "workflow": anything},
    {"action_id": ID, "style": STYLE, "accessibility_label": string(most=75)},
)
_PRESSED: dict[str, Check] = {
    "button": BUTTON,
    "overflow": OVERFLOW,
    "workflow_button": _WORKFLOW_BUTTON,
}

IN_ACTIONS = by_type({**_PRESSED, **_SELECTS, **_PICKERS, "rich_text_input": anything})
AS_ACCESSORY = by_type({**_PRESSED, "image": IMAGE, **_SELECTS, **_PICKERS})
IN_INPUT = by_type({**_SELECTS, **_PICKERS, **_INPUTS})
