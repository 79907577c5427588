"""Every mistake a policy file can hold is told with its line, its column and its remedy."""

import pytest

from approvals.storage.mistakes import PolicyInvalid
from approvals.storage.policy_reader import read_policy

GOOD = """\
version: 1
defaults:
  channel: "#ops"
people:
  sre: {users: [U01ALICE]}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules:
      - {tool: "k8s.*", effect: ask}
"""


def mistakes_in(raw: str | bytes) -> list[str]:
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(raw if isinstance(raw, bytes) else raw.encode())
    lines = [str(mistake) for mistake in refused.value.mistakes]
    assert refused.value.message.splitlines() == lines
    assert all(" – " in line for line in lines), "a mistake without a remedy"
    return lines


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def only(lines: list[str]) -> str:
    assert len(lines) == 1, lines
    return lines[0]


def test_the_unchanged_file_has_no_mistake() -> None:
    assert read_policy(GOOD.encode()).channels[0].name == "#ops"


def test_T5_a_duplicate_key_is_refused_with_its_line() -> None:
    text = changed("    approvers: [sre]\n", "    approvers: [sre]\n    approvers: [sre]\n")

    assert only(mistakes_in(text)).startswith(
        "policy.yml:10:5: 'approvers' stands twice, first in line 9 –"
    )


def test_T5_an_unknown_key_is_refused_with_its_line_and_the_key_that_was_meant() -> None:
    lines = mistakes_in(changed("approvers:", "aprovers:"))

    assert (
        "policy.yml:9:5: 'aprovers' is not known in this version – did you mean 'approvers'?"
        in lines
    )
    assert lines[0].startswith("policy.yml:7:3: approvers is missing –")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        pytest.param("people:\n", "{key}\npeople:\n", "4:1", id="file"),
        pytest.param('  channel: "#ops"', '  {key}\n  channel: "#ops"', "3:3", id="defaults"),
        pytest.param("[U01ALICE]", "[U01ALICE], {key}", "5:28", id="people"),
        pytest.param("    id: C0OPS", "    {key}\n    id: C0OPS", "8:5", id="channel"),
        pytest.param("effect: ask", "effect: ask, {key}", "11:38", id="rule"),
        pytest.param(
            "people:\n",
            "guardrails:\n  - tool: x\n    effect: deny\n    {key}\npeople:\n",
            "7:5",
            id="guardrail",
        ),
    ],
)
def test_T5_no_part_of_the_file_takes_a_key_it_does_not_know(
    old: str, new: str, place: str
) -> None:
    line = only(mistakes_in(changed(old, new.replace("{key}", "surprise: 1"))))

    assert line.startswith(f"policy.yml:{place}: 'surprise' is not known in this version")


@pytest.mark.parametrize("key", ["grant: true"])
def test_T5_keys_that_are_not_enforced_yet_are_refused(key: str) -> None:
    line = only(mistakes_in(changed("effect: ask", f"effect: ask, {key}")))

    assert line.startswith("policy.yml:11:38: ")
    assert "not known in this version" in line


@pytest.mark.parametrize(
    "written",
    """0|0s|0d|-1|-5m|5|5 m|' 5m'|.nan|NaN|.inf|1e12|1e12s|8d|169h|m|1.5h|5M|30m1h|5min|1h 30m|
    ''|99999999999s|٣m|true|[5m]|{}|~|+5m|5m5m|"5m\\n"|1_0m|0x5m""".replace("\n    ", "").split(
        "|"
    ),
)
@pytest.mark.parametrize("place", ["defaults", "channel", "rule"])
def test_T6_a_time_that_makes_no_sense_is_refused(place: str, written: str) -> None:
    text, column = {
        "defaults": (changed('"#ops"\n', f'"#ops"\n  timeout: {written}\n'), "4:12"),
        "channel": (changed("C0OPS\n", f"C0OPS\n    timeout: {written}\n"), "9:14"),
        "rule": (changed("effect: ask", f"effect: ask, timeout: {written}"), "11:47"),
    }[place]

    assert only(mistakes_in(text)).startswith(f"policy.yml:{column}: timeout")


def test_T6_approving_by_silence_is_not_offered() -> None:
    line = only(mistakes_in(changed("C0OPS\n", "C0OPS\n    on_timeout: approve\n")))

    assert line.startswith("policy.yml:9:5: 'on_timeout': approving by silence is not offered")


@pytest.mark.parametrize("escape", ["\\0", "\\u0000", "\\ud800", "\\U0000dfff"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("effect: ask", 'effect: ask, message: "a{}b"', id="message"),
        pytest.param('"k8s.*"', '"k8s{}.*"', id="tool"),
        pytest.param("[U01ALICE]", '["U01{}"]', id="person"),
    ],
)
def test_R5_no_text_of_the_file_holds_nul_or_half_a_pair(old: str, new: str, escape: str) -> None:
    line = only(mistakes_in(changed(old, new.format(escape))))

    assert line.endswith("holds control characters – type it again by hand")


