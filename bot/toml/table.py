"""A table of a file in TOML, as a frozen model. Each field's description says what is expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

Complaint = tuple[str, str]
"""A field, and what is wrong with it in view of the others."""

CROSS_FIELD = "cross_field"
"""The pydantic error type of `Complaint`s; they stand in its context under `complaints`."""


class Table(BaseModel):
    """A table that takes the keys it knows and no other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def _complaints(self) -> Iterator[Complaint]:
        """What is wrong between fields that are each right."""
        yield from ()

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        complaints = tuple(self._complaints())
        if complaints:
            text = " ".join(sentence for _, sentence in complaints)
            raise PydanticCustomError(
                CROSS_FIELD, "{text}", {"text": text, "complaints": complaints}
            )
        return self


def repeated_names(kind: str, tables: Iterable[Any]) -> Iterator[Complaint]:
    """Complaints of the names that several tables under the key `kind` share."""
    for name in repeated([table.name for table in tables]):
        yield kind, repeated_name(name)


def repeated(names: Iterable[str]) -> list[str]:
    """The names that stand more than once."""
    return [name for name, times in Counter(names).items() if times > 1]


def repeated_name(name: str) -> str:
    """What is said of a name given twice."""
    return f"the name “{name}” is given twice: answers and the audit log could not tell them apart."
