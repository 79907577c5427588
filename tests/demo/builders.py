"""Messages and tools for the planner's tests: the demo's tools as OpenAI function objects."""

import json
from typing import Any

from bot.demo.planning.plan import PlannedCall

SERVICE: dict[str, Any] = {
    "service": {"type": "string", "enum": ["checkout", "search"]},
    "environment": {"$ref": "#/$defs/Environment", "default": "prod"},
}
ENVIRONMENT = {"Environment": {"type": "string", "enum": ["prod", "staging"]}}


def a_tool(name: str, description: str, **properties: Any) -> dict[str, Any]:
    required = [n for n, p in properties.items() if p.pop("wanted", False)]
    schema = {"type": "object", "properties": properties, "required": required}
    return {
        "name": name,
        "description": description,
        "parameters": {**schema, "$defs": ENVIRONMENT},
    }


def service_properties() -> dict[str, Any]:
    return {
        "service": {**SERVICE["service"], "wanted": True},
        "environment": SERVICE["environment"],
    }


def the_tools() -> list[dict[str, Any]]:
    to = {"type": "string", "wanted": True}
    amount = {"type": "number", "wanted": True}
    return [
        a_tool("service_status", "Show the status of a service.", **service_properties()),
        a_tool(
            "service_logs",
            "Read the last log lines of a service.",
            **service_properties(),
            lines={"anyOf": [{"type": "integer"}, {"type": "null"}]},
        ),
        a_tool("service_restart", "Restart (reboot) a service.", **service_properties()),
        a_tool("ledger_list", "List the payments in the ledger."),
        a_tool(
            "ledger_pay",
            "Pay somebody an amount in euros (wire money).",
            to=to,
            amount_eur=amount,
            reference={"type": "string"},
        ),
        a_tool("ledger_drop", "Drop the ledger: delete every payment."),
    ]


def asked(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def after(
    messages: list[dict[str, Any]], calls: tuple[PlannedCall, ...], *results: str
) -> list[dict[str, Any]]:
    """The messages after *calls* came back with *results*."""
    start = len(messages)
    ids = [f"call_{start}_{i}" for i in range(len(calls))]
    tool_calls = [
        {"id": i, "function": {"name": c.tool, "arguments": json.dumps(c.arguments)}}
        for i, c in zip(ids, calls, strict=True)
    ]
    answers = [
        {"role": "tool", "tool_call_id": i, "content": r} for i, r in zip(ids, results, strict=True)
    ]
    return [*messages, {"role": "assistant", "tool_calls": tool_calls}, *answers]