def test_T1_a_file_may_not_allow_what_no_rule_matches() -> None:
    line = only(mistakes_in(changed('"#ops"\n', '"#ops"\n  unmatched: allow\n')))

    assert line.startswith("policy.yml:4:14: what no rule matches is never allowed")


@pytest.mark.parametrize("approvers", ["[]", "", "''", "[nobody]", "U01ALICE", "['']", "{sre: 1}"])
def test_B2_a_channel_without_anyone_to_ask_is_refused(approvers: str) -> None:
    line = only(mistakes_in(changed("approvers: [sre]", f"approvers: {approvers}")))

    assert line.startswith("policy.yml:9:")


def test_B2_a_channel_without_approvers_is_refused() -> None:
    line = only(mistakes_in(changed("    approvers: [sre]\n", "")))

    assert line.startswith("policy.yml:7:3: approvers is missing – without them nobody")


@pytest.mark.parametrize("people", ["{}", "{users: []}", "{usergroup: []}", "~", "[U01ALICE]"])
def test_B2_a_set_of_people_without_people_is_refused(people: str) -> None:
    line = only(mistakes_in(changed("{users: [U01ALICE]}", people)))

    assert line.startswith("policy.yml:5:")


@pytest.mark.parametrize(
    "written",
    [
        "u123",
        "@bob",
        "bob",
        "<@U1",
        "U1>",
        "<U1>",
        "B0BOT",
        "U 1",
        "U",
        "U1,U2",
        "<@u1>",
        "<@u1|bob>",
        "*",
        "<!here>",
        "S0SRE",
        "C0OPS",
        "Ｕ01",
    ],
)
def test_B19_a_person_who_is_not_an_id_is_refused_with_the_remedy(written: str) -> None:
    line = only(mistakes_in(changed("[U01ALICE]", f'["{written}"]')))

    assert line.startswith(f"policy.yml:5:17: '{written}' is not a Slack user id")
    assert "Copy member ID" in line


@pytest.mark.parametrize(
    "written",
    ["U01ALICE", "<@U01ALICE>", "<@U01ALICE|alice (approved)>", " U01ALICE ", "U01ALICE\\t"],
)
def test_B19_an_id_in_slacks_own_spelling_is_understood(written: str) -> None:
    policy = read_policy(changed("[U01ALICE]", f'["{written}"]').encode())

    assert policy.people(["sre"])[0].users == {"U01ALICE"}


def test_one_user_group_or_several_may_be_named() -> None:
    one = read_policy(changed("{users: [U01ALICE]}", "{usergroup: S0SRE}").encode())
    two = read_policy(
        changed("{users: [U01ALICE]}", '{usergroup: [S0A, "<!subteam^S0B|@b>"]}').encode()
    )

    assert one.people(["sre"])[0].usergroups == {"S0SRE"}
    assert two.people(["sre"])[0].usergroups == {"S0A", "S0B"}


