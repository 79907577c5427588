"""What one person is told privately about their click: what happened, why, and what they can do.

One sentence per refusal code; called by the listeners for every click that changes no card. The
text is mrkdwn, escaped here; people are mentioned by ids Slack gave us and by nothing else.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from approvals.domain import edit_errors, errors, look_errors, run_errors, time_errors
from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.decision import Decision, Verdict
from approvals.domain.durations import format_duration
from approvals.domain.freeze import Freeze
from approvals.domain.hold_errors import AlreadyHeld
from approvals.domain.inquiry import is_inquiry
from approvals.domain.outcome import outcome_of
from approvals.domain.permit import Settlement
from approvals.domain.question import is_question, runs_nothing
from approvals.domain.quorum import Progress
from bot.slack.card_text import question_words
from bot.slack.cards import approvals_needed
from bot.slack.endings import deed_of
from bot.slack.escaping import escape, untrusted
from bot.slack.freeze_words import sentence
from bot.slack.hold_words import held_sentence, runs_then
from bot.slack.quorum_words import slots_in_words

STILL_SAVING = (
    "⏳ Your decision is still being saved. Do not rely on it yet: "
    "you will be told here when it is stored."
)
UNKNOWN_BUTTON = (
    "This button is not known to this gateway, so nothing was done. It may come from an older "
    "release: look for a newer card, or ask the agent to ask again."
)
NOT_SAVED = (
    "⚠ Your decision was *not saved*, so nothing was decided and nothing runs. "
    "Press the button again in a moment."
)
_SAFE = "Nothing was decided."
_BOTH_MOMENTS = "The risk is high: only who was an approver when it was asked may decide."
_NO_CHANGE = "Your click changed nothing."
_SENTENCES = {
    errors.RequestUnknown.code: (
        f"This gateway does not know the request behind this card. {_SAFE} It may belong to "
        "another gateway, or its time of storage is over."
    ),
    errors.SelfApproval.code: (
        f"You cannot approve this: it was asked by you or for you. {_SAFE} Another approver has "
        "to approve it; you may reject it."
    ),
    edit_errors.EditNotAllowed.code: (
        "The rules of this call do not let its arguments be changed. Reject it and say why."
    ),
    edit_errors.RequesterMayNotEdit.code: (
        "You cannot change this: it was asked by you or for you. An approver may; you may reject "
        "it."
    ),
    edit_errors.EditorMayNotApprove.code: (
        f"You changed this call, so you cannot approve it. {_SAFE} Another approver has to; you "
        "may reject it."
    ),
    edit_errors.NobodyElseToApprove.code: (
        "Changed by you, nobody else could approve this call, so nothing was changed. Ask another "
        "approver to change it, or reject it and say why."
    ),
    edit_errors.ReasonRequired.code: (
        f"A reason is wanted with every decision on this request. {_SAFE} Press the button again "
        "and give one."
    ),
    errors.CardMismatch.code: (
        f"This button does not belong to the card that was posted for the request. {_SAFE} "
        "Use the buttons of the newest card."
    ),
    errors.FullViewRequired.code: (
        f"The card does not show everything that would run. {_SAFE} Press *Review and approve…* "
        "and decide on the last page."
    ),
    errors.BotMayNotDecide.code: f"Bots and workflows may not decide. {_SAFE}",
    errors.GuestMayNotDecide.code: (
        f"Guests of the workspace may not decide. {_SAFE} Ask a full member who is an approver."
    ),
    errors.ExternalMayNotDecide.code: (f"People of another organisation may not decide. {_SAFE}"),
    errors.DeactivatedMayNotDecide.code: f"This account is deactivated. {_SAFE}",
    errors.ForeignAppOrTeam.code: f"This click came from another app or workspace. {_SAFE}",
    errors.TooLargeToShow.code: (
        f"The arguments are too long to be read, so they cannot be approved. {_SAFE}"
    ),
    run_errors.AlreadySettled.code: (
        "Somebody has already said what became of this call, or it is known: the card shows it. "
        "Your click changed nothing."
    ),
    time_errors.AlreadyExtended.code: (
        "This request waits at least as long as that already: somebody else gave it more time. "
        f"{_NO_CHANGE}"
    ),
    time_errors.ExtensionTooLong.code: (
        "The policy lets nobody put this request off further (`extend_max`). "
        f"{_NO_CHANGE} Decide it, or let it be asked again."
    ),
}
_READING = {
    look_errors.PrivateCall.code: (
        "What this would do is private: who may decide it can read it, and who it was asked for."
    ),
    errors.BotMayNotDecide.code: "Bots and workflows may not look at what is asked.",
    errors.GuestMayNotDecide.code: (
        "Guests of the workspace may not look at what is asked. Ask a full member."
    ),
    errors.ExternalMayNotDecide.code: (
        "People of another organisation may not look at what is asked."
    ),
    errors.DeactivatedMayNotDecide.code: "This account is deactivated, so nothing is shown.",
}
_SETTLED = {
    Settlement.HAPPENED: "it happened",
    Settlement.AGAIN: "it is asked again before anything runs",
    Settlement.GAVE_UP: "it is given up",
}


def refusal_sentence(refusal: errors.Refusal, request: ApprovalRequest | None = None) -> str:
    """Return what the person who clicked is told about *refusal*; *request* as it is stored now."""
    request = request or _request_in(refusal)
    if isinstance(refusal, errors.AlreadyDecided) and request is not None:
        return _already(request)
    if refusal.code in _OF_REQUEST:
        return _OF_REQUEST[refusal.code](request)
    if isinstance(refusal, errors.NotApprover):
        if refusal.message == errors.NotApprover().message:
            return _not_approver(request)
        return f"{untrusted(refusal.message, 500)} {_NO_CHANGE}"
    return _by_facts(refusal) or _SENTENCES.get(
        refusal.code, f"{untrusted(refusal.message, 500)} {_SAFE}"
    )


def _by_facts(refusal: errors.Refusal) -> str | None:
    """Return the sentence where it is made of what the refusal carries; else None."""
    if isinstance(refusal, errors.AlreadyCounted | errors.DeniedByPolicy):
        return _counted(refusal) if isinstance(refusal, errors.AlreadyCounted) else _denied(refusal)
    if isinstance(refusal, errors.Frozen | AlreadyHeld):
        return (
            _frozen(refusal)
            if isinstance(refusal, errors.Frozen)
            else held_sentence(_request_in(refusal))
        )
    if isinstance(refusal, errors.IdentityUnverified):
        return f"{_unverified(refusal)} {_SAFE} {_try_again(refusal)}"
    if isinstance(refusal, errors.StoreUnavailable):
        return f"{NOT_SAVED} ({escape(refusal.code)})"
    return None


def unreadable_sentence(refusal: errors.Refusal, request: ApprovalRequest | None = None) -> str:
    """Return the same for a person who only wanted to read."""
    if isinstance(refusal, errors.IdentityUnverified):
        return f"{_unverified(refusal)} Nothing is shown. {_try_again(refusal)}"
    return _READING.get(refusal.code) or refusal_sentence(refusal, request)


def recorded_sentence(decision: Decision, request: ApprovalRequest) -> str:
    """Return what a person is told when their decision came to be stored late or from a view."""
    if is_inquiry(request.call):
        what = "answer to" if decision.verdict is Verdict.APPROVE else "refusal to answer"
        return f"✅ Your {what} {_tool(request)} is recorded. The agent is told."
    if decision.verdict is Verdict.REJECT:
        after = "" if is_question(request.call) else " It does not run."
        return f"✅ Your rejection of {_tool(request)} is recorded.{after}"
    if request.is_held:
        return f"✅ Your approval of {_tool(request)} is recorded. {runs_then(request)}"
    more = " More approvals are needed." if request.is_pending else ""
    return f"✅ Your approval of {_tool(request)} is recorded.{more}"


def extended_sentence(request: ApprovalRequest) -> str:
    """Return what a person is told when the time they gave came to be stored late."""
    return f"✅ {_tool(request)} waits for an answer until {_when(request.expires_at)} now."


def edited_sentence(request: ApprovalRequest) -> str:
    """Return what a person is told when their change came to be stored late."""
    return f"✅ Your change of {_tool(request)} is stored. The card shows it."


def settled_sentence(settlement: Settlement) -> str:
    """Return what a person is told when their word about a call came to be stored late."""
    return f"✅ Recorded: {_SETTLED[settlement]}."


def error_sentence(error_id: str) -> str:
    """Return what a person is told when something of ours broke; the log holds the same id."""
    return (
        f"⚠ Something went wrong here (error `{untrusted(error_id, 40)}`). Do not assume that your "
        "click counted: the card shows what is stored. Press again, or give this id to whoever "
        "runs the gateway."
    )


def _request_in(refusal: errors.Refusal) -> ApprovalRequest | None:
    found = refusal.facts.get("request")
    return found if isinstance(found, ApprovalRequest) else None


def _unverified(refusal: errors.IdentityUnverified) -> str:
    """Return what Slack could not say: who is in which sets, or who pressed."""
    sets = refusal.facts.get("sets") or ()
    if not sets:
        return "Slack could not confirm just now who you are."
    return f"Slack could not say just now who is in {untrusted(' and '.join(sets), 200)}."


def _try_again(refusal: errors.IdentityUnverified) -> str:
    wait_s = refusal.facts.get("retry_after_s")
    if not wait_s:
        return "Try again in a moment."
    return f"Try again in {format_duration(timedelta(seconds=max(1, math.ceil(wait_s))))}."


def _already(request: ApprovalRequest) -> str:
    if request.status is Status.TIMED_OUT:
        return _timed_out(request)
    if request.is_pending or request.ended_at is None:
        return f"This request has already been decided. {_SAFE}"
    when = _when(request.ended_at)
    if request.cause in (Cause.PEOPLE, Cause.PERSON, Cause.REQUESTER) and request.ended_by:
        return f"This was already {deed_of(request)} by <@{request.ended_by}> {when}. {_NO_CHANGE}"
    message = untrusted(outcome_of(request).message, 1_000)
    return f"This has already ended {when}: {message} {_NO_CHANGE}"


def _outdated(request: ApprovalRequest | None) -> str:
    by = ""
    if request is not None and request.edits:
        by = f" by <@{request.edits[-1].by}> {_when(request.edits[-1].at)}"
    return (
        f"This call was changed{by}, after what you saw was drawn. {_SAFE} The card shows it as it "
        "is now: look at it again, then decide."
    )


def _timed_out(request: ApprovalRequest | None) -> str:
    when = f" {_when(request.ended_at or request.expires_at)}" if request is not None else ""
    after = "" if request and runs_nothing(request.call) else " It did not run."
    return f"⌛ Too late: this request timed out{when}.{after} {_NO_CHANGE}"


def _not_approver(request: ApprovalRequest | None) -> str:
    start = f"You are not an approver for this request. {_SAFE}"
    if request is None:
        return start
    if not request.is_pending and request.cause is Cause.NO_ELIGIBLE_APPROVER:
        return "Nobody is left who may approve this request, so it was closed. It did not run."
    rules = "; ".join(rule.name for rule in request.requirement.rules if rule.slots)
    needs = untrusted(approvals_needed(request.requirement), 200)
    by = f" by rule {untrusted(rules, 200)}" if rules else ""
    both = "" if request.requirement.eligible is None else f" {_BOTH_MOMENTS}"
    return f"{start} It needs {needs}{by}.{both}"


def _counted(refusal: errors.Refusal) -> str:
    start = "Your approval is already counted, and nobody counts twice."
    state = refusal.facts.get("progress")
    if not isinstance(state, Progress):
        return f"{start} The request waits for other people now. You may still reject it."
    missing = untrusted(slots_in_words(state.missing), 300)
    return (
        f"{start} {state.filled} of {state.needed} approved: the request still needs {missing}. "
        "You may still reject it."
    )


def _denied(refusal: errors.Refusal) -> str:
    start = "The policy in force now denies this call, so the request was closed. It did not run."
    is_ours = refusal.message == errors.DeniedByPolicy().message
    return start if is_ours else f"{start} The policy says: {untrusted(refusal.message, 300)}"


def _frozen(refusal: errors.Frozen) -> str:
    freeze = refusal.facts.get("freeze")
    what = sentence(freeze) if isinstance(freeze, Freeze) else "❄ The gateway is frozen"
    return f"{what}. Nothing can be approved until it is lifted. {_SAFE} You may still reject."


def _tool(request: ApprovalRequest) -> str:
    named = question_words(request) if runs_nothing(request.call) else request.call.tool
    return f"`{untrusted(named, 80).replace('`', 'ˋ')}`"


def _when(at: datetime) -> str:
    fallback = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time_secs}}|{fallback}>"


_OF_REQUEST: Mapping[str, Callable[[ApprovalRequest | None], str]] = {
    errors.TimedOut.code: _timed_out,
    edit_errors.CardOutdated.code: _outdated,
}
