"""docs/reference/audit-events.md: the closed list of facts the audit log can hold."""

from approvals.domain.audit import AuditName
from docs_pages.docstrings import member_sentences
from docs_pages.markdown import block, one_line, page, table

_INTRO = """
The audit log is a table of past facts in the gateway's database (`audit_event` in
`sayso.db`). Each event is stored in the transaction of the change it tells of, so there is no
change without its event and no event without its change. Triggers refuse to update or delete one.
"""
_ENVELOPE = """
## What an event looks like

Events carry the attribute names of CloudEvents 1.0. `subject` is the request's id; for `gateway.*`
and `policy.*` it is the id of the gateway's process, for `call.*` the tool's name, for `task.*` the
channel. No event holds arguments: a request's events carry `args_digest`, an HMAC of the canonical
arguments keyed with the request's salt. The digest at the foot of a card is another one,
without salt, so the two never agree: card and log are linked by the request's id, which the card's
foot names first and the event has as its `subject`.
"""
_EXAMPLE = """
{
  "specversion": "1.0",
  "id": "01K9ZJ5T7Q8V6N3M2W4X1Y0A9B",
  "source": "/gateway",
  "type": "dev.sayso.decision.recorded.v1",
  "time": "2026-01-05T09:00:12.345678+00:00",
  "subject": "01K9ZJ5SXCE1R7T0PDK2M4N6QF",
  "datacontenttype": "application/json",
  "data": {"user": "U0BOB", "team": "T0LOCAL", "verdict": "approve", "reason": null,
           "sets": ["oncall"], "args_digest": "hmac-sha256 in 64 hex digits", "latency_s": 12.1}
}
"""
_CHAIN = """
## The chain

Each event seals the one before it:

    hash_n = SHA-256("sayso-audit-v1" ‖ 0x00 ‖ hash_{n-1} ‖ uint64be(seq) ‖ SHA-256(JCS(event)))

`event` is the event without `seq` and the hashes, in canonical form (RFC 8785). To check a log,
the gateway running or not:
"""
_VERIFY = """
from pathlib import Path

from approvals.storage.audit_chain import verify_file

report = verify_file(Path(".sayso/sayso.db"))
print(report.is_intact, report.fault, report.head.seq, report.head.hash)
"""
_LIMIT = """
A chain alone cannot show that its end was cut off, or that all of it was written anew by somebody
with the file. Note `seq` and `hash` of the head elsewhere from time to time and compare.
"""


def audit_events_page() -> str:
    """Return the page."""
    says = member_sentences(AuditName)
    rows = [(f"`{name}`", one_line(says[name.name])) for name in AuditName]
    return page(
        "Audit events",
        _INTRO,
        table(("Event", "Means"), rows),
        _ENVELOPE,
        block("json", _EXAMPLE.strip()),
        _CHAIN,
        block("python", _VERIFY.strip()),
        _LIMIT,
    )
