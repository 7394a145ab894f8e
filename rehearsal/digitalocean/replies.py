"""The bodies the API answers with: errors, pages, and both made wrong or short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from rehearsal.digitalocean.account import unprocessable

Json = dict[str, Any]

_KEPT = 3
"""Items of a list that are kept in the calls and in the log."""

ERROR_IDS = {
    400: ("bad_request", "The request could not be understood."),
    401: ("unauthorized", "Unable to authenticate you."),
    403: ("forbidden", "You are not authorized to perform this operation."),
    404: ("not_found", "The resource you were accessing could not be found."),
    422: ("unprocessable_entity", "The request could not be processed."),
    429: ("too_many_requests", "API Rate limit exceeded."),
    502: ("bad_gateway", "Bad gateway."),
    503: ("service_unavailable", "Service unavailable."),
}


def error_body(status: int, request_id: str) -> Json:
    """The error DigitalOcean documents for `status`."""
    error_id, message = ERROR_IDS.get(status, ("server_error", "Unexpected server-side error"))
    return {"id": error_id, "message": message, "request_id": request_id}


def page(
    query: dict[str, str], url: str, key: str, items: list[Any], to_json: Callable[[Any], Json]
) -> Json:
    """One page of `items` under `key`, with `links.pages` and `meta.total`."""
    per_page, number = _number(query, "per_page", 20), _number(query, "page", 1)
    if per_page > 200:
        raise unprocessable("per_page must be between 1 and 200.")
    last = max(1, -(-len(items) // per_page))
    shown = items[(number - 1) * per_page : number * per_page]
    links = {
        name: f"{url}?{urlencode({**query, 'page': to, 'per_page': per_page})}"
        for name, to in _neighbours(number, last).items()
    }
    return {
        key: [to_json(item) for item in shown],
        "links": {"pages": links} if links else {},
        "meta": {"total": len(items)},
    }


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise unprocessable(f"{name} must be a number above 0.")
    return int(text)


def _neighbours(page: int, last: int) -> dict[str, int]:
    pages: dict[str, int] = {}
    if page > 1:
        pages |= {"first": 1, "prev": page - 1}
    if page < last:
        pages |= {"last": last, "next": page + 1}
    return pages


def restated(answer: Any, status: str) -> Any:
    """`answer` with the status of each action in it replaced."""
    if not isinstance(answer, dict):
        return answer
    changed = dict(answer)
    if "action" in changed:
        changed["action"] = {**changed["action"], "status": status}
    if "actions" in changed:
        changed["actions"] = [{**each, "status": status} for each in changed["actions"]]
    return changed


def shortened(answer: Any) -> Any:
    """`answer` with long lists cut off: thousands of polls must not fill memory."""
    if not isinstance(answer, dict):
        return answer
    return {
        key: [*item[:_KEPT], f"… and {len(item) - _KEPT} more"]
        if isinstance(item, list) and len(item) > _KEPT
        else item
        for key, item in answer.items()
    }
