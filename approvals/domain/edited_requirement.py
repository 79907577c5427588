"""What an edited call requires: all it would require itself, and all that the call as asked did.

Called by `operations/edit_request`. So an edit never leads to a laxer approval than either, and
what nobody said about the one is taken from the other.
"""

from dataclasses import replace

from approvals.domain.option import stricter
from approvals.domain.requirement import Effect, Requirement, RuleMatch
from approvals.domain.terms import OPTIONS


def of_both(then: Requirement, now: Requirement) -> Requirement:
    """Return the stricter of what was required *then*, and what the edited call requires *now*.

    *now* asks or allows; a denied call is not edited.
    """
    if now.effect is not Effect.ASK:
        return replace(then, policy_version=now.policy_version)
    known = {_asking(rule) for rule in now.rules}
    kept = [r for r in then.rules if r.effect is Effect.ASK and _asking(r) not in known]
    messages = dict.fromkeys(filter(None, (now.message, then.message)))
    return replace(
        now,
        rules=(*now.rules, *kept),
        # Where both name a rung, the people of the one that was asked about first are known.
        terms=stricter(OPTIONS, now.terms, then.terms),
        message="\n".join(messages) or None,
        reasons=tuple(dict.fromkeys((*now.reasons, *then.reasons))),
        eligible=then.eligible,
    )


def _asking(rule: RuleMatch) -> tuple[object, ...]:
    return rule.name, rule.effect, rule.slots
