"""The nouns of the workspace as the JSON Slack sends: users, channels, groups, messages.

Used by the Web API's replies and by the payloads of interactions, so that both agree.
"""

import hashlib

from bot.sandbox.nouns import Channel, JsonObject, Message, Person, UserGroup
from bot.sandbox.seed import Seed

_CREATED_S = 1_700_000_000


def user_json(person: Person, *, seed: Seed) -> JsonObject:
    """A user object as users.info and users.list give it."""
    color = hashlib.sha256(person.id.encode()).hexdigest()[:6]
    shape: JsonObject = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "profile": _profile_json(person, seed=seed),
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": _CREATED_S,
    }
    if person.deleted:
        return shape
    return {
        **shape,
        "color": color,
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted or person.is_ultra_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_email_confirmed": True,
        **({"is_stranger": True} if person.is_stranger else {}),
    }


def _profile_json(person: Person, *, seed: Seed) -> JsonObject:
    bot = {"api_app_id": seed.app_id, "bot_id": seed.bot_id, "always_active": True}
    return {
        "title": person.title,
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "status_text": "",
        "status_emoji": "",
        "team": person.team_id,
        **(bot if person.is_bot else {}),
    }


def channel_json(channel: Channel, *, seed: Seed) -> JsonObject:
    """A conversation object as conversations.info and .list give it."""
    if channel.is_im:
        return {
            "id": channel.id,
            "created": _CREATED_S,
            "is_archived": False,
            "is_im": True,
            "is_org_shared": False,
            "context_team_id": seed.team.id,
            "user": channel.members[0],
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": channel.is_general,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "is_member": seed.bot_user_id in channel.members,
        "created": _CREATED_S,
        "creator": channel.members[0] if channel.members else "",
        "context_team_id": seed.team.id,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
        "unlinked": 0,
    }


def usergroup_json(group: UserGroup, *, seed: Seed, with_users: bool) -> JsonObject:
    """A user group as usergroups.list gives it."""
    shape: JsonObject = {
        "id": group.id,
        "team_id": seed.team.id,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": _CREATED_S,
        "date_update": _CREATED_S,
        "date_delete": _CREATED_S if group.disabled else 0,
        "created_by": "",
        "updated_by": "",
        "prefs": {"channels": [], "groups": []},
        "user_count": len(group.members),
    }
    return {**shape, "users": list(group.members)} if with_users else shape


def message_json(message: Message, *, seed: Seed) -> JsonObject:
    """A message as chat.postMessage returns it and block_actions carries it."""
    shape: JsonObject = {
        "type": "message",
        "user": message.user_id,
        "ts": message.ts,
        "text": message.text,
        "team": seed.team.id,
    }
    if message.bot_id is not None:
        shape |= {
            "bot_id": message.bot_id,
            "app_id": seed.app_id,
            "bot_profile": _bot_profile_json(seed),
        }
    optional = {
        "blocks": message.blocks or None,
        "attachments": message.attachments or None,
        "thread_ts": message.thread_ts,
        "metadata": message.metadata,
        "edited": message.edited_ts and {"user": message.user_id, "ts": message.edited_ts},
    }
    return shape | {key: value for key, value in optional.items() if value is not None}


def _bot_profile_json(seed: Seed) -> JsonObject:
    return {
        "id": seed.bot_id,
        "app_id": seed.app_id,
        "name": seed.app_name,
        "deleted": False,
        "updated": _CREATED_S,
        "team_id": seed.team.id,
        "icons": {"image_36": "", "image_48": "", "image_72": ""},
    }
