"""What the form that starts a task looks like: the agent where there are several, task, channel."""

from collections.abc import Sequence
from typing import Any

from approvals.domain.ids import ChannelId
from bot.slack.escaping import plain_text, untrusted
from bot.slack.form_inputs import input_block

TASK_FORM = "sayso:task_form"
AGENT_BLOCK, AGENT_ACTION = "agent", "sayso:task_agent"
TASK_BLOCK, TASK_ACTION = "task", "sayso:task_text"
CHANNEL_BLOCK, CHANNEL_ACTION = "channel", "sayso:task_channel"
TEXT_MAX_CHARS = 3_000
"""What an input of a form can hold."""
_AGENTS_MAX = 100


def task_form_view(
    agents: Sequence[str], *, chosen: str | None, channel: ChannelId, text: str
) -> dict[str, Any]:
    """Return the form, with *text* as the task; what does not fit is cut, and it says so."""
    blocks = [_task(text), _channel(channel)]
    if len(agents) > 1:
        blocks.insert(0, _agent(agents[:_AGENTS_MAX], chosen))
    return {
        "type": "modal",
        "callback_id": TASK_FORM,
        "title": plain_text("Start an agent task"),
        "submit": plain_text("Start"),
        "close": plain_text("Back"),
        "blocks": blocks,
    }


def _agent(agents: Sequence[str], chosen: str | None) -> dict[str, Any]:
    options = [{"text": plain_text(untrusted(name, 75)), "value": name[:150]} for name in agents]
    select: dict[str, Any] = {
        "type": "static_select",
        "action_id": AGENT_ACTION,
        "placeholder": plain_text("Choose an agent"),
        "options": options,
    }
    first = next((each for each in options if each["value"] == chosen), None)
    if first is not None:
        select["initial_option"] = first
    return input_block(AGENT_BLOCK, "Agent", select)


def _task(text: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": TASK_ACTION,
        "multiline": True,
        "max_length": TEXT_MAX_CHARS,
        "placeholder": plain_text("Restart the checkout service in prod"),
    }
    if text.strip():
        entry["initial_value"] = text.strip()[:TEXT_MAX_CHARS]
    hint = "Calls that need a say-so are asked in the channel before they run."
    if len(text.strip()) > TEXT_MAX_CHARS:
        hint = (
            f"The message has {len(text.strip()):,} characters; the first {TEXT_MAX_CHARS:,} fit "
            f"here. {hint}"
        )
    return input_block(TASK_BLOCK, "Task", entry, hint=hint)


def _channel(channel: ChannelId) -> dict[str, Any]:
    select = {
        "type": "conversations_select",
        "action_id": CHANNEL_ACTION,
        "placeholder": plain_text("Choose a channel"),
        "initial_conversation": channel,
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    hint = "The task is told there, and that channel's rules apply."
    return input_block(CHANNEL_BLOCK, "Channel", select, hint=hint)
