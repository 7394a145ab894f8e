from __future__ import annotations
from typing import Any
def problems_of_message(payload: dict[str, Any]) -> list[str]:
    return []
def problems_of_view(view: dict[str, Any]) -> list[str]:
    return []
def problems_of_options(body: dict[str, Any]) -> list[str]:
    return []
