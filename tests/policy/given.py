"""Policies and calls for the tests of this folder, through the reader as in production."""

from approvals.domain.policy import Effect, Policy, Requirement
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall
from approvals.storage.policy_reader import read_policy

HEAD = """\
version: 1
defaults: {channel: "#ops", unmatched: ask, timeout: 15m}
people:
  sre: {usergroup: S0SRE}
  leads: {users: [U01ALICE]}
"""


def policy_of(*rules: str, guardrails: tuple[str, ...] = (), unmatched: str = "ask") -> Policy:
    """Read a policy with one channel, #ops, and these rules in flow style."""
    lines = [
        HEAD.replace("unmatched: ask", f"unmatched: {unmatched}").rstrip(),
        "guardrails:" if guardrails else "",
    ]
    lines += [f"  - {{{rule}}}" for rule in guardrails]
    lines += ["channels:", '  "#ops":', "    id: C0OPS", "    approvers: [sre]"]
    lines += ["    rules:"] if rules else []
    lines += [f"      - {{{rule}}}" for rule in rules]
    return read_policy("\n".join(lines).encode())


def call(tool: str, **arguments: JsonValue) -> ToolCall:
    """Freeze a tool call."""
    return ToolCall.of(tool, "fingerprint", arguments)


def asked(
    policy: Policy, tool: str, *, code_effect: Effect | None = None, **arguments: JsonValue
) -> Requirement:
    """Ask the policy about one call in #ops."""
    return policy.requirement(call(tool, **arguments), channel="#ops", code_effect=code_effect)
