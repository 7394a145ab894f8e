"""Answers as DigitalOcean should not give them, and at times does: made of the right ones.

Each has some of its values, at any depth, null, blank, gone, of another type, doubled, or beyond
what anybody counts with. Source: public reports of fields that came so, and JSON itself, which
allows all of it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

Json = Any
_Place = tuple[Any, Any]
"""What holds a value, and under which key or number."""

GONE = object()
"""Stands for no value at all."""
BLANK: tuple[Json, ...] = (None, "", 0, False, [], {})
_STRANGE: tuple[Json, ...] = (
    *(-1, 1.5, 10**40, 2**63, True, "null", "0", "x", "\x00", "\ud800", "<!channel>", "é" * 5000),
    *([None], [[]], {"": None}, {"id": None}, [{}, {}]),
    # Times without a zone, before all others and after them; a number is one as well.
    *("2026-11-20T10:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-20", 1e300),
    # Words that mean something elsewhere.
    *("droplet", "volume", "backup", "snapshot", "in-progress", "completed", "errored", "deleted"),
)


class Spoiler:
    """Changes a share of the answers; which, and how, follows from `seed` and their order.

    Args:
        seed: of what is drawn.
        share: of the answers that are changed at all, 0 to 1.
        most: how many values of one answer are changed.
    """

    def __init__(self, seed: int, share: float = 0.5, most: int = 3) -> None:
        self._random = random.Random(seed)  # noqa: S311 - what it draws guards nothing
        self._share, self._most = share, most

    def __call__(self, answer: Json) -> Json:
        """The answer, or what has become of it."""
        if self._random.random() >= self._share:
            return answer
        for _ in range(self._random.randint(1, self._most)):
            answer = self._changed(answer)
        return answer

    def _changed(self, answer: Json) -> Json:
        places = list(_places(answer))
        if not places or self._random.random() < 0.02:
            return self._random.choice((*BLANK, *_STRANGE))
        holder, key = self._random.choice(places)
        self._random.choice((_lose, _double, self._blank, self._blank, self._strange))(holder, key)
        return answer

    def _blank(self, holder: Any, key: Any) -> None:
        holder[key] = self._random.choice(BLANK)

    def _strange(self, holder: Any, key: Any) -> None:
        value = holder[key]
        kinds: list[Json] = [*_STRANGE, [value], {"value": value}, str(value)]
        holder[key] = self._random.choice(kinds)


def everywhere(key: str, value: Json) -> Callable[[Json], Json]:
    """A change that puts `value` under `key` at every depth, or `GONE`: takes the key away."""

    def change(answer: Json) -> Json:
        if isinstance(answer, list):
            return [change(each) for each in answer]
        if not isinstance(answer, dict):
            return answer
        kept = {name: change(each) for name, each in answer.items() if name != key}
        return kept if value is GONE or key not in answer else {**kept, key: value}

    return change


def doubled(answer: Json) -> Json:
    """Every list with each of its items twice."""
    if isinstance(answer, list):
        return [doubled(each) for each in answer for _ in range(2)]
    return {k: doubled(v) for k, v in answer.items()} if isinstance(answer, dict) else answer


def keys_of(answer: Json) -> set[str]:
    """Every key of an answer, at every depth."""
    if isinstance(answer, list):
        return set().union(*map(keys_of, answer))
    if not isinstance(answer, dict):
        return set()
    return set(answer).union(*map(keys_of, answer.values()))


def _places(value: Json) -> Iterator[_Place]:
    """All places in a value, at every depth."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def _lose(holder: Any, key: Any) -> None:
    del holder[key]


def _double(holder: Any, key: Any) -> None:
    if isinstance(holder, list):
        holder.append(holder[key])
    elif isinstance(holder[key], list):
        holder[key] = holder[key] * 2
    else:
        holder[key] = [holder[key], holder[key]]
