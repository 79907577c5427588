"""Every refusal has a class here with a stable code; the docstring is the message a person reads.

Doors map `code` to their own form (a private Slack sentence, a problem document, an exit code).
A refusal changes nothing but the audit log. `docs/reference/errors.md` is generated from this file.
"""

from typing import Any, ClassVar


class Refusal(Exception):
    """Sayso refused this and changed nothing."""

    code: ClassVar[str] = "refused"

    def __init__(self, message: str | None = None, **facts: Any) -> None:
        self.message = message or " ".join((type(self).__doc__ or self.code).split())
        self.facts = facts
        super().__init__(self.message)


class InvalidArguments(Refusal):
    """The arguments do not fit the tool's schema. Correct the named parameters and call again."""

    code = "invalid_arguments"


class InvalidJson(InvalidArguments):
    """The text is not JSON that Sayso accepts. Send one strict JSON value in UTF-8."""

    code = "invalid_json"


class DuplicateKey(InvalidJson):
    """The same key stands twice in one JSON object, so its meaning is in doubt. Send it once."""

    code = "duplicate_key"


class NotANumber(InvalidJson):
    """NaN and infinities are not JSON numbers. Send a finite number."""

    code = "not_a_number"


class IntegerOutOfRange(InvalidJson):
    """An integer lies beyond ±(2^53−1), where readers of JSON round. Send it as a string."""

    code = "integer_out_of_range"


class UnsafeText(InvalidJson):
    """A text holds NUL or half of a surrogate pair, which stores and readers treat differently."""

    code = "unsafe_text"


class TooDeep(InvalidJson):
    """The JSON is nested deeper than 32 levels. Flatten it."""

    code = "too_deep"


class TooManyItems(InvalidJson):
    """The JSON holds more than 2,000 values. Send less at once."""

    code = "too_many_items"


class TooLarge(InvalidJson):
    """The JSON is larger than 1 MiB. Send a reference instead of the content."""

    code = "too_large"


class ArgumentsNotStable(InvalidArguments):
    """An argument does not survive being written as JSON and read back, so it cannot be bound."""

    code = "arguments_not_stable"


class TooLargeToShow(InvalidArguments):
    """The arguments need more pages than anyone is asked to read. Send a reference instead."""

    code = "too_large_to_show"


class UnsupportedTool(Refusal):
    """This function cannot be guarded as it is written."""

    code = "unsupported_tool"


class ChannelUnknown(Refusal):
    """The policy has no such channel. Add it under `channels:` with its id."""

    code = "channel_unknown"


class ChannelNotAllowed(Refusal):
    """The caller asked for a channel that configuration does not give it."""

    code = "channel_not_allowed"


class TaskNotAllowed(Refusal):
    """The policy does not let you do this with agent tasks in this channel."""

    code = "task_not_allowed"


class NoEligibleApprover(Refusal):
    """Nobody is left who may approve this. Add approvers to the channel in the policy."""

    code = "no_eligible_approver"


class DecisionRefused(Refusal):
    """This decision was not accepted."""

    code = "decision_refused"


class RequestUnknown(DecisionRefused):
    """Sayso does not know this request. It may belong to another gateway or have been purged."""

    code = "request_unknown"


class NotApprover(DecisionRefused):
    """You are not an approver for this request."""

    code = "not_approver"


class SelfApproval(DecisionRefused):
    """This request was made by you or for you: another person has to approve it; you may reject."""

    code = "self_approval"


class AlreadyDecided(DecisionRefused):
    """This request has already been decided."""

    code = "already_decided"


class AlreadyCounted(DecisionRefused):
    """Your approval was already counted; the request still waits for other people."""

    code = "already_counted"


class TimedOut(DecisionRefused):
    """This request timed out before the click was stored. The tool did not run."""

    code = "timed_out"


class CardMismatch(DecisionRefused):
    """The button pressed does not belong to the card Sayso posted for this request."""

    code = "card_mismatch"


class Frozen(DecisionRefused):
    """The gateway is frozen: nothing new is started until the freeze is lifted."""

    code = "frozen"


class FullViewRequired(DecisionRefused):
    """The card does not show everything. Open the full view and decide on its last page."""

    code = "full_view_required"


class IdentityUnverified(DecisionRefused):
    """Slack could not confirm who you are just now. Nothing was decided; try again in a moment."""

    code = "identity_unverified"


class BotMayNotDecide(DecisionRefused):
    """Bots and workflows may not decide."""

    code = "bot"


class GuestMayNotDecide(DecisionRefused):
    """Guests of the workspace may not decide."""

    code = "guest"


class ExternalMayNotDecide(DecisionRefused):
    """People of another organisation may not decide."""

    code = "external_user"


class DeactivatedMayNotDecide(DecisionRefused):
    """This account is deactivated and may not decide."""

    code = "deactivated_user"


class ForeignAppOrTeam(DecisionRefused):
    """The payload belongs to another app or workspace."""

    code = "foreign_app_or_team"


class DeniedByPolicy(DecisionRefused):
    """The policy in force now denies this call, so the request was closed."""

    code = "denied_by_policy"


class ClaimRefused(Refusal):
    """The permit cannot be claimed."""

    code = "claim_refused"


class NotApproved(ClaimRefused):
    """The request is not approved, so there is nothing to claim."""

    code = "not_approved"


class AlreadyClaimed(ClaimRefused):
    """The permit was already claimed; one approval is one execution."""

    code = "already_claimed"


class ArgsMismatch(ClaimRefused):
    """The arguments differ from those that were approved. Changed arguments are a new question."""

    code = "args_mismatch"


class PermitLapsed(ClaimRefused):
    """The approval was not used in time. The same call asks again."""

    code = "permit_lapsed"


class IdempotencyMismatch(Refusal):
    """The same request key was used before: other arguments, another requester or channel."""

    code = "idempotency_mismatch"


class Unavailable(Refusal):
    """A part of the gateway is down, so the call was refused. Nothing ran."""

    code = "unavailable"


class StoreUnavailable(Unavailable):
    """The store cannot write. Nothing was saved; the gateway recovers by itself when it can."""

    code = "store_unavailable"


class StoreFull(StoreUnavailable):
    """The disk is full. Nothing was saved; free some space and try again."""

    code = "store_full"


class StoreBusy(StoreUnavailable):
    """Another process holds the database. Nothing was saved; try again in a moment."""

    code = "store_busy"


class StoreCorrupt(StoreUnavailable):
    """The database is damaged. Stop the gateway and restore the file from a backup.

    Nothing was changed.
    """

    code = "store_corrupt"


class StoreNewer(StoreUnavailable):
    """The database was written by a newer Sayso, so it was left alone. Upgrade this program."""

    code = "store_newer"


class GatewayRunning(Refusal):
    """Another gateway already runs on this data directory."""

    code = "gateway_running"
