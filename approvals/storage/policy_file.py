"""The policy file on disk and its hot reload: a broken file never replaces a working policy.

Opened at start by the composition root, which calls `reload_if_changed()` on its own clock and
audits what it returns. Reading at start raises; reading later keeps the old policy and says so, to
the caller and in the log.
"""

import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from approvals.domain.policy import Policy
from approvals.storage.mistakes import Mistake, PolicyInvalid
from approvals.storage.policy_reader import read_policy
from approvals.storage.written_file import read_written

LOGGER_NAME = "sayso.policy"
_log = logging.getLogger(LOGGER_NAME)

_Signature: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """What a look at the file found: a new policy in force, or why the old one stays."""

    policy_version: str
    """The version in force after the look."""
    previous_version: str
    mistakes: tuple[Mistake, ...] = ()
    """Why the new file was refused; empty when it is in force."""

    @property
    def is_refused(self) -> bool:
        """Whether the file was changed to something that cannot be in force."""
        return bool(self.mistakes)


class PolicyFile:
    """A policy file: what it says now, and what is wrong with it if the old policy stays."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            PolicyInvalid: it is missing, unreadable, or has mistakes.
        """
        self.path = path
        self._signature = _signature(path)
        raw = read_file(path)
        self._content = _content(raw)
        self.policy: Policy = read_policy(raw, file=path.name)
        self.text = _text(raw)
        """What is in force, as it is written."""
        self._looked = self.text
        self.mistakes: tuple[Mistake, ...] = ()

    @property
    def mistake(self) -> str | None:
        """Why the file on disk is not what is in force, one line each; None when it is."""
        return "\n".join(map(str, self.mistakes)) or None

    def reload_if_changed(self) -> PolicyChange | None:
        """Look at the file; return what changed, or None. Never raises, never half-applies."""
        found = self.look()
        return self.accept(found) if isinstance(found, Policy) else found

    def look(self) -> Policy | PolicyChange | None:
        """Return the policy of a file that changed, not yet in force, or why it was refused.

        The same broken content is reported once. A file that changes while it is read is looked
        at again next time.
        """
        signature = _signature(self.path)
        if signature == self._signature:
            return None
        try:
            raw = read_file(self.path)
        except PolicyInvalid as refusal:
            # Whatever can be read next time is new, even if it is what is in force.
            self._signature, self._content = signature, ""
            return self.refuse(refusal)
        if _signature(self.path) != signature:
            return None
        self._signature = signature
        if self._content == _content(raw):
            return None
        self._content, self._looked = _content(raw), _text(raw)
        try:
            return read_policy(raw, file=self.path.name)
        except PolicyInvalid as refusal:
            return self.refuse(refusal)

    def accept(self, policy: Policy) -> PolicyChange:
        """Put *policy*, which `look` returned, in force."""
        previous = self.policy
        self.policy, self.text, self.mistakes = policy, self._looked, ()
        version = policy.version[:12]
        _log.info("%s: the changed file is in force (version %s)", self.path.name, version)
        return PolicyChange(policy_version=policy.version, previous_version=previous.version)

    def refuse(self, refusal: PolicyInvalid) -> PolicyChange:
        """Keep the policy in force, and say why the file's own is not."""
        self.mistakes = refusal.mistakes
        version = self.policy.version
        for mistake in refusal.mistakes:
            _log.warning("%s", mistake)
        _log.warning(
            "%s: not in force; the policy before it stays (version %s) until the file is corrected",
            self.path.name,
            version[:12],
        )
        return PolicyChange(
            policy_version=version, previous_version=version, mistakes=refusal.mistakes
        )


def read_file(path: Path) -> bytes:
    """Return what stands in the policy file, and one byte more than a policy may have at most.

    Raises:
        PolicyInvalid: it is missing or unreadable.
    """
    remedy = "correct the path, or name the policy with --policy or SAYSO_POLICY"
    return read_written(path, invalid=PolicyInvalid, if_missing=remedy)


def _signature(path: Path) -> _Signature | None:
    """Return what changes when the file is written or replaced; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _text(raw: bytes) -> str:
    return raw.decode("utf-8-sig", "replace")


def _content(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
