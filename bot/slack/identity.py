"""Who we are in Slack: app, workspace, bot user. Read once at start, compared with every payload.

A payload of another workspace or app is not ours to act on, whoever delivered it: Bolt dispatches
such payloads (security case B18).
"""

from dataclasses import dataclass
from typing import Any

from approvals.domain.ids import TeamId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Our app as Slack names it."""

    app_id: str
    team: TeamId
    team_name: str
    enterprise: TeamId | None = None
    bot_user: UserId
    bot_id: str | None = None
    features_off: tuple[str, ...] = ()
    """What the app was made without."""

    @property
    def teams(self) -> frozenset[TeamId]:
        """The ids our people carry: the workspace's and, on Enterprise, the organisation's."""
        return frozenset((self.team, *((self.enterprise,) if self.enterprise else ())))

    def owns(self, body: dict[str, Any]) -> bool:
        """Whether a payload is about our app in our workspace."""
        # Slack names no app in shortcuts; they still came over our socket or signature.
        is_unnamed = body.get("type") in {"shortcut", "message_action"}
        unnamed = self.app_id if is_unnamed else None
        return body.get("api_app_id", unnamed) == self.app_id and self._is_our_team(body)

    def _is_our_team(self, body: dict[str, Any]) -> bool:
        named = [
            team
            for team in (body.get("team_id"), _id(body.get("team")), _view_team(body))
            if team is not None
        ]
        if not named:
            named = [_id(body.get("enterprise")) or body.get("enterprise_id")]
        return all(isinstance(team, str) and team in self.teams for team in named)


def _id(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value


def _view_team(body: dict[str, Any]) -> Any:
    view = body.get("view")
    return view.get("app_installed_team_id") if isinstance(view, dict) else None
