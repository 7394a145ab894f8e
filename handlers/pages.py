"""The bot's own pages: confirming an approval, enrolling a second factor. In a browser, unsigned.

Whoever has the address may open a page: what an address says is proved by the code, or the sign-in,
alone. GET only looks, for previews of links are fetched by machines; but for the page to which the
identity provider sends a browser back, which wants that browser's cookie.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.domain.sign_in import SignInAnswer
from bot.domain.step_up import APPROVAL_SECONDS, SIGN_IN_SECONDS, Refusal, StepUp
from bot.errors import StoreUnavailable
from bot.oidc.client import REDIRECT_PATH
from bot.requests import Dependencies, enrolling, signing_in, step_up
from bot.requests.enrolling import Enrol, ShowSecret
from bot.requests.signing_in import Begun, SignedIn
from bot.requests.step_up import Confirm, Outcome
from bot.requests.step_ups import APPROVE_PATH, ENROL_PATH
from bot.slack.rate_limit import PerPerson
from bot.views import turned_away
from bot.views.pages import step_up as views
from bot.views.pages.markup import STYLE_DIGEST

PAGES_A_MINUTE = 300
"""Of all people together: a flood of guesses must not keep Slack's payloads waiting."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_MOST_BYTES, _MOST_FIELDS = 4_000, 10
_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("X-Robots-Tag", "noindex, nofollow"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    (
        "Content-Security-Policy",
        f"default-src 'none'; style-src 'sha256-{STYLE_DIGEST}'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'",
    ),
)
_OVER_TLS = ("Strict-Transport-Security", "max-age=31536000")

Environ = dict[str, Any]
Start = Callable[..., Any]
Answer = tuple[HTTPStatus, bytes] | tuple[HTTPStatus, bytes, str]
"""The status, the page, and where it has one the value of the cookie; empty: forget it."""


