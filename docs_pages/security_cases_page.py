"""docs/explanation/security-cases.md: each security case with the tests that prove it.

A test is found by its name, which begins with the ids of its cases. Called by `make docs` and by
the test that holds the page to the tests.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from docs_pages.markdown import page, table

ROOT = Path(__file__).parents[1]
_TEST = re.compile(r"^\s*(?:async )?def test_((?:[A-Za-z]\d+_)+)(\w+)\(", re.MULTILINE)
_INTRO = """
What somebody, or chance, could do to an approval gateway, and the tests that show what Sayso does
then. What follows from the cases for a user is on the page about [security](security.md).
"""
_GROUPS = {
    "A": "What the approver sees",
    "B": "Who may decide",
    "C": "What is decided, and what runs",
    "D": "Races",
    "E": "Slack fails, repeats and is imitated",
    "F": "Crashes, disks and callers",
    "G": "Doors of HTTP",
    "I": "What holds whatever happens",
    "L": "Secrets",
    "R": "Input made to break the reader",
    "T": "Policy",
    "X": "Tools and agents",
}


def case_tests() -> dict[str, list[tuple[Path, str]]]:
    """Return, by case id, the tests whose names begin with it: file and sentence."""
    found: dict[str, list[tuple[Path, str]]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for ids, sentence in _TEST.findall(path.read_text(encoding="utf-8")):
            for case in ids.upper().rstrip("_").split("_"):
                found.setdefault(case, []).append((path, sentence.replace("_", " ")))
    return found


def security_cases_page() -> str:
    """Return the page."""
    tests = case_tests()
    parts: list[str] = []
    for letter, title in _GROUPS.items():
        cases = [case for case in CASES if case.startswith(letter)]
        if cases:
            rows = [(case, CASES[case], _cell(tests.get(case, []))) for case in cases]
            parts += [f"## {title}", table(("Case", "What is done", "Tests"), rows)]
    return page("Security cases", _INTRO, *parts)


def _cell(tests: list[tuple[Path, str]]) -> str:
    return "<br>".join(_lines(tests))


def _lines(tests: list[tuple[Path, str]]) -> Iterator[str]:
    for path, sentence in tests:
        place = path.relative_to(ROOT)
        yield f"[{sentence}](../../{place})"


CASES = {
    "A1": "Blank lines or spaces push the dangerous end of a value out of sight.",
    "A2": "A value is longer than a card can show.",
    "A3": "Mentions of channels, groups and people in anything the agent writes.",
    "A4": "Links with a false text, and links that leak data when Slack previews them.",
    "A5": "Characters that turn the direction of the text.",
    "A6": "Characters that are invisible or look blank.",
    "A7": "Letters of another script that look like the usual ones.",
    "A8": "Marks that would break out of the block of the arguments.",
    "A9": "The agent's reason imitates the gateway's own words.",
    "A10": "A caller sends blocks or words of its own for the card.",
    "A11": "Sixty fields or eight levels, the dangerous one last.",
    "A12": "The same key twice in one JSON object.",
    "A13": "Numbers that other readers would round.",
    "A16": "Emoji codes that pose as a mark of approval.",
    "A17": "An agent asks more than people can read.",
    "B1": "Somebody who is no approver clicks.",
    "B2": "The list of approvers is empty, missing or comes to nobody.",
    "B3": "The requester approves their own request.",
    "B4": "The person an agent acts for approves.",
    "B5": "An agent decides.",
    "B6": "What is sent names its own verdict, approver, policy or id.",
    "B7": "A bot clicks.",
    "B8": "The gateway's own bot user clicks.",
    "B9": "A guest clicks.",
    "B10": "Somebody of another company clicks.",
    "B11": "A deactivated account clicks, or Slack cannot say who it is.",
    "B12": "Somebody who left the group since the card was posted clicks.",
    "B13": "The group was disabled while the request waited.",
    "B14": "One person approves twice where two are needed.",
    "B17": "The click names another message or channel than the card's.",
    "B18": "The payload is of another workspace or app.",
    "B19": "Approvers are written as names, mentions or in lower case.",
    "B20": "A display name poses as an approver's.",
    "B22": "A window opened by an approver is sent after they lost the right.",
    "B23": "A task is asked for by somebody who may not, or where nobody may.",
    "B24": "Somebody says “yes”, or reacts with a check mark.",
    "C1": "The caller changes the arguments while people think.",
    "C2": "A claim names other arguments than those that were asked about.",
    "C3": "Changed arguments meet a stricter rule.",
    "C4": "Changed arguments do not fit the tool's schema.",
    "C5": "Whoever changed the arguments approves them.",
    "C6": "A signed click is sent again.",
    "C7": "A button's value names another request.",
    "C8": "Of several cards in one thread, one is clicked.",
    "C9": "Fifty calls wait side by side and are decided in random order.",
    "C11": "An approval is used after its time.",
    "C13": "A space, a line's end or an empty value makes it another call.",
    "C16": "Two people change one version of a call.",
    "C17": "The policy changes between the card and the click.",
    "C10": "One approval is claimed twice, or by two workers.",
    "D1": "Many people decide at the same instant.",
    "D2": "A click and the deadline come together.",
    "D3": "A click comes after the deadline.",
    "D4": "The agent cancels while somebody clicks.",
    "D5": "A double click.",
    "D7": "A click is faster than Slack's answer to the post.",
    "D9": "The caller goes away, at any of its awaits.",
    "D11": "One approves and one rejects, where two are needed.",
    "D12": "A thousand deadlines at one instant.",
    "E1": "Slack cannot be reached.",
    "E2": "Slack says “too many requests”.",
    "E3": "Slack posts a card and its answer is lost.",
    "E4": "A card cannot be updated after the decision.",
    "E5": "The store is slow to answer a click.",
    "E6": "A listener raises after the acknowledgement.",
    "E7": "A listener raises before the acknowledgement.",
    "E8": "Slack delivers a payload twice.",
    "E9": "Sockets drop and are refreshed amid clicks.",
    "E11": "Slack refuses a card for ever.",
    "E12": "Slack is down for ten minutes.",
    "E13": "A card is deleted, or its channel archived.",
    "E14": "A slow early update ends after the last one.",
    "E15": "The signature is bad, missing, stale or no signature at all.",
    "E16": "The body is garbage.",
    "E17": "The timestamp is at the edge of what is accepted.",
    "F1": "The gateway is killed after the decision, before the agent hears of it.",
    "F2": "The gateway is killed after the claim.",
    "F3": "The gateway is killed in the body, or before its end is recorded.",
    "F4": "The gateway is killed after the post, before the card's address is stored.",
    "F5": "The gateway does it, and its answer is lost.",
    "F6": "The disk is full.",
    "F8": "The power fails after an answer.",
    "F9": "Another process holds the database.",
    "F10": "Bytes of the database are changed.",
    "F14": "The gateway is killed in the middle of a migration.",
    "F16": "A sync tool blocks.",
    "F17": "A tool raises, exits, or returns something huge.",
    "F20": "What asked is gone when the approval comes.",
    "G1": "Something comes in with no key, a wrong one, or one that is revoked or expired.",
    "G5": "A page in a browser reaches the gateway through a name of its own.",
    "G6": "A door is opened to other machines without a key to it.",
    "I3": "A body runs at most once for each approval.",
    "I7": "An approved request has its quorum, of people who may approve at that instant.",
    "I10": "Whatever breaks, what nobody permitted does not run.",
    "I11": "Everything comes to an end: no question, task or card stays open.",
    "I12": "A stored decision reaches whoever waits for it, once.",
    "L1": "Secrets of the gateway's own stand where they can be read.",
    "L2": "Secrets stand in arguments.",
    "L4": "A secret stands where a text is cut.",
    "L10": "The audit log cannot be written.",
    "R2": "JSON nested deeper than anyone needs.",
    "R4": "NaN, infinity, and numbers of five thousand digits.",
    "R5": "Half surrogates and NUL.",
    "R6": "Text made to be slow to draw.",
    "R7": "Patterns made to be slow.",
    "R8": "Conditions made to be slow or deep.",
    "R9": "A policy file made to exhaust its reader.",
    "R16": "An agent repeats one call again and again.",
    "T1": "No rule matches.",
    "T2": "A rule's condition fails.",
    "T3": "A condition hides its error behind `or`.",
    "T4": "Several rules match.",
    "T5": "A key stands twice or is not known.",
    "T6": "A time makes no sense, or silence is to approve.",
    "T7": "The policy file breaks while the gateway runs.",
    "T8": "Somebody sets the clock while requests wait.",
    "T10": "Clocks change to summer time while requests wait.",
    "T12": "The only one who could approve is a bot, a guest, or somebody who left.",
    "T13": "A tool's name only looks like an allowed one.",
    "X1": "Whatever can fail around Claude Code's hook.",
    "X2": "Claude Code stops waiting for its hook, or stops it.",
    "X4": "An agent looks for a tool that decides.",
    "X5": "A tool is changed after it was approved.",
    "X6": "A text claims that the call was approved already.",
    "X8": "A model asks without end.",
    "X10": "Somebody pulls the emergency stop.",
    "X11": "A task is empty, far too long, or dressed as a flag.",
    "X13": "Every form a Python function can have.",
    "X14": "An approver's reason gives orders or mentions people.",
    "G2": "One agent, owner or person tries to see or move another's request.",
    "G4": "A page of another origin connects, or a key stands in an address.",
    "G7": "A webhook leads to an address inside, at once or by a trick.",
    "G9": "What a webhook was told is altered, or its secret changes.",
    "G10": "What was signed is sent again, at once or later.",
    "G11": "Who is told hangs, trickles, or answers without end.",
    "G12": "One name is used for two questions, or twenty times at once.",
    "G13": "An address is only looked at, by whatever method.",
    "G14": "A request that has ended is decided, cancelled or claimed.",
    "G15": "A key ends while its stream is open.",
    "G16": "A connection breaks and comes back, after a moment or after too long.",
    "G17": "The body is in another charset, or in bytes that are no text.",
    "G18": "Thousands of calls made of the API's own description.",
    "G19": "A header or a name in the query stands twice.",
    "R1": "A body larger than a mebibyte, announced or streamed.",
    "R3": "A body of too many values.",
    "R10": "An agent asks more than people can answer.",
    "R11": "A stream's other end does not read.",
    "R14": "A body that grows when it is unpacked.",
}
