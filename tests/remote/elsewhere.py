"""A gate before a gateway that it reaches over a road: agent, road, door, people in one process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from approvals.domain.permit import Permit
from approvals.gate import Gate
from approvals.gate.remote_gateway import RemoteGateway
from approvals.gate.remote_opening import remote_gateway
from approvals.gate.remote_patience import Times
from tests.fakes.bad_road import BadRoad, a_road
from tests.http.api_in_test import Api, an_api

QUICK = Times(
    poll_s=5,
    poll_gap_s=0.01,
    asked_within_s=2.0,
    grace_s=2.0,
    again_s=0.01,
    again_max_s=0.05,
    report_s=2.0,
    flush_s=1.0,
)


@dataclass
class Elsewhere:
    """Everything between a guarded function and its approver."""

    api: Api
    road: BadRoad
    key: str
    gate: Gate
    times: Times = QUICK

    @property
    def behind(self) -> Any:
        return self.api.behind

    @property
    def gateway(self) -> RemoteGateway:
        gateway = self.gate.connection.gateway
        assert isinstance(gateway, RemoteGateway)
        return gateway

    async def approves(self, **said: Any) -> None:
        """Somebody presses Approve on the question that waits."""
        request = await self.behind.pending()
        answer = await self.behind.clicks(request.id, **said)
        assert answer.refusal is None, answer.refusal

    async def permit(self) -> Permit | None:
        """The permit of the newest request."""
        (newest, *_) = await self.behind.store.look(lambda snapshot: snapshot.newest(limit=1))
        found: Permit | None = await self.behind.store.look(lambda rows: rows.permit(newest.id))
        return found

    async def requests(self) -> list[Any]:
        """Every request there is, newest first."""
        found: list[Any] = await self.behind.store.look(lambda rows: list(rows.newest(limit=9)))
        return found


@asynccontextmanager
async def elsewhere(
    times: Times = QUICK, *, streams: bool = False, **also: Any
) -> AsyncIterator[Elsewhere]:
    """Connect a gate to a gateway, over a road without faults, which no stream can take.

    With *streams* there is no road.
    """
    async with an_api(**also) as api, a_road(api.url) as road:
        key = await api.key()
        url = api.url if streams else road.url
        gate = Gate(agent="deploy-bot", open_gateway=remote_gateway(url, key, times=times))
        async with gate:
            yield Elsewhere(api=api, road=road, key=key, gate=gate, times=times)
