"""The fields of DigitalOcean's replies: what cannot be believed counts as not told. Pure.

Any of them may come as null, blank, of another type, or as what no database can keep or nobody can
count with: half a surrogate pair, a NUL, a number of 40 digits, the year 1 or 9999. That is no
reason to lose the rest.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

_YEARS = range(2000, 3000)
"""Go's zero time is in the year 1; beyond 9999 nothing can be reckoned."""
_MOST_GIGABYTES = 1e7
_MOST_ID = 2**63
"""No id is as large: databases count up to here."""
_SLUG = re.compile(r"[A-Za-z0-9-]{1,16}")
_TIME: TypeAdapter[datetime] = TypeAdapter(
    datetime, config=ConfigDict(defer_build=True, hide_input_in_errors=True)
)


def is_slug(text: str) -> bool:
    """Whether a text can be the slug of a region."""
    return _SLUG.fullmatch(text) is not None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "ignore").decode("utf-8").replace("\x00", "")


def _word(value: Any) -> str:
    return _text(value).strip().lower().replace("_", "-")


def _texts(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list | tuple) else ()
    return tuple(text for text in map(_text, listed) if text)


def _slugs(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in _texts(value) if is_slug(text)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _numbers(value: Any) -> tuple[int, ...]:
    listed = value if isinstance(value, list | tuple) else ()
    return tuple(item for item in listed if _is_number(item))


def _slug_of_region(value: Any) -> str:
    slug = _text(value.get("slug")) if isinstance(value, Mapping) else _text(value)
    return slug if is_slug(slug) else ""


def _time(value: Any) -> datetime | None:
    if isinstance(value, bool):
        return None
    try:
        read = _TIME.validate_python(value)
    except ValidationError:
        return None
    at = read if read.tzinfo else read.replace(tzinfo=UTC)
    return at if at.year in _YEARS else None


def _gigabytes(value: Any) -> float:
    if isinstance(value, bool):
        return 0.0
    try:
        size = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return size if math.isfinite(size) and 0 < size <= _MOST_GIGABYTES else 0.0


def _id(value: Any) -> Any:
    return value if not isinstance(value, bool) else None


def _id_or_none(value: Any) -> int | None:
    return value if _is_number(value) and 0 < value < _MOST_ID else None


Id = Annotated[int, BeforeValidator(_id), Field(gt=0, lt=_MOST_ID)]
"""Without it nothing can be done with the rest: an object whose id cannot be read is none."""
IdOrNone = Annotated[int | None, BeforeValidator(_id_or_none)]
Text = Annotated[str, BeforeValidator(_text)]
Word = Annotated[str, BeforeValidator(_word)]
"""One of a few words of the API's, however it is written."""
TextOrNone = Annotated[str | None, BeforeValidator(lambda value: _text(value) or None)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Slugs = Annotated[tuple[str, ...], BeforeValidator(_slugs)]
"""Each once: lists have had items twice."""
SlugOfRegion = Annotated[str, BeforeValidator(_slug_of_region)]
"""The slug of a region, which comes as an object."""
Numbers = Annotated[tuple[int, ...], BeforeValidator(_numbers)]
NumbersOrNone = Annotated[
    tuple[int, ...] | None,
    BeforeValidator(lambda value: _numbers(value) if isinstance(value, list | tuple) else None),
]
"""None: no list came, which is not an empty one."""
Time = Annotated[datetime | None, BeforeValidator(_time)]
"""With a zone, UTC where none was told."""
Gigabytes = Annotated[float, BeforeValidator(_gigabytes)]
"""0: not known."""
Slug = Annotated[str, Field(pattern=f"^{_SLUG.pattern}$")]
Uuid = Annotated[str, Field(pattern="^[A-Za-z0-9-]{1,64}$")]
Yes = Annotated[bool, BeforeValidator(lambda value: value is True)]
NotNo = Annotated[bool, BeforeValidator(lambda value: value is not False)]
