"""The page drives the bot, so no other site may: every way in that must be shut."""

from __future__ import annotations

import pytest

from rehearsal.page_site.guard import TOKEN_HEADER, Guard

PORT = 4000
GUARD = Guard("secret")
GOOD = {
    "Host": f"127.0.0.1:{PORT}",
    "Origin": f"http://127.0.0.1:{PORT}",
    "Content-Type": "application/json",
    "Sec-Fetch-Site": "same-origin",
    TOKEN_HEADER: "secret",
}


def _refusal(path: str = "/api/click", method: str = "POST", **changed: str | None) -> str | None:
    headers = {name: changed.get(name.replace("-", "_"), value) for name, value in GOOD.items()}
    kept = {name: value for name, value in headers.items() if value is not None}
    return GUARD.refusal(method, path, kept, PORT)


def test_the_page_itself_may() -> None:
    assert _refusal() is None
    assert _refusal("/", "GET", Origin=None, X_Rehearsal_Token=None) is None
    assert _refusal("/api/event/3", "GET", Origin=None, Content_Type=None) is None
    assert (
        GUARD.refusal("GET", "/api/stream", {"Host": f"localhost:{PORT}"}, PORT, "secret") is None
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"Host": "evil.example"},
        {"Host": f"evil.example:{PORT}"},
        {"Host": f"127.0.0.1:{PORT + 1}"},
        {"Host": None},
        {"Origin": "http://evil.example"},
        {"Origin": f"http://127.0.0.1:{PORT + 1}"},
        {"Origin": "null"},
        {"Origin": None},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"X_Rehearsal_Token": None},
        {"X_Rehearsal_Token": "wrong"},
        {"X_Rehearsal_Token": "sécret"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Content_Type": None},
    ],
)
def test_anything_else_is_refused(changed: dict[str, str | None]) -> None:
    assert _refusal(**changed)


def test_reading_what_is_shown_takes_the_token_too() -> None:
    assert _refusal("/api/stream", "GET", X_Rehearsal_Token=None)
    assert _refusal("/api/event/3", "GET", X_Rehearsal_Token="wrong")


def test_there_is_nothing_else_to_do() -> None:
    assert _refusal("/", "POST")
    assert _refusal("/api/click", "DELETE")
