"""One at a time goes on with a conversation: whoever may start its next run takes its turn here.

Called first in a unit, by `continue_run` and `end_run`. Without it two of them would each find the
same run to be the newest, and start two on one LangGraph thread.
"""

from approvals.domain.ids import ConversationId, RunId
from approvals.operations.ports import Transaction


def lock_conversation(tx: Transaction, run_id: RunId) -> ConversationId | None:
    """Lock the first run of the conversation of *run_id* and return it; None for an unknown run.

    A conversation's id is that of its first run, which is also the lowest and so locked first.
    """
    run = tx.run(run_id, locked=False)
    if run is None:
        return None
    tx.run(RunId(run.conversation))
    return run.conversation
