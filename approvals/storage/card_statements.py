"""The SQL about cards, compiled once as in `statements`."""

from sqlalchemy import bindparam, select

from approvals.storage import tables
from approvals.storage.statements import NONE, sql, upsert

_CARD = tables.table_of(tables.CardRow)

CARDS = sql(select(_CARD).where(_CARD.c.request_id == bindparam("request_id")).order_by(_CARD.c.id))
CARDS_TO_LOOK_AT = sql(
    select(_CARD)
    .where(_CARD.c.look_at < bindparam("until"))
    .order_by(_CARD.c.look_at)
    .limit(bindparam("limit"))
    .offset(NONE)
)
SAVE_CARD = upsert(_CARD, "id")