class Pages:
    """The WSGI application of the pages.

    Args:
        public_url: where people reach them.
    """

    def __init__(self, deps: Dependencies, public_url: str) -> None:
        self._deps = deps
        self._pace = PerPerson(PAGES_A_MINUTE)
        parts = urlsplit(public_url)
        self._origin = f"{parts.scheme}://{parts.netloc}".lower()

    def answers(self, path: str) -> bool:
        """Whether a path is one of theirs."""
        return path == REDIRECT_PATH or path.startswith((APPROVE_PATH, ENROL_PATH))

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        try:
            status, body, *cookie = self._answer(environ)
        except StoreUnavailable as error:
            status, body, *cookie = HTTPStatus.SERVICE_UNAVAILABLE, views.cannot_now(str(error))
        over_tls = [_OVER_TLS] if self._is_over_tls else []
        kept = [("Set-Cookie", self._cookie(value)) for value in cookie]
        headers = [*_HEADERS, *over_tls, *kept, ("Content-Length", str(len(body)))]
        start(f"{status.value} {status.phrase}", headers)
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, environ: Environ) -> Answer:
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        page = self._approve if path.startswith(APPROVE_PATH) else self._enrol
        token = path.removeprefix(APPROVE_PATH).removeprefix(ENROL_PATH)
        if self._pace.wait("all"):
            said = turned_away.TOO_MANY_VISITS
            return HTTPStatus.TOO_MANY_REQUESTS, views.cannot_now(said)
        if path == REDIRECT_PATH:
            return self._signed_in(environ)
        if not _TOKEN.fullmatch(token):
            return _refused(views.not_approved, Refusal.UNKNOWN)
        if method in ("GET", "HEAD"):
            return page(token, None)
        if method != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED, views.cannot_now(turned_away.IT_HAS_A_FORM)
        if not self._is_from_here(environ):
            return HTTPStatus.FORBIDDEN, views.cannot_now(turned_away.FROM_ANOTHER_SITE)
        return page(token, _fields(environ))

    def _is_from_here(self, environ: Environ) -> bool:
        """Whether a form was sent from one of these pages, as browsers tell.

        With no referrer a browser tells no origin either (`null`): then `Sec-Fetch-Site` does.
        """
        site = environ.get("HTTP_SEC_FETCH_SITE", "same-origin")
        origin = environ.get("HTTP_ORIGIN", "null").lower()
        return site == "same-origin" and origin in ("null", self._origin)

    def _approve(self, token: str, fields: dict[str, str] | None) -> Answer:
        deps = self._deps
        if fields and fields.get("act") == "sign-in":
            return self._begun(signing_in.begin(deps, token))
        code = (fields or {}).get("code", "")
        outcome = (
            step_up.to_confirm(deps, token)
            if fields is None
            else step_up.confirm(deps, Confirm(token, code))
        )
        if outcome.is_final or outcome.subject is None:
            return _not_approved(outcome)
        if fields is None and outcome.method is StepUp.OIDC:
            return HTTPStatus.OK, views.to_sign_in(outcome.subject)
        if fields is None or outcome.refusal:
            status = HTTPStatus.FORBIDDEN if outcome.refusal else HTTPStatus.OK
            return status, views.to_confirm(outcome.subject, outcome.refusal)
        return HTTPStatus.OK, views.confirmed(outcome.subject)

    def _begun(self, begun: Begun | Outcome) -> Answer:
        if isinstance(begun, Outcome):
            return _not_approved(begun)
        return HTTPStatus.OK, views.go_on(begun.address), begun.secret

    def _signed_in(self, environ: Environ) -> Answer:
        told = _first_of(environ.get("QUERY_STRING", ""))
        secret = self._kept(environ)
        if environ["REQUEST_METHOD"] != "GET" or not secret or not told.get("state"):
            return _refused(views.not_approved, Refusal.UNKNOWN)
        names = {"state": "state", "code": "code", "error": "error", "issuer": "iss"}
        answer = SignInAnswer(**{ours: told.get(name, "") for ours, name in names.items()})
        outcome = signing_in.finish(self._deps, SignedIn(answer, secret))
        if outcome.refusal or outcome.subject is None:
            return *_not_approved(outcome), ""
        return HTTPStatus.OK, views.confirmed(outcome.subject), ""

    @property
    def _is_over_tls(self) -> bool:
        return self._origin.startswith("https:")

    @property
    def _cookie_name(self) -> str:
        """`__Host-`: no other host, and nobody without TLS, could have set it."""
        return "__Host-sign-in" if self._is_over_tls else "sign-in"

    def _cookie(self, value: str) -> str:
        """Lax, since the browser comes back from another site."""
        seconds = int(SIGN_IN_SECONDS + APPROVAL_SECONDS) if value else 0
        secure = "; Secure" if self._is_over_tls else ""
        kept = f"{self._cookie_name}={value}; Path=/; Max-Age={seconds}"
        return f"{kept}; HttpOnly; SameSite=Lax{secure}"

    def _kept(self, environ: Environ) -> str:
        """What the browser kept of the sign-in that it began; empty: nothing of ours."""
        try:
            found = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(self._cookie_name)
        except CookieError:
            return ""
        return found.value if found and _TOKEN.fullmatch(found.value) else ""

    def _enrol(self, token: str, fields: dict[str, str] | None) -> Answer:
        if fields is None:
            found = enrolling.enrolment(self._deps, token)
            if isinstance(found, Refusal):
                return _refused(views.not_enrolled, found)
            return HTTPStatus.OK, views.to_enrol(has_one=found.has_one)
        if fields.get("act") == "enrol":
            return self._enrolled(token, fields.get("code", ""))
        return self._shown(token, fields.get("old", ""))

    def _shown(self, token: str, old_code: str) -> Answer:
        shown = enrolling.show_secret(self._deps, ShowSecret(token, old_code))
        if shown is Refusal.WRONG_CODE:
            return HTTPStatus.FORBIDDEN, views.to_enrol(has_one=True, refused=shown)
        if isinstance(shown, Refusal):
            return _refused(views.not_enrolled, shown)
        return HTTPStatus.OK, views.secret(shown.text, shown.address)

    def _enrolled(self, token: str, code: str) -> Answer:
        refused = enrolling.enrol(self._deps, Enrol(token, code))
        if refused is Refusal.WRONG_CODE:
            return HTTPStatus.FORBIDDEN, views.first_code(refused)
        if refused:
            return _refused(views.not_enrolled, refused)
        return HTTPStatus.OK, views.enrolled()


def _refused(draw: Callable[[Refusal], bytes], why: Refusal) -> tuple[HTTPStatus, bytes]:
    unknown = why is Refusal.UNKNOWN
    return HTTPStatus.NOT_FOUND if unknown else HTTPStatus.FORBIDDEN, draw(why)


def _not_approved(outcome: Outcome) -> tuple[HTTPStatus, bytes]:
    refusal = outcome.refusal or Refusal.UNKNOWN
    return _refused(lambda why: views.not_approved(why, outcome.said), refusal)


def _fields(environ: Environ) -> dict[str, str]:
    """What a form holds; nothing where it is too long to be one of ours."""
    length = environ.get("CONTENT_LENGTH") or "0"
    size = int(length) if length.isdecimal() else 0
    body: io.BufferedIOBase = environ["wsgi.input"]
    raw = body.read(size) if size <= _MOST_BYTES else b""
    return _first_of(raw.decode("utf-8", "replace"))


def _first_of(encoded: str) -> dict[str, str]:
    """Each field once; nothing where there are too many."""
    try:
        told = parse_qs(encoded, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in told.items()}
