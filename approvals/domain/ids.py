"""Distinct id types, so that a run id cannot be passed where a request id is meant.

Ours are ULIDs (26 characters, sortable by time) made by the `Ids` port; Slack's keep its form.
"""

from typing import NewType

SHORT_ID_CHARS = 6
"""By so many of an id's last characters people name a request or a run."""

RequestId = NewType("RequestId", str)
CardId = NewType("CardId", str)
KeyId = NewType("KeyId", str)
RunId = NewType("RunId", str)
ConversationId = NewType("ConversationId", str)
"""LangGraph's thread: the runs of one conversation share it, and its checkpoints."""
UserId = NewType("UserId", str)
"""A Slack person: ``U…`` or ``W…``."""
TeamId = NewType("TeamId", str)
ChannelId = NewType("ChannelId", str)
"""A Slack conversation: ``C…``, ``G…`` or ``D…``."""
