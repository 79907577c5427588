"""Two verbs on one request, in every order their steps can come: one ending, and both are told.

The quick suite plays a sample of the orders of each pair, the long stage all of them, but for one
pair with too many.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.card import Pressed
from approvals.domain.decision import Verdict
from approvals.domain.errors import Refusal
from approvals.domain.freeze import ALL, Hand
from approvals.domain.ids import UserId
from approvals.domain.tool_schema import ToolSchema
from approvals.gate.exceptions import CallNotApproved, CallPaused
from approvals.operations.cancel_request import cancel_request
from approvals.operations.claim_permit import claim_permit
from approvals.operations.click import Answer, Click
from approvals.operations.decide import decide
from approvals.operations.desk import Desk
from approvals.operations.edit_request import edit_request
from approvals.operations.extend_request import extend_request
from approvals.operations.freeze import freeze, unfreeze
from approvals.operations.read_card import read_cards
from approvals.operations.send_follow_ups import send_follow_ups
from tests.engine.gateway_in_test import GatewayInTest, a_gateway, proposal
from tests.engine.turns import Played, Verb, every_order, played
from tests.fakes.people import BOB, CAROL, DANA, TEAM
from tests.security.evidence import endings, permit_state

SCHEMA = ToolSchema.of({"type": "object", "properties": {"n": {"type": "integer"}}})
POLICY = """
version: 1
defaults: {channel: "#ops", timeout: 5m, cooldown: off, edit: true}
people: {sre: {users: [U0BOB, U0CAROL, U0DANA]}}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules: [{tool: held, effect: ask, hold: 10s}]
"""
SECOND = timedelta(seconds=1)


class Race:
    """One request, and what can be done with it."""

    def __init__(self, gateway: GatewayInTest, request: ApprovalRequest, pressed: Pressed) -> None:
        self.gateway = gateway
        self.request = request
        self._pressed = pressed

    def _click(self, user: UserId, verdict: Verdict) -> Click:
        at = Pressed(
            nonce=self._pressed.nonce,
            channel=self._pressed.channel,
            ts=self._pressed.ts,
            user=user,
        )
        return Click(
            request_id=self.request.id,
            verdict=verdict,
            pressed=at,
            team=TEAM,
            digest=self.request.shown_digest,
        )

    def approves(self, user: UserId = BOB) -> Verb:
        return lambda desk: decide(desk, self._click(user, Verdict.APPROVE))

    def rejects(self, user: UserId = CAROL) -> Verb:
        return lambda desk: decide(desk, self._click(user, Verdict.REJECT))

    def edits(self) -> Verb:
        click = self._click(DANA, Verdict.APPROVE)
        return lambda desk: edit_request(desk, click, {0: "-1"})

    def extends(self) -> Verb:
        until = self.request.expires_at + timedelta(minutes=5)
        click = self._click(DANA, Verdict.APPROVE)
        return lambda desk: extend_request(desk, click, until=until)

    def cancels(self) -> Verb:
        return lambda desk: cancel_request(desk, self.request.id, Cause.REQUESTER)

    def times_out(self) -> Verb:
        return self._when(self.request.expires_at - self.request.created_at)

    def hold_ends(self) -> Verb:
        return self._when(10 * SECOND)

    def _when(self, after: timedelta) -> Verb:
        at = self.gateway.clock.now() + after

        async def due(desk: Desk) -> None:
            self.gateway.clock.at = max(at, self.gateway.clock.now())
            await send_follow_ups(desk)

        return due

    def freezes(self) -> Verb:
        return lambda desk: freeze(desk, ALL, by=Hand(user=BOB), reason="stop", lasts=None)

    def claims(self) -> Verb:
        digest = self.request.call.digest
        return lambda desk: claim_permit(desk, self.request.id, digest=digest)


Pair = Callable[[Race], tuple[Verb, Verb]]
PAIRS: dict[str, Pair] = {
    "click and click": lambda race: (race.approves(), race.rejects()),
    "click and the same click": lambda race: (race.approves(), race.approves()),
    "click and timeout": lambda race: (race.approves(), race.times_out()),
    "rejection and timeout": lambda race: (race.rejects(), race.times_out()),
    "click and cancel": lambda race: (race.approves(), race.cancels()),
    "edit and click": lambda race: (race.edits(), race.approves()),
    "edit and rejection": lambda race: (race.edits(), race.rejects()),
    "edit and timeout": lambda race: (race.edits(), race.times_out()),
    "edit and edit": lambda race: (race.edits(), race.edits()),
    "extend and timeout": lambda race: (race.extends(), race.times_out()),
    "extend and click": lambda race: (race.extends(), race.approves()),
    "cancel and timeout": lambda race: (race.cancels(), race.times_out()),
    "freeze and click": lambda race: (race.freezes(), race.approves()),
    "freeze and timeout": lambda race: (race.freezes(), race.times_out()),
    "stop and the end of a hold": lambda race: (race.rejects(), race.hold_ends()),
    "freeze and the end of a hold": lambda race: (race.freezes(), race.hold_ends()),
    "freeze and claim": lambda race: (race.freezes(), race.claims()),
    "claim and claim": lambda race: (race.claims(), race.claims()),
}
BEGINS_HELD = {"stop and the end of a hold", "freeze and the end of a hold"}
BEGINS_APPROVED = {"freeze and claim", "claim and claim"}
ONE_WINS = {
    *("click and click", "click and the same click", "click and cancel", "edit and edit"),
    *("edit and click", "claim and claim"),
}
"""Only one of both can be done: nobody approves what they did not see."""
ONE_WAY = {"freeze and timeout"}
"""In whatever order they come, both do what they do."""
CHANGES_MAX = {"stop and the end of a hold": 3}
"""Where all orders are too many: how often the turn changes in those that are played."""
SAMPLE = [(0,) * 9, (1,) * 9, (0, 1) * 9, (0, 0, 1, 1, 1, 0)]


async def begun(gateway: GatewayInTest, pair: str) -> Race:
    """Let an agent ask, and people go as far as the race needs."""
    tool, number = "held" if pair in BEGINS_HELD else "open", len(gateway.messenger.posts)
    with pytest.raises(CallPaused):
        await gateway.gateway.ask(
            proposal(tool, {"n": number}, key=f"{pair}/{number}", pauses=True, schema=SCHEMA)
        )
    request = await gateway.pending()
    (content, *_) = await read_cards(gateway.desk, request.id)
    card = content.card
    place = Pressed(nonce=card.nonce, channel=card.channel, ts=card.ts, user=BOB)
    race = Race(gateway, request, place)
    if pair in BEGINS_HELD | BEGINS_APPROVED:
        answer = await race.approves()(gateway.desk)
        assert answer.refusal is None
    return race


def code_of(result: Any) -> str:
    """What whoever did it was told."""
    refusal = result.refusal if isinstance(result, Answer) else result
    if isinstance(refusal, BaseException) and not isinstance(refusal, Refusal | CallNotApproved):
        raise refusal
    return refusal.code if isinstance(refusal, Refusal) else "done"


async def raced(
    gateway: GatewayInTest, pair: str, order: Sequence[int], *, path: Path
) -> tuple[str, Played]:
    """Play one order; return how it came out, in words, and how it went."""
    race = await begun(gateway, pair)
    went = await played(gateway.desk, PAIRS[pair](race), order)
    told = [code_of(each) for each in went.results]

    for scope in [each.scope for each in await gateway.store.freezes()]:
        await unfreeze(gateway.desk, scope, by=Hand(user=BOB))
    stored = await gateway.store.request(race.request.id)
    assert stored is not None
    so_far = stored.status
    await gateway.time_passes(timedelta(days=2))

    ended = await gateway.store.request(race.request.id)
    assert ended is not None
    assert not ended.is_pending
    assert endings(path, race.request.id) == [ended.status]
    assert (permit_state(path, race.request.id) is None) is (ended.status is not Status.APPROVED)
    if so_far is not Status.PENDING:
        assert ended.status is so_far, "what has ended stays ended"
    assert "done" in told or so_far is Status.TIMED_OUT, told
    assert told.count("done") == 1 or pair not in ONE_WINS, told
    return f"{so_far}: {', '.join(told)}", went


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[GatewayInTest]:
    async with a_gateway(tmp_path / "sayso.db", policy=POLICY) as opened:
        yield opened


@pytest.mark.parametrize("pair", PAIRS)
async def test_D1_D2_D4_two_verbs_at_once_give_one_ending(
    gateway: GatewayInTest, tmp_path: Path, pair: str
) -> None:
    path = tmp_path / "sayso.db"

    found = {(await raced(gateway, pair, order, path=path))[0] for order in SAMPLE}

    assert len(found) > 1 or pair in ONE_WAY, found


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("pair", PAIRS)
async def test_D1_D2_D4_in_every_order_of_their_steps_two_verbs_give_one_ending(
    gateway: GatewayInTest, tmp_path: Path, pair: str
) -> None:
    found: set[str] = set()

    async def play(order: Sequence[int]) -> Played:
        ending, went = await raced(gateway, pair, order, path=tmp_path / "sayso.db")
        found.add(ending)
        return went

    most = CHANGES_MAX.get(pair)
    orders = [tuple(went.order) async for went in every_order(play, changes_max=most)]

    assert len(orders) == len(set(orders)), "an order was played twice"
    assert len(found) > 1 or pair in ONE_WAY, found
