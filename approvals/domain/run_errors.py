"""The refusals about agent tasks; `errors` holds all others. The docstring is the message."""

from approvals.domain import errors


class RunRefused(errors.Refusal):
    """This agent task cannot do that now."""

    code = "run_refused"


class RunUnknown(RunRefused):
    """There is no such agent task here. `list` shows those there are."""

    code = "run_unknown"


class RunEnded(RunRefused):
    """This agent task has ended already; nothing was changed. Continue it to go on."""

    code = "run_ended"


class RunNotReady(RunRefused):
    """This agent task is not in a state in which that can be done."""

    code = "run_not_ready"


class AlreadySettled(errors.DecisionRefused):
    """Somebody has already said what became of this call; nothing was changed."""

    code = "already_settled"


class TaskEmpty(RunRefused):
    """There are no words for the agent in it. Say what it should do."""

    code = "task_empty"


class TaskTooLong(RunRefused):
    """The task is too long. Put the long part into a file or a page and name that."""

    code = "task_too_long"


class TooManyPending(RunRefused):
    """This agent task asks too much at once. Ask again when one of its questions is answered."""

    code = "too_many_pending"


class TooManyNotes(RunRefused):
    """Too many words wait for this agent already. It reads them at its next turn."""

    code = "too_many_notes"


class PauseUnreadable(RunRefused):
    """A stored pause is of a version this program does not know. Resume it with a newer one."""

    code = "pause_unreadable"


class InterruptNotAnswerable(RunRefused):
    """An interrupt of the graph cannot be answered by an approval; nobody was asked."""

    code = "interrupt_not_answerable"


class CallsUnfinished(RunRefused):
    """The graph stopped amid its tools, and nobody knows if they ran. Look before it goes on."""

    code = "calls_unfinished"


class NoSuchAgent(RunRefused):
    """No such agent may be started here. Name one of those that may."""

    code = "no_such_agent"


class AuthorityEnded(errors.Refusal):
    """Who started this task may not act here any more, so it may not start anything further."""

    code = "authority_ended"
