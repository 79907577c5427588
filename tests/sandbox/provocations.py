"""For every error code of the local Slack: how a real client provokes it.

`test_error_codes.py` runs them all and checks that none is missing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from tests.sandbox.given import modal, rich_text, section
from tests.sandbox.scene import CHANNEL, Scene

Provoke = Callable[[Scene], Awaitable[object]]
PROVOCATIONS: dict[str, Provoke] = {}


def provokes(code: str) -> Callable[[Provoke], Provoke]:
    """Register a provocation under the code it must get."""

    def register(provoke: Provoke) -> Provoke:
        assert code not in PROVOCATIONS
        PROVOCATIONS[code] = provoke
        return provoke

    return register


@provokes("not_authed")
async def _no_token(scene: Scene) -> object:
    return await scene.with_token(None).auth_test()


@provokes("invalid_auth")
async def _wrong_token(scene: Scene) -> object:
    return await scene.with_token("xoxb-other").auth_test()


@provokes("not_allowed_token_type")
async def _bot_token_for_a_socket(scene: Scene) -> object:
    return await scene.client.apps_connections_open(app_token=scene.slack.bot_token)


@provokes("missing_scope")
async def _no_scope(scene: Scene) -> object:
    return await scene.client.users_list()


@provokes("unknown_method")
async def _no_such_method(scene: Scene) -> object:
    return await scene.client.api_call("chat.shout")


@provokes("invalid_arguments")
async def _no_view(scene: Scene) -> object:
    return await scene.client.views_open(trigger_id=scene.trigger(), view={})


@provokes("invalid_json")
async def _json_that_is_none(scene: Scene) -> object:
    headers = {"Content-Type": "application/json"}
    return await scene.client.api_call("auth.test", data={"a": "b"}, headers=headers)


@provokes("json_not_object")
async def _a_json_list(scene: Scene) -> object:
    return await scene.client.api_call("auth.test", json=["a"])  # type: ignore[arg-type]


@provokes("internal_error")
async def _a_broken_store(scene: Scene) -> object:
    scene.slack.drawer.close()
    return await scene.post()


@provokes("channel_not_found")
async def _no_such_channel(scene: Scene) -> object:
    return await scene.client.chat_postMessage(channel="C0NOWHERE", text="hello")


@provokes("not_in_channel")
async def _not_a_member(scene: Scene) -> object:
    return await scene.client.chat_postMessage(channel="C0LEADS", text="hello")


@provokes("is_archived")
async def _archived(scene: Scene) -> object:
    return await scene.client.chat_postMessage(channel="C0OLD", text="hello")


@provokes("user_not_found")
async def _nobody(scene: Scene) -> object:
    return await scene.client.users_info(user="U0NOBODY")


@provokes("users_not_found")
async def _nobodys_address(scene: Scene) -> object:
    return await scene.client.users_lookupByEmail(email="nobody@example.com")


@provokes("user_disabled")
async def _somebody_who_left(scene: Scene) -> object:
    return await scene.client.conversations_open(users="U0FRANK")


@provokes("users_list_not_supplied")
async def _open_nothing(scene: Scene) -> object:
    return await scene.client.conversations_open(users="")


@provokes("too_many_users")
async def _open_a_group(scene: Scene) -> object:
    return await scene.client.conversations_open(users=["U0BOB", "U0CAROL"])


@provokes("user_not_in_channel")
async def _ephemeral_for_an_outsider(scene: Scene) -> object:
    return await scene.client.chat_postEphemeral(channel="C0GENERAL", user="U0EVE", text="hello")


@provokes("no_such_subteam")
async def _no_such_group(scene: Scene) -> object:
    return await scene.client.usergroups_users_list(usergroup="S0NONE")


@provokes("team_not_found")
async def _another_team(scene: Scene) -> object:
    return await scene.client.team_info(team="T0ELSEWHERE")


@provokes("invalid_cursor")
async def _made_up_cursor(scene: Scene) -> object:
    return await scene.client.users_list(cursor="bm9uZQ==")


@provokes("invalid_limit")
async def _limit_too_big(scene: Scene) -> object:
    return await scene.client.users_list(limit=5000)


@provokes("invalid_types")
async def _no_such_type(scene: Scene) -> object:
    return await scene.client.conversations_list(types="secret_channel")


@provokes("method_not_supported_for_channel_type")
async def _open_a_channel(scene: Scene) -> object:
    return await scene.client.conversations_open(channel=CHANNEL)


@provokes("no_text")
async def _nothing_to_say(scene: Scene) -> object:
    return await scene.client.api_call("chat.postMessage", json={"channel": CHANNEL})


@provokes("msg_too_long")
async def _long_update(scene: Scene) -> object:
    return await scene.update(await scene.post(), text="x" * 4_001)


@provokes("msg_blocks_too_long")
async def _many_long_blocks(scene: Scene) -> object:
    return await scene.post(blocks=[section("x" * 2_900) for _ in range(5)])


@provokes("invalid_blocks")
async def _empty_section(scene: Scene) -> object:
    return await scene.post(blocks=[section("")])


@provokes("invalid_blocks_format")
async def _blocks_that_are_text(scene: Scene) -> object:
    return await scene.post(blocks="a card, please")


@provokes("invalid_attachments")
async def _attachments_that_are_text(scene: Scene) -> object:
    return await scene.post(attachments="an attachment")


@provokes("too_many_attachments")
async def _hundred_and_one_attachments(scene: Scene) -> object:
    return await scene.post(attachments=[{"text": "a"}] * 101)


@provokes("markdown_text_conflict")
async def _text_twice(scene: Scene) -> object:
    return await scene.post(markdown_text="**hello**")


@provokes("invalid_metadata_format")
async def _metadata_that_is_text(scene: Scene) -> object:
    return await scene.post(metadata="about")


@provokes("invalid_metadata_schema")
async def _metadata_without_a_type(scene: Scene) -> object:
    return await scene.post(metadata={"event_payload": {}})


@provokes("metadata_too_large")
async def _much_metadata(scene: Scene) -> object:
    return await scene.post(metadata={"event_type": "a", "event_payload": {"b": "c" * 9_000}})


@provokes("message_not_found")
async def _update_nothing(scene: Scene) -> object:
    return await scene.update("1234567890.123456", text="hello")


@provokes("cant_update_message")
async def _update_a_persons_message(scene: Scene) -> object:
    ts = await scene.slack.interactions.say("U0BOB", CHANNEL, "mine")
    return await scene.update(ts, text="ours")


@provokes("is_inactive")
async def _update_in_an_archived_channel(scene: Scene) -> object:
    ts = await scene.post()
    channel = scene.slack.workspace.channel(CHANNEL)
    assert channel is not None
    scene.slack.workspace.put_channel(replace(channel, is_archived=True))
    return await scene.update(ts, text="ours")


@provokes("cant_delete_message")
async def _delete_a_persons_message(scene: Scene) -> object:
    ts = await scene.slack.interactions.say("U0BOB", CHANNEL, "mine")
    return await scene.client.chat_delete(channel=CHANNEL, ts=ts)


@provokes("cannot_reply_to_message")
async def _reply_to_an_ephemeral(scene: Scene) -> object:
    shown = await scene.client.chat_postEphemeral(channel=CHANNEL, user="U0BOB", text="psst")
    return await scene.post(thread_ts=str(shown["message_ts"]))


@provokes("block_mismatch")
async def _rich_text_to_plain(scene: Scene) -> object:
    ts = await scene.post(blocks=[rich_text("a")])
    return await scene.update(ts, text="a", blocks=[section("a")])


@provokes("invalid_trigger_id")
async def _made_up_trigger(scene: Scene) -> object:
    return await scene.client.views_open(trigger_id="1.2.3", view=modal())


@provokes("expired_trigger_id")
async def _late_trigger(scene: Scene) -> object:
    trigger_id = scene.trigger()
    scene.clock.advance(3.1)
    return await scene.client.views_open(trigger_id=trigger_id, view=modal())


@provokes("exchanged_trigger_id")
async def _trigger_used_twice(scene: Scene) -> object:
    trigger_id = scene.trigger()
    await scene.client.views_open(trigger_id=trigger_id, view=modal())
    return await scene.client.views_open(trigger_id=trigger_id, view=modal())


@provokes("view_too_large")
async def _big_view(scene: Scene) -> object:
    return await scene.open(blocks=[section("x" * 2_900) for _ in range(90)])


@provokes("push_limit_reached")
async def _fourth_view(scene: Scene) -> object:
    await scene.open()
    await scene.push()
    await scene.push()
    return await scene.push()


@provokes("duplicate_external_id")
async def _same_external_id(scene: Scene) -> object:
    await scene.open(external_id="one")
    return await scene.push(external_id="one")


@provokes("not_found")
async def _update_a_closed_view(scene: Scene) -> object:
    return await scene.client.views_update(view_id="V0NONE", view=modal())


@provokes("hash_conflict")
async def _update_from_an_old_hash(scene: Scene) -> object:
    view = await scene.open()
    await scene.client.views_update(view_id=view["id"], hash=view["hash"], view=modal())
    return await scene.client.views_update(view_id=view["id"], hash=view["hash"], view=modal())
