"""The `RunMessenger` port over chat.postMessage and chat.update: runs are told here.

Called by the outbox through `deliver_run`. Same lanes and same order as the cards (case E14);
edits that only tell how far a run has come wait for everything else, the last one does not.
"""

from datetime import datetime
from typing import Any

from approvals.operations.ports import Posted
from approvals.operations.run_messenger import RunContent
from bot.slack.run_messages import answer_blocks, answer_text, root_blocks
from bot.slack.run_text import phone_text
from bot.slack.sending import Drawn, Sending

RUN_EVENT = "sayso_run"


class SlackRunMessenger:
    """Posts and updates what the runs of one workspace tell."""

    def __init__(self, sending: Sending, *, gateway: str) -> None:
        self._sending = sending
        self._gateway = gateway

    async def post_run(self, content: RunContent, *, now: datetime) -> Posted:
        """Post the root message, in the thread the task was started in if there was one.

        Raises:
            Undeliverable, NotNow
        """
        thread = content.thread
        return await self._sending.post(
            thread.channel, self._root(content, now), thread_ts=thread.thread_ts
        )

    async def update_run(self, content: RunContent, *, now: datetime) -> None:
        """Make the root message show *content*, unless a later version is there already.

        Raises:
            Undeliverable, NotNow
        """
        thread = content.thread
        assert thread.root_ts is not None
        await self._sending.update(
            thread.channel,
            thread.root_ts,
            self._root(content, now),
            is_progress=not content.run.has_ended,
        )

    async def post_answer(self, content: RunContent, *, now: datetime) -> Posted:
        """Post the answer as a reply that mentions who asked.

        Raises:
            Undeliverable, NotNow
        """
        drawn = Drawn(
            who=f"answer {content.run.id}",
            version=content.run.version,
            text=answer_text(content),
            blocks=answer_blocks(content, now),
            metadata=self._metadata(content),
        )
        thread = content.thread
        return await self._sending.post(thread.channel, drawn, thread_ts=thread.replies_to)

    def _root(self, content: RunContent, now: datetime) -> Drawn:
        return Drawn(
            who=content.run.id,
            version=content.run.version,
            text=phone_text(content, now),
            blocks=root_blocks(content, now),
            metadata=self._metadata(content),
        )

    def _metadata(self, content: RunContent) -> dict[str, Any]:
        ids = {
            "run": content.run.id,
            "nonce": content.thread.nonce,
            "gateway": self._gateway,
        }
        return {"event_type": RUN_EVENT, "event_payload": ids}
