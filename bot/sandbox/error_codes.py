"""Every error code the local Slack can answer, and the exception that carries one.

The table is the whole list: `SlackError` refuses a code that is not in it, and the tests provoke
each one through a real client. Codes are Slack's (docs.slack.dev, the `errors` of each method).
"""

from bot.sandbox.nouns import JsonObject

ERROR_CODES = {
    # any method
    "not_authed": "no token was sent",
    "invalid_auth": "the token is not one of this workspace",
    "not_allowed_token_type": "a bot token where an app token belongs, or the reverse",
    "missing_scope": "the app was not given the scope the method needs",
    "unknown_method": "the local Slack has no such method",
    "invalid_arguments": "an argument is missing or has the wrong form",
    "invalid_json": "the body says JSON and is not",
    "json_not_object": "the JSON body is not an object",
    "internal_error": "the workspace cannot be stored, for example because the disk is full",
    # conversations and people
    "channel_not_found": "no such channel, or a private one the app is not in",
    "not_in_channel": "the app is not a member of the channel",
    "is_archived": "the channel is archived",
    "user_not_found": "no such person",
    "users_not_found": "nobody of the workspace has this address",
    "user_disabled": "the person is deactivated",
    "users_list_not_supplied": "neither people nor a channel to open",
    "too_many_users": "more people than a direct message opened here can have",
    "user_not_in_channel": "the person is not in the channel",
    "no_such_subteam": "no such user group",
    "team_not_found": "no such team",
    "invalid_cursor": "the cursor is not one that was given out",
    "invalid_limit": "the limit is not a number from 1 to 1000",
    "invalid_types": "a conversation type that does not exist",
    "method_not_supported_for_channel_type": "the method does not work on this kind of channel",
    # messages
    "no_text": "neither text nor blocks nor attachments",
    "msg_too_long": "the text of an update or ephemeral message is over its limit",
    "msg_blocks_too_long": "the blocks hold more characters than a message may",
    "invalid_blocks": "a block breaks a rule; response_metadata says which",
    "invalid_blocks_format": "blocks is not a JSON array",
    "invalid_attachments": "attachments is not a JSON array of objects",
    "too_many_attachments": "more than 100 attachments",
    "markdown_text_conflict": "markdown_text together with text or blocks",
    "invalid_metadata_format": "metadata is not a JSON object",
    "invalid_metadata_schema": "metadata lacks event_type or a flat event_payload",
    "metadata_too_large": "metadata is over its limit",
    "message_not_found": "no message with this ts in the channel",
    "cant_update_message": "somebody else wrote the message",
    "is_inactive": "a message in an archived channel cannot be edited",
    "cant_delete_message": "somebody else wrote the message",
    "cannot_reply_to_message": "nothing can be said in the thread of an ephemeral message",
    "block_mismatch": "rich text blocks cannot become blocks without rich text",
    # views
    "invalid_trigger_id": "not a trigger_id",
    "expired_trigger_id": "the trigger_id is older than three seconds",
    "exchanged_trigger_id": "the trigger_id was used before",
    "view_too_large": "the view is over 250 KB",
    "push_limit_reached": "three views are open already",
    "duplicate_external_id": "another open view has this external_id",
    "not_found": "no such open view",
    "hash_conflict": "the view changed since the hash was given out",
    # response_url
    "expired_url": "the response_url is older than 30 minutes",
    "used_url": "the response_url was used five times",
    "invalid_payload": "what was posted to the response_url is not a JSON object",
}


class SlackError(Exception):
    """`ok: false` with one of Slack's codes; `messages` go into `response_metadata`."""

    def __init__(self, code: str, *messages: str, **extra: str) -> None:
        """Raise `KeyError` for a code that is not in the table: that is a defect here."""
        super().__init__(ERROR_CODES[code])
        self.code = code
        self.messages = messages
        self.extra = extra

    def as_json(self) -> JsonObject:
        """The reply's body."""
        body: JsonObject = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        return body
