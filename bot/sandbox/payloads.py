"""The payloads Slack sends to the app, key by key as Slack writes them.

Built by the interactions, carried by `delivery/`. The person's own team is in `user.team_id`: for
somebody of another company it differs from `team.id`.
"""

import hashlib
import secrets
from dataclasses import dataclass

from bot.sandbox.clock import Clock
from bot.sandbox.nouns import Channel, JsonObject, Message, OpenView, Person
from bot.sandbox.seed import Seed
from bot.sandbox.web_api.shapes import message_json


@dataclass(frozen=True, slots=True)
class Payloads:
    """Builds payloads for one workspace and app."""

    seed: Seed
    clock: Clock

    def message_click(
        self, person: Person, *, channel: Channel, message: Message, response_url: str
    ) -> JsonObject:
        """block_actions from a message, still without `actions`, `state` and `trigger_id`."""
        ephemeral = message.ephemeral_to is not None
        container: JsonObject = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": ephemeral,
        }
        if message.is_reply:
            container["thread_ts"] = message.thread_ts
        shown = {} if ephemeral else {"message": message_json(message, seed=self.seed)}
        return {
            **self._about(person, "block_actions"),
            "container": container,
            "channel": {"id": channel.id, "name": _name_in_payloads(channel)},
            **shown,
            "response_url": response_url,
        }

    def view_click(self, person: Person, opened: OpenView) -> JsonObject:
        """block_actions from a modal or Home, still without `actions` and `trigger_id`."""
        return {
            **self._about(person, "block_actions"),
            "container": {"type": "view", "view_id": opened.id},
            "view": opened.view,
        }

    def view_submission(self, person: Person, opened: OpenView) -> JsonObject:
        """view_submission, still without `trigger_id`."""
        about = self._about(person, "view_submission")
        return {**about, "view": opened.view, "response_urls": []}

    def view_closed(self, person: Person, opened: OpenView, *, is_cleared: bool) -> JsonObject:
        """view_closed."""
        about = self._about(person, "view_closed")
        return {**about, "view": opened.view, "is_cleared": is_cleared}

    def command(
        self, person: Person, *, channel: Channel, command: str, text: str, response_url: str
    ) -> JsonObject:
        """A slash command, still without `trigger_id`."""
        return {
            "token": self._verification_token,
            "team_id": self.seed.team.id,
            "team_domain": self.seed.team.domain,
            "channel_id": channel.id,
            "channel_name": _name_in_payloads(channel),
            "user_id": person.id,
            "user_name": person.name,
            "command": command,
            "text": text,
            "api_app_id": self.seed.app_id,
            "is_enterprise_install": "false",
            "response_url": response_url,
        }

    def message_action(
        self,
        person: Person,
        *,
        channel: Channel,
        message: Message,
        callback_id: str,
        response_url: str,
    ) -> JsonObject:
        """A message shortcut, still without `trigger_id`. Slack names no app in it."""
        about = self._about(person, "message_action")
        del about["api_app_id"]
        return {
            **about,
            "action_ts": f"{self.clock.epoch_s():.6f}",
            "callback_id": callback_id,
            "channel": {"id": channel.id, "name": _name_in_payloads(channel)},
            "message_ts": message.ts,
            "message": message_json(message, seed=self.seed),
            "response_url": response_url,
        }

    def event(self, event: JsonObject, *, channel: Channel | None = None) -> JsonObject:
        """event_callback around one event."""
        now_s = self.clock.epoch_s()
        place = f"-{channel.id}" if channel else ""
        team_id = self.seed.team.id
        return {
            "token": self._verification_token,
            "team_id": team_id,
            "context_team_id": team_id,
            "context_enterprise_id": None,
            "api_app_id": self.seed.app_id,
            "event": {**event, "event_ts": event.get("ts") or f"{now_s:.6f}"},
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(now_s),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team_id,
                    "user_id": self.seed.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": channel is not None and channel.is_ext_shared,
            "event_context": f"1-{event['type']}-{team_id}{place}",
        }

    def action(self, block_id: str, element: JsonObject, fields: JsonObject) -> JsonObject:
        """One entry of `actions[]`."""
        return {
            "action_id": element["action_id"],
            "block_id": block_id,
            "type": element["type"],
            **fields,
            "action_ts": f"{self.clock.epoch_s():.6f}",
        }

    def _about(self, person: Person, kind: str) -> JsonObject:
        return {
            "type": kind,
            "user": {
                "id": person.id,
                "username": person.name,
                "name": person.name,
                "team_id": person.team_id,
            },
            "api_app_id": self.seed.app_id,
            "token": self._verification_token,
            "team": {"id": self.seed.team.id, "domain": self.seed.team.domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    @property
    def _verification_token(self) -> str:
        secret = (self.seed.signing_secret or "").encode()
        return hashlib.sha256(b"verification" + secret).hexdigest()[:24]


def _name_in_payloads(channel: Channel) -> str:
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name
