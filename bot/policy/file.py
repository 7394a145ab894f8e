"""The policy file on disk. A changed file is taken whole or not at all."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from bot.errors import PolicyError, StoreUnavailable
from bot.file_stamp import Stamp, stamp_at, stamp_of
from bot.policy.load import load
from bot.policy.schema import Policy
from bot.toml.file import HOW_TO_SIGN, FileCheck, readable, signature_of, unchecked

HOW_TO_WRITE_ONE = (
    "Write one with `python -m bot init`, or `cp policy.example.toml policy.toml` and put your own"
    " Slack ids in it; try it with `python -m bot policy check`. IMAGE_BOT_POLICY names another"
    " path."
)
LOOK_EVERY = 1.0
"""Seconds between looks at the file."""

_log = logging.getLogger(__name__)
InForce = Callable[[Policy], tuple[Policy, str] | None]
"""Given the policy that the file holds, the one that decides in its place, and its text; None: the
file's does."""


class PolicyFile:
    """The policy in force, read again when its file changes. Safe to share between threads.

    A broken or vanished file leaves the policy before it in force, and `problem` says so.
    Replace the file in one step (write it beside and rename it): half a file may be valid.

    Args:
        check: whether what it holds may be in force at all; asked anew when its signature changes.

    Raises:
        PolicyError: at the first reading, the file is missing, broken, or may not be in force.
    """

    def __init__(
        self,
        path: Path | str,
        clock: Callable[[], float] = time.monotonic,
        check: FileCheck = unchecked,
    ) -> None:
        self.path = Path(path)
        self._check = check
        self._clock = clock
        self._lock = Lock()
        self._problem: str | None = None
        self._looked = clock()
        self._seen: Stamp | None = None
        self._in_force: InForce = lambda _: None
        self.candidate = self._read()
        """What the file says, and its text; in force at once unless the policy in force says that
        changes of it have to be approved."""
        self.readings = 1
        """How often the file was read, whether or not it said the same as before."""
        self._policy, self._text = self.candidate
        self.logged = ""
        """The digest of the newest policy in the audit log, as far as this process knows."""

    @property
    def current(self) -> Policy:
        """The policy in force; looks at the file at most once a second."""
        if self._clock() - self._looked >= LOOK_EVERY and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._policy

    def governed_by(self, in_force: InForce) -> None:
        """From now on `in_force` says which policy decides.

        Asked at each look; where it fails with a `StoreUnavailable`, what was in force stays.
        """
        self._in_force = in_force
        with self._lock:
            self._take()

    def _take(self) -> None:
        before = self._policy.digest
        held = self._in_force(self.candidate[0])
        self._policy, self._text = held or self.candidate
        if held and not held[0].policy and not self._problem:
            self._complain(
                f"{self.path} is revision {self.candidate[0].revision or 0}, and revision"
                f" {held[0].revision} is in force. Give a changed file a higher revision."
            )
        if self._policy.digest != before:
            _log.info("policy %s is in force, digest %s", self.path, self._policy.digest[:12])

    @property
    def in_force(self) -> tuple[Policy, str]:
        """The policy in force and the text of its file, of one moment."""
        _ = self.current
        with self._lock:
            return self._policy, self._text

    def note_logged(self, digest: str) -> None:
        """The audit log holds this policy now."""
        self.logged = digest

    @property
    def problem(self) -> str | None:
        """Why the file on disk is not in force, for operators; None while it is.

        Looks at the file as `current` does.
        """
        _ = self.current
        return self._problem

    def refresh(self) -> bool:
        """Look at the file now. Whether another policy is in force since."""
        with self._lock:
            before = self._policy.digest
            self._look()
            return self._policy.digest != before

    def _look(self) -> None:
        self._looked = self._clock()
        self._read_again()
        try:
            self._take()
        except StoreUnavailable as failure:
            _log.warning("which policy is in force is not known: %s", failure.problem)

    def _read_again(self) -> None:
        if self._seen is not None and self._seen == self._stamp_now():
            return
        try:
            self.candidate = self._read()
        except PolicyError as error:
            self._complain(str(error))
        else:
            self._problem = None
            self.readings += 1

    def _complain(self, what: str) -> None:
        problem = f"{what}\nThe policy read before stays in force."
        if problem != self._problem:
            _log.error("%s", problem)
        self._problem = problem

    def _stamp_now(self) -> Stamp | None:
        found = stamp_at(self.path)
        return None if found is None else found + self._stamp_of_signature()

    def _read(self) -> tuple[Policy, str]:
        self._seen = None
        missing = PolicyError(f"There is no policy file {self.path}.", HOW_TO_WRITE_ONE)
        with readable(self.path, missing), self.path.open("rb") as file:
            self._seen = stamp_of(os.fstat(file.fileno())) + self._stamp_of_signature()
            content = file.read()
            text = content.decode()
        if problem := self._check(self.path, content):
            raise PolicyError(problem, HOW_TO_SIGN)
        return load(text, str(self.path)), text

    def _stamp_of_signature(self) -> Stamp:
        return stamp_at(signature_of(self.path)) or ()
