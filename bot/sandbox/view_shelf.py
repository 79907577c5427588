"""The views people have open: a stack of at most three modals each, and one App Home each.

Part of the workspace. It turns the view an app sent into the object Slack returns (ids, hash, team,
state) and keeps it; whether a view may be opened is decided in `web_api/views.py`.
"""

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.sandbox.clock import Clock
from bot.sandbox.drawer import Drawer
from bot.sandbox.nouns import Change, ChangeKind, JsonObject, OpenView
from bot.sandbox.seed import Seed

_MODAL = "view"
_HOME = "home"
STACK_MAX = 3


class ViewShelf:
    """Open modals by person, App Homes by person; both written through."""

    def __init__(
        self, drawer: Drawer, *, seed: Seed, clock: Clock, notify: Callable[[Change], None]
    ) -> None:
        """Read what the drawer holds."""
        self._drawer = drawer
        self._seed = seed
        self._clock = clock
        self._notify = notify
        self._stacks: dict[str, list[OpenView]] = defaultdict(list)
        self._homes: dict[str, OpenView] = {}
        for body in drawer.all(_MODAL):
            opened = OpenView(**body)
            self._stacks[opened.person_id].append(opened)
        for body in drawer.all(_HOME):
            self._homes[body["person_id"]] = OpenView(**body)

    def stack(self, person_id: str) -> list[OpenView]:
        """The modals a person has open, the visible one last."""
        return list(self._stacks.get(person_id, ()))

    def home(self, person_id: str) -> OpenView | None:
        """A person's App Home."""
        return self._homes.get(person_id)

    def find(self, view_id: str) -> OpenView | None:
        """An open modal or a Home by its id."""
        every = [v for stack in self._stacks.values() for v in stack]
        return next((v for v in [*every, *self._homes.values()] if v.id == view_id), None)

    def find_external(self, external_id: str) -> OpenView | None:
        """An open modal or Home by the app's own `external_id`."""
        every = [v for stack in self._stacks.values() for v in stack]
        matching = (v for v in [*every, *self._homes.values()])
        return next((v for v in matching if v.view["external_id"] == external_id), None)

    def push(self, person_id: str, sent: JsonObject) -> OpenView:
        """Open a modal on top of what the person has open."""
        stack = self._stacks[person_id]
        view_id = _new_view_id()
        lineage = {
            "root_view_id": stack[0].id if stack else view_id,
            "previous_view_id": stack[-1].id if stack else None,
        }
        opened = OpenView(
            id=view_id, person_id=person_id, view=self._complete(sent, view_id, lineage)
        )
        self._drawer.put(_MODAL, view_id, opened)
        stack.append(opened)
        self._tell(ChangeKind.VIEW, person_id)
        return opened

    def replace(self, opened: OpenView, sent: JsonObject) -> OpenView:
        """Put another content into an open modal; its id stays, its hash changes."""
        lineage = {key: opened.view[key] for key in ("root_view_id", "previous_view_id")}
        view = self._complete(sent, opened.id, lineage)
        view["state"] = _kept_state(opened.view, view)
        return self._put_modal(replace(opened, view=view, errors={}))

    def show_errors(self, opened: OpenView, errors: Mapping[str, str]) -> None:
        """Show the app's sentences under the inputs of a modal."""
        self._put_modal(replace(opened, errors=dict(errors)))

    def remember_state(self, opened: OpenView, values: JsonObject) -> OpenView:
        """Keep what a person has put into the inputs, so that an update does not lose it."""
        view = {**opened.view, "state": {"values": values}}
        return self._put_modal(replace(opened, view=view), quiet=True)

    def close(self, opened: OpenView) -> None:
        """Close one modal; what lies under it is visible again."""
        self._drawer.drop(_MODAL, opened.id)
        stack = self._stacks[opened.person_id]
        self._stacks[opened.person_id] = [v for v in stack if v.id != opened.id]
        self._tell(ChangeKind.VIEW, opened.person_id)

    def close_all(self, person_id: str) -> None:
        """Close every modal a person has open."""
        for opened in self.stack(person_id):
            self._drawer.drop(_MODAL, opened.id)
        self._stacks.pop(person_id, None)
        self._tell(ChangeKind.VIEW, person_id)

    def publish_home(self, person_id: str, sent: JsonObject) -> OpenView:
        """Show this App Home to one person."""
        known = self._homes.get(person_id)
        view_id = _new_view_id() if known is None else known.id
        lineage = {"root_view_id": view_id, "previous_view_id": None}
        home = OpenView(
            id=view_id, person_id=person_id, view=self._complete(sent, view_id, lineage)
        )
        self._drawer.put(_HOME, view_id, home)
        self._homes[person_id] = home
        self._tell(ChangeKind.HOME, person_id)
        return home

    def _put_modal(self, opened: OpenView, *, quiet: bool = False) -> OpenView:
        stack = self._stacks[opened.person_id]
        if opened.view["type"] == "home":
            self._drawer.put(_HOME, opened.id, opened)
            self._homes[opened.person_id] = opened
            return opened
        self._drawer.put(_MODAL, opened.id, opened)
        self._stacks[opened.person_id] = [opened if v.id == opened.id else v for v in stack]
        if not quiet:
            self._tell(ChangeKind.VIEW, opened.person_id)
        return opened

    def _tell(self, kind: ChangeKind, person_id: str) -> None:
        self._notify(Change(kind=kind, person_id=person_id))

    def _complete(self, sent: JsonObject, view_id: str, lineage: JsonObject) -> JsonObject:
        """The view as Slack returns it: what was sent, defaults, ids, and a fresh hash."""
        stamp = f"{self._clock.epoch_s():.6f}"
        digest = hashlib.sha256(f"{stamp}{secrets.token_hex(4)}".encode()).hexdigest()[:8]
        return {
            "id": view_id,
            "team_id": self._seed.team.id,
            "type": sent["type"],
            "title": sent.get("title") or {"type": "plain_text", "text": "View Title"},
            "submit": sent.get("submit"),
            "close": sent.get("close"),
            "blocks": sent["blocks"],
            "private_metadata": sent.get("private_metadata") or "",
            "callback_id": sent.get("callback_id") or "",
            "external_id": sent.get("external_id") or "",
            "state": {"values": {}},
            "hash": f"{stamp.partition('.')[0]}.{digest}",
            "clear_on_close": bool(sent.get("clear_on_close", False)),
            "notify_on_close": bool(sent.get("notify_on_close", False)),
            "submit_disabled": bool(sent.get("submit_disabled", False)),
            **lineage,
            "app_id": self._seed.app_id,
            "app_installed_team_id": self._seed.team.id,
            "bot_id": self._seed.bot_id,
        }


def _new_view_id() -> str:
    return f"V{secrets.token_hex(5).upper()}"


def _kept_state(old: JsonObject, new: JsonObject) -> JsonObject:
    """Slack keeps typed values over an update where block and action ids stay the same."""
    kept_ids = {block.get("block_id") for block in new["blocks"]}
    values = {k: v for k, v in old["state"]["values"].items() if k in kept_ids}
    return {"values": values}