TWO_CHANNELS = GOOD + '  "#two": {id: C0OPS, approvers: sre}\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: the file is empty"),
        ("# nothing\n", "1:1: the file is empty"),
        ("[]", "1:1: a policy file has to be a mapping"),
        ("just words", "1:1: a policy file has to be a mapping"),
        (changed("version: 1", "version: 2"), "1:10: this version of the file format"),
        (changed("version: 1", "version: '1'"), "1:10: this version of the file format"),
        (changed("version: 1\n", ""), "1:1: version is missing"),
        (changed('"#ops"\n', "#ops\n"), "3:3: defaults.channel has to be a text"),
        (changed('  channel: "#ops"', '  channel: "#away"'), "3:12: defaults.channel: '#away' is"),
        (
            changed('"#ops"\n', '"#ops"\n  unmatched: allow\n'),
            "4:14: what no rule matches is never",
        ),
        (changed('"#ops"\n', '"#ops"\n  unmatched: maybe\n'), "4:14: unmatched cannot be 'maybe'"),
        (changed('"#ops"\n', '"#ops"\n  permit_ttl: 25h\n'), "4:15: permit_ttl: '25h' is too long"),
        (changed("C0OPS", "ops"), "8:9: 'ops' is not the id of a Slack channel"),
        (changed("C0OPS", "[C0OPS, C0TWO]"), "8:9: a channel has one id"),
        (changed("    id: C0OPS\n", ""), "7:3: id is missing"),
        (TWO_CHANNELS, "12:3: #two and #ops (policy.yml:7) have the same id C0OPS"),
        (GOOD + "  ops: {id: C0B, approvers: sre}\n", "12:3: #ops stands twice, also at"),
        (changed("people:\n", "people:\n  '': {users: [U1]}\n"), "5:3: a name in people is empty"),
        (changed("effect: ask", "effect: maybe"), "11:33: effect cannot be 'maybe'"),
        (changed(", effect: ask", ""), "11:9: effect is missing"),
        (changed('tool: "k8s.*", ', ""), "11:9: tool is missing"),
        (changed('"k8s.*"', "[]"), "11:16: tool is an empty list"),
        (changed('"k8s.*"', "5"), "11:16: tool is a number here – put it in quotes"),
        (changed('"k8s.*"', '""'), "11:16: tool is blank"),
        (changed('"k8s.*"', '"k8s.[gs]et"'), "11:16: 'k8s.[gs]et' holds '['"),
        (changed('"k8s.*"', '"k8s.?"'), "11:16: 'k8s.?' holds '?'"),
        (changed('"k8s.*"', '"k8s.get "'), "11:16: 'k8s.get ' holds a space"),
        (changed('"k8s.*"', '"k8s\u200b.*"'), "11:16: 'k8s\\u200b.*' holds a space or a char"),
        (changed('"k8s.*"', '"k8s.*", except: "a b"'), "11:33: 'a b' holds a space"),
        (changed('"k8s.*"', "*"), "11:17: a value that begins with * needs quotes"),
        (changed('"k8s.*"', "*k8s"), "11:16: aliases are not used here"),
        (changed('"k8s.*"', "!!python/name:os.system x"), "11:16: tags (!…) are not used"),
        (changed("effect: ask", "effect: ask, risk: huge"), "11:44: risk cannot be 'huge'"),
        (changed("effect: ask", "effect: deny, risk: high"), "11:45: risk means nothing on a rule"),
        (changed("effect: ask", "effect: allow, timeout: 5m"), "11:49: timeout means nothing on"),
        (changed("effect: ask", "effect: ask, message: ''"), "11:47: message is blank"),
        (changed("effect: ask", "effect: ask, message: 5"), "11:47: message is a number here"),
        (changed("effect: ask", 'effect: ask, message: "\\a"'), "11:47: message holds control"),
        (changed("effect: ask", "effect: ask, when: ~"), "11:44: when has to be a condition"),
        (
            changed("effect: ask", "effect: ask, when: args.x =="),
            "11:44: when: not a CEL expression",
        ),
        (
            changed("effect: ask", 'effect: allow, when: "args.x == 1 || true"'),
            "11:46: when: an allow rule's condition may not use ||",
        ),
        (changed("effect: ask", "effect: ask, when: env == 1"), "11:44: when: 'env' is unknown"),
        (changed('- {tool: "k8s.*", effect: ask}', "tool: x"), "11:7: rules has to be a list"),
        (changed('{tool: "k8s.*", effect: ask}', "k8s.*"), "11:9: a rule has to be a mapping"),
        (
            changed("people:\n", 'tools: {"k8s.*": "#away"}\npeople:\n'),
            "4:18: tools k8s.*: '#away'",
        ),
        (changed("people:\n", 'tools: {"a b": "#ops"}\npeople:\n'), "4:9: 'a b' holds a space"),
        (changed("people:\n", "tools: []\npeople:\n"), "4:8: tools has to be a mapping of names"),
        (
            changed("people:\n", "guardrails: [{tool: x, effect: allow}]\npeople:\n"),
            "4:32: a guardrail can only tighten",
        ),
        (GOOD + "---\nversion: 1\n", "12:1: a second document"),
        (changed("    id: C0OPS", "\tid: C0OPS"), "8:1: a tab"),
        (changed("{users: [U01ALICE]}", "{users: [U01ALICE}"), "5:25: not YAML"),
        (changed("version: 1", "? [a]\n: b\nversion: 1"), "1:3: a key has to be a plain text"),
        (changed('#ops"\npeople', '#ops"\npeo\x07ple'), "4:4: not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, expected: str) -> None:
    assert only(mistakes_in(text)).startswith(f"policy.yml:{expected}")


def test_a_file_that_is_not_utf8_is_refused_at_its_first_bad_byte() -> None:
    assert only(mistakes_in(GOOD.encode() + b"# \xff\n")).startswith("policy.yml:12:3: not UTF-8")


def test_a_byte_order_mark_and_windows_line_ends_are_harmless() -> None:
    assert read_policy(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()).channels


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = (
        changed("version: 1", "version: 3")
        .replace("U01ALICE", "alice")
        .replace("C0OPS", "ops")
        .replace("effect: ask", "effect: may")
    )

    places = [line.split(": ")[0] for line in mistakes_in(text)]

    assert places == ["policy.yml:1:10", "policy.yml:5:17", "policy.yml:8:9", "policy.yml:11:33"]
