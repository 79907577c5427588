"""How long a person waits for an acknowledgement where nobody has set it otherwise."""

from pathlib import Path

from approvals.domain.approval_request import Status
from approvals.operations.ports import Store
from bot.slack import buttons
from bot.slack.sentences import STILL_SAVING
from tests.slack_door.scene import BOB, PROD, scene
from tests.slack_door.troubled_stores import TroubledStore


async def test_a_store_slower_than_800_milliseconds_is_admitted_before_it_is_done(
    tmp_path: Path,
) -> None:
    slow: list[TroubledStore] = []

    def wrap(store: Store) -> Store:
        slow.append(TroubledStore(store))
        return slow[0]

    async with scene(tmp_path, wrap=wrap) as stage:
        request = await stage.ask()
        card = await stage.card(request)
        assert card.ts is not None
        slow[0].delay_s = 1.2

        result = await stage.slack.interactions.click(
            BOB, channel=PROD, ts=card.ts, action_id=buttons.APPROVE
        )
        told_at_ack, slow[0].delay_s = stage.told(BOB), 0.0
        await stage.settle()

        assert result.acked
        assert told_at_ack == [STILL_SAVING]
        assert (await stage.stored(request)).status is Status.APPROVED
