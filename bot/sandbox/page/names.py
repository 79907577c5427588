"""Names for the ids that appear in texts, and where a piece of HTML will stand.

Built by `pictures` for each rendering, read by `mrkdwn`, `rich_text` and the block templates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Display names by id, as the person at the page (`viewer_id`) would see them."""

    viewer_id: str = ""
    people: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    usergroups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where blocks are drawn.

    `prefix` makes element ids unique on the page. `errors` are sentences by block id (modals).
    `warnings` are the sentences behind a ⚠, by (block id, action id).
    """

    names: Names
    prefix: str = "x"
    errors: Mapping[str, str] = field(default_factory=dict)
    warnings: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def warning(self, block_id: object, action_id: object) -> str:
        """The sentence behind the ⚠ of this element, or nothing."""
        return self.warnings.get((str(block_id), str(action_id)), "")
