"""The file on disk: reloaded when it changes, kept out when it is broken, bounded in any case."""

import os
from pathlib import Path

import pytest

from approvals.domain.policy import Effect
from approvals.storage.mistakes import PolicyInvalid
from approvals.storage.policy_file import PolicyFile
from approvals.storage.policy_reader import read_policy
from tests.costs import cost
from tests.policy.given import HEAD, call

CHANNELS = 'channels:\n  "#ops": {id: C0OPS, approvers: sre}\n'
DENYING = HEAD + "guardrails:\n  - {tool: drop, effect: deny}\n" + CHANNELS
PLAIN = HEAD + CHANNELS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "policy.yml"
    place.write_text(DENYING)
    return place


def effect_of_drop(file: PolicyFile) -> Effect:
    return file.policy.requirement(call("drop")).effect


def test_a_changed_file_is_in_force_after_the_next_look(path: Path) -> None:
    file = PolicyFile(path)
    before = file.policy.version
    path.write_text(PLAIN)

    change = file.reload_if_changed()

    assert change is not None
    assert not change.is_refused
    assert (change.previous_version, change.policy_version) == (before, file.policy.version)
    assert effect_of_drop(file) is Effect.ASK
    assert file.reload_if_changed() is None


def test_T7_a_broken_file_changes_nothing_but_is_reported_once(path: Path) -> None:
    file = PolicyFile(path)
    old = file.policy
    path.write_text(PLAIN.replace("sre}", "nobody}"))

    change = file.reload_if_changed()

    assert change is not None
    assert change.is_refused
    assert change.policy_version == change.previous_version == old.version
    assert file.policy is old
    assert effect_of_drop(file) is Effect.DENY
    assert file.mistake is not None
    assert file.mistake.startswith("policy.yml:7:34: 'nobody'")
    assert file.reload_if_changed() is None
    assert file.mistake is not None


def test_T7_an_emptied_file_never_means_an_empty_policy(path: Path) -> None:
    file = PolicyFile(path)
    path.write_text("")

    change = file.reload_if_changed()

    assert change is not None
    assert change.is_refused
    assert effect_of_drop(file) is Effect.DENY


def test_T7_a_removed_file_keeps_the_policy_and_says_so(path: Path) -> None:
    file = PolicyFile(path)
    path.unlink()

    change = file.reload_if_changed()

    assert change is not None
    assert "there is no such file" in str(file.mistake)
    assert effect_of_drop(file) is Effect.DENY
    assert file.reload_if_changed() is None


def test_T7_putting_the_old_content_back_clears_the_mistake(path: Path) -> None:
    file = PolicyFile(path)
    for disturb in (lambda: path.write_text("{"), path.unlink):
        disturb()
        assert file.reload_if_changed() is not None
        path.write_text(DENYING)

        change = file.reload_if_changed()

        assert change is not None
        assert not change.is_refused
        assert file.mistake is None


def test_touching_the_file_without_changing_it_is_no_change(path: Path) -> None:
    file = PolicyFile(path)
    os.utime(path, ns=(1, 1))

    assert file.reload_if_changed() is None


def test_a_replaced_file_of_the_same_size_is_noticed(path: Path) -> None:
    file = PolicyFile(path)
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    newer = path.with_name("policy.yml.new")
    newer.write_text(DENYING.replace("drop", "wipe"))
    os.utime(newer, ns=times)
    newer.replace(path)

    assert file.reload_if_changed() is not None
    assert effect_of_drop(file) is Effect.ASK


def test_a_file_that_is_missing_or_broken_at_start_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match=r"policy\.yml: there is no such file"):
        PolicyFile(tmp_path / "policy.yml")
    with pytest.raises(PolicyInvalid, match="cannot be read"):
        PolicyFile(tmp_path)
    broken = tmp_path / "broken.yml"
    broken.write_text("version: 1\n")
    with pytest.raises(PolicyInvalid, match=r"broken\.yml:1:1: channels is missing"):
        PolicyFile(broken)


BOMB = "\n".join(
    ["a: &a [x,x,x,x,x,x,x,x,x]"]
    + [f"{b}: &{b} [{','.join(['*' + a] * 9)}]" for a, b in zip("abcde", "bcdef", strict=True)]
)


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (BOMB, "policy.yml:2:8: aliases are not used here"),
        ("a: " + "[" * 5_000 + "]" * 5_000, "policy.yml:1:35: nested deeper than 32"),
        ("a: " + "{b: " * 5_000 + "}" * 5_000, "nested deeper than 32"),
        ("- " * 5_000, "nested deeper than 32"),
        pytest.param(
            "a: [" + "x," * 60_000 + "]", "more than 50000 values", marks=pytest.mark.long
        ),
        ("#" * 300_000, "policy.yml:1:1: the file is larger than 256 KiB"),
    ],
    ids=["aliases", "lists", "mappings", "dashes", "values", "bytes"],
)
def test_R9_a_file_made_to_exhaust_the_reader_is_refused_early(raw: str, complaint: str) -> None:
    complaints: list[str] = []

    def read() -> None:
        with pytest.raises(PolicyInvalid) as refused:
            read_policy(raw.encode())
        complaints.append(refused.value.message)

    assert cost(read) < (5_000 if "values" in complaint else 1_000)
    assert all(complaint in each for each in complaints)
