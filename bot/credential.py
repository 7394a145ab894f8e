"""A secret that may be replaced while it is in use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Credential:
    """One secret and who uses it now, for any number of threads. Its `repr` does not show it."""

    def __init__(self, value: str) -> None:
        self._value = value
        self._users: Counter[str] = Counter()
        self._released = Condition()

    @property
    def value(self) -> str:
        """The secret to use from now on."""
        return self._value

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Held while something is sent with it."""
        with self._released:
            value = self._value
            self._users[value] += 1
        try:
            yield
        finally:
            with self._released:
                self._users[value] -= 1
                self._released.notify_all()

    def replace(self, value: str, wait: float) -> bool:
        """Use another secret from now on; return once nobody uses the one before.

        Args:
            wait: seconds to wait for those who do.

        Returns:
            False: somebody still used it when the time was over.
        """
        with self._released:
            before, self._value = self._value, value
            return self._released.wait_for(lambda: not self._users[before], wait)
