"""Emoji short names to characters: those an approval bot uses and the most common others.

A name that is not listed is shown as it was written, which is also what Slack does with a custom
emoji it does not know.
"""

import re
from collections.abc import Mapping

_NAME = re.compile(r":([a-z0-9_+-]+):")

CHARACTERS: Mapping[str, str] = {
    "+1": "👍",
    "-1": "👎",
    "alarm_clock": "⏰",
    "arrow_right": "➡️",
    "ballot_box_with_check": "☑️",
    "bell": "🔔",
    "black_circle": "⚫",
    "boom": "💥",
    "bulb": "💡",
    "bust_in_silhouette": "👤",
    "busts_in_silhouette": "👥",
    "calendar": "📅",
    "clipboard": "📋",
    "closed_lock_with_key": "🔐",
    "construction": "🚧",
    "eyes": "👀",
    "fire": "🔥",
    "gear": "⚙️",
    "grey_question": "❔",
    "hammer_and_wrench": "🛠️",
    "hand": "✋",
    "heart": "❤️",
    "heavy_check_mark": "✔️",
    "heavy_multiplication_x": "✖️",
    "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳",
    "information_source": "ℹ️",
    "key": "🔑",
    "large_blue_circle": "🔵",
    "large_green_circle": "🟢",
    "large_orange_circle": "🟠",
    "large_red_square": "🟥",
    "large_yellow_circle": "🟡",
    "link": "🔗",
    "lock": "🔒",
    "mag": "🔍",
    "memo": "📝",
    "money_with_wings": "💸",
    "no_entry": "⛔",
    "no_entry_sign": "🚫",
    "octagonal_sign": "🛑",
    "ok_hand": "👌",
    "page_facing_up": "📄",
    "partying_face": "🥳",
    "pencil2": "✏️",
    "point_right": "👉",
    "question": "❓",
    "raised_hand": "✋",
    "recycle": "♻️",
    "red_circle": "🔴",
    "robot_face": "🤖",
    "rocket": "🚀",
    "rotating_light": "🚨",
    "shield": "🛡️",
    "skull_and_crossbones": "☠️",
    "slightly_smiling_face": "🙂",
    "smile": "😄",
    "snowflake": "❄️",
    "sparkles": "✨",
    "speech_balloon": "💬",
    "stopwatch": "⏱️",
    "tada": "🎉",
    "thinking_face": "🤔",
    "thumbsdown": "👎",
    "thumbsup": "👍",
    "timer_clock": "⏲️",
    "unlock": "🔓",
    "vertical_traffic_light": "🚦",
    "warning": "⚠️",
    "wave": "👋",
    "white_check_mark": "✅",
    "white_circle": "⚪",
    "wrench": "🔧",
    "x": "❌",
    "zap": "⚡",
}


def with_emoji(text: str) -> str:
    """The text with the known `:names:` replaced by their characters."""
    return _NAME.sub(lambda match: CHARACTERS.get(match[1], match[0]), text)
