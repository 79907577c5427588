"""Block Kit as an approval app sends it, for the page's tests."""

from typing import Any

Block = dict[str, Any]


def plain(text: str, **more: Any) -> Block:
    return {"type": "plain_text", "text": text, **more}


def mrkdwn_text(text: str, **more: Any) -> Block:
    return {"type": "mrkdwn", "text": text, **more}


def button(text: str, action_id: str, **more: Any) -> Block:
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


def preformatted(text: str) -> Block:
    return {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
        ],
    }


def approval_card(
    *, arguments: str = '{\n  "service": "checkout",\n  "namespace": "prod"\n}'
) -> list[Block]:
    return [
        {"type": "header", "text": plain("Approve k8s.restart?")},
        {
            "type": "section",
            "fields": [
                mrkdwn_text("*Agent*\nops-agent"),
                mrkdwn_text("*Asked by*\n<@U0ALICE>"),
                mrkdwn_text("*Rule*\n`prod restarts ask`"),
                mrkdwn_text("*Risk*\n:red_circle: high"),
            ],
        },
        preformatted(arguments),
        {
            "type": "actions",
            "block_id": "decide",
            "elements": [
                button("Approve", "approve", style="primary", value="R1"),
                button("Reject", "reject", style="danger", value="R1"),
                button("Details", "details", value="R1"),
            ],
        },
        {
            "type": "context",
            "elements": [
                mrkdwn_text(":hourglass: 14 minutes left, until <!date^1795370000^{time}|15:00>"),
            ],
        },
    ]


def closed_card() -> list[Block]:
    return [
        {"type": "header", "text": plain("Approved: k8s.restart")},
        preformatted('{"service": "checkout"}'),
        {
            "type": "context",
            "elements": [mrkdwn_text(":white_check_mark: Approved by <@U0BOB> after 12 s")],
        },
    ]


def reason_modal() -> Block:
    return {
        "type": "modal",
        "callback_id": "reject",
        "title": plain("Reject this request"),
        "submit": plain("Reject"),
        "close": plain("Cancel"),
        "notify_on_close": True,
        "blocks": [
            {"type": "section", "text": mrkdwn_text("*k8s.restart* in *prod* will not run.")},
            {
                "type": "input",
                "block_id": "reason",
                "optional": True,
                "label": plain("Reason"),
                "hint": plain("The agent is told this."),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "text",
                    "multiline": True,
                    "placeholder": plain("Not during the freeze"),
                },
            },
            {
                "type": "input",
                "block_id": "kind",
                "label": plain("Kind"),
                "element": {
                    "type": "static_select",
                    "action_id": "kind",
                    "options": [
                        {"text": plain("Wrong service"), "value": "wrong"},
                        {"text": plain("Wrong time"), "value": "time"},
                    ],
                },
            },
            {
                "type": "input",
                "block_id": "tell",
                "optional": True,
                "label": plain("Tell"),
                "element": {
                    "type": "checkboxes",
                    "action_id": "tell",
                    "options": [
                        {"text": plain("The channel"), "value": "channel"},
                        {"text": plain("The requester"), "value": "requester"},
                    ],
                },
            },
        ],
    }
