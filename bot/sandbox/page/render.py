"""Whole pieces of the page as HTML: the document, one message, the dialog on top.

Called by `routes`; puts a `Picture` into the templates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.sandbox.nouns import Channel
from bot.sandbox.page.drawing import template
from bot.sandbox.page.pictures import Picture, Row, face


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command the composer suggests, with its usage hint."""

    name: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every document of the page carries besides what it shows."""

    page_token: str
    version: str
    commands: Sequence[Command]


def channel_page(
    picture: Picture, channel: Channel | None, frame: Frame, *, thread_ts: str | None = None
) -> str:
    """The document of one channel, with a thread beside it when one is named."""
    title = "Not found"
    rows: list[Row] = []
    thread: list[Row] = []
    if channel is not None:
        title = picture.workspace.seed.app_name if channel.is_im else f"#{channel.name}"
        rows = picture.rows(channel.id)
        thread = picture.rows(channel.id, thread_ts=thread_ts) if thread_ts else []
    return _document(
        picture,
        frame,
        title=title,
        channel=channel,
        rows=rows,
        thread=thread,
        thread_ts=thread_ts if thread else None,
        may_write=channel is not None and picture.may_write(channel),
        member_names=_member_names(picture, channel),
    )


def home_page(picture: Picture, frame: Frame) -> str:
    """The document of the app's Home tab."""
    home = picture.workspace.home(picture.viewer.id)
    return _document(
        picture,
        frame,
        title=picture.workspace.seed.app_name,
        at_home=True,
        home=home,
        home_body=picture.view_body(home) if home else "",
    )


def message_fragment(row: Row, *, in_thread: bool) -> str:
    """One message's element."""
    return template("message.html").render(row=row, in_thread=in_thread)


def dialog_fragment(picture: Picture) -> str:
    """The dialog on top of a person's stack, or nothing."""
    return template("dialog.html").render(dialog=picture.dialog())


def _document(picture: Picture, frame: Frame, **shown: object) -> str:
    workspace = picture.workspace
    people = workspace.people()
    return template("page.html").render(
        page_token=frame.page_token,
        version=frame.version,
        commands=frame.commands,
        team=workspace.team,
        app_name=workspace.seed.app_name,
        viewer=picture.viewer,
        people=people,
        faces=[(person, face(person)) for person in people if not person.is_bot],
        channels=picture.channels(),
        direct=picture.direct,
        has_home="app_home_opened" in workspace.seed.events
        or workspace.home(picture.viewer.id) is not None,
        dialog=picture.dialog(),
        **shown,
    )


def _member_names(picture: Picture, channel: Channel | None) -> str:
    members = channel.members if channel is not None else ()
    return ", ".join(picture.names.people.get(member, member) for member in members)
