"""An OpenID Connect provider on loopback: strict with its clients, and able to be broken.

It is made of the standard library and `cryptography` alone, so that no mistake of the library that
the bot reads its tokens with is made twice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT_ID, CLIENT_SECRET = "image-bot", "s3cret/+:% of the bot"
CODE_SECONDS = 60.0
Claims = dict[str, Any]


@dataclass
class Person:
    """Who can sign in, by what."""

    subject: str
    password: str
    claims: Claims = field(default_factory=dict)


@dataclass
class _Code:
    person: Person
    asked: dict[str, str]
    auth_time: float
    made_at: float
    used: bool = False


class Refused(Exception):
    """A request that breaks the protocol."""


class IdentityProvider:
    """The provider; its attributes are switches.

    Attributes:
        clock: gives epoch seconds.
        people: by user name.
        redirect_uri: the one that is registered.
        ignores_prompt: lets somebody in whom it remembers, whatever the client asks for.
        change: what is done to the claims of each token before it is signed.
        algorithm: `RS256`; `none` and `HS256` are what attackers try.
        foreign_key: signs with a key that is not published, under the id of one that is.
        description: changes of the discovery document.
        takes: how clients show their secret.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.people: dict[str, Person] = {}
        self.redirect_uri = ""
        self.ignores_prompt = False
        self.change: Callable[[Claims], Claims] = lambda claims: claims
        self.algorithm = "RS256"
        self.foreign_key = False
        self.description: dict[str, Any] = {}
        self.takes = ["client_secret_basic"]
        self.token_calls: list[dict[str, str]] = []
        self.asked: list[dict[str, str]] = []
        self.is_down = False
        self._remembers: tuple[Person, float] | None = None
        self._codes: dict[str, _Code] = {}
        self._pending: dict[str, dict[str, str]] = {}
        self.rotate_keys()
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": self})
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def settings(self, public_url: str) -> dict[str, str]:
        """What a bot is given whose pages are at `public_url`; registers it."""
        self.redirect_uri = f"{public_url}/signed-in"
        return {
            "IMAGE_BOT_PUBLIC_URL": public_url,
            "IMAGE_BOT_OIDC_ISSUER": self.issuer,
            "IMAGE_BOT_OIDC_CLIENT_ID": CLIENT_ID,
            "IMAGE_BOT_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        }

    def rotate_keys(self) -> None:
        """Sign with a new key from here on; the old one is published no more."""
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._kid = secrets.token_hex(4)

    # What a browser asks for

    def authorize(self, query: dict[str, str]) -> tuple[int, str]:
        """The page to sign in on, or (302) where the browser goes."""
        if query.get("client_id") != CLIENT_ID or query.get("redirect_uri") != self.redirect_uri:
            raise Refused("no such client, or another redirect_uri: nobody is sent anywhere")
        self.asked.append(query)
        wrong = (
            query.get("response_type") != "code"
            or "openid" not in query.get("scope", "").split()
            or query.get("code_challenge_method") != "S256"
            or len(query.get("code_challenge", "")) != 43
            or len(query.get("state", "")) < 32
            or len(query.get("nonce", "")) < 32
        )
        if wrong:
            return 302, self._back(query, error="invalid_request")
        asks_anew = query.get("prompt") == "login" or "max_age" in query
        if self._remembers and (self.ignores_prompt or not asks_anew):
            return 302, self._with_code(*self._remembers, query)
        number = secrets.token_hex(8)
        self._pending[number] = query
        return 200, (
            f'<form method="post" action="/login?number={number}">'
            '<input name="user" autocomplete="username">'
            '<input name="password" type="password" autocomplete="current-password">'
            "<button>Sign in</button></form>"
        )

    def login(self, number: str, form: dict[str, str]) -> tuple[int, str]:
        """Where the browser goes once somebody has signed in."""
        query = self._pending.get(number)
        if query is None:
            raise Refused("nobody began that")
        if form.get("act") == "cancel":
            return 302, self._back(query, error="access_denied")
        person = self.people.get(form.get("user", ""))
        if person is None or not hmac.compare_digest(person.password, form.get("password", "")):
            return 403, "wrong password"
        del self._pending[number]
        self._remembers = (person, self.clock())
        return 302, self._with_code(person, self.clock(), query)

    def _with_code(self, person: Person, auth_time: float, query: dict[str, str]) -> str:
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(person, query, auth_time, self.clock())
        return self._back(query, code=code)

    def _back(self, query: dict[str, str], **told: str) -> str:
        told |= {"state": query["state"], "iss": self.issuer}
        return f"{self.redirect_uri}?{urlencode(told)}"

    # What the bot asks for

    def token(self, form: dict[str, str], authorization: str) -> Claims:
        """The token endpoint. A code that comes twice is worth nothing any more."""
        self.token_calls.append(form)
        self._authenticate(form, authorization)
        code = self._codes.get(form.get("code", ""))
        if form.get("grant_type") != "authorization_code" or code is None:
            raise Refused("invalid_grant")
        if code.used or self.clock() > code.made_at + CODE_SECONDS:
            raise Refused("invalid_grant")
        code.used = True
        proof = _base64url(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if form.get("redirect_uri") != code.asked["redirect_uri"]:
            raise Refused("invalid_grant")
        if proof != code.asked["code_challenge"]:
            raise Refused("invalid_grant")
        told = {"access_token": secrets.token_urlsafe(24), "token_type": "Bearer"}
        return {**told, "id_token": self._signed(self._claims(code))}

    def _authenticate(self, form: dict[str, str], authorization: str) -> None:
        if "client_secret_basic" in self.takes:
            kind, _, told = authorization.partition(" ")
            name, _, secret = b64decode(told).decode().partition(":") if kind == "Basic" else "___"
            given = (unquote(name), unquote(secret))
        else:
            given = (form.get("client_id", ""), form.get("client_secret", ""))
        if given != (CLIENT_ID, CLIENT_SECRET):
            raise Refused("invalid_client")

    def _claims(self, code: _Code) -> Claims:
        now = int(self.clock())
        return self.change(
            {
                "iss": self.issuer,
                "sub": code.person.subject,
                "aud": CLIENT_ID,
                "exp": now + 300,
                "iat": now,
                "auth_time": int(code.auth_time),
                "nonce": code.asked["nonce"],
                "amr": ["pwd", "otp"],
                "acr": "urn:example:mfa",
                **code.person.claims,
            }
        )

    def _signed(self, claims: Claims) -> str:
        head = {"alg": self.algorithm, "kid": self._kid, "typ": "JWT"}
        said = f"{_base64url(json.dumps(head).encode())}.{_base64url(json.dumps(claims).encode())}"
        if self.algorithm == "none":
            return f"{said}."
        if self.algorithm == "HS256":  # with what everybody knows: the public key
            known = json.dumps(self.keys()["keys"][0]).encode()
            return f"{said}.{_base64url(hmac.digest(known, said.encode(), 'sha256'))}"
        key = self._key
        if self.foreign_key:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return f"{said}.{_base64url(key.sign(said.encode(), padding.PKCS1v15(), SHA256()))}"

    def keys(self) -> dict[str, Any]:
        """The JSON Web Key Set."""
        numbers = self._key.public_key().public_numbers()
        parts = {"n": _number(numbers.n), "e": _number(numbers.e)}
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self._kid, **parts}]}

    def document(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": self.takes,
            "authorization_response_iss_parameter_supported": True,
            **self.description,
        }


class _Handler(BaseHTTPRequestHandler):
    provider: IdentityProvider

    def do_GET(self) -> None:
        provider, parts = self.provider, urlsplit(self.path)
        pages = {
            "/.well-known/openid-configuration": provider.document,
            "/keys": provider.keys,
        }
        if provider.is_down:
            self._answer(503, "down", "text/plain")
        elif parts.path in pages:
            self._json(200, pages[parts.path]())
        elif parts.path == "/authorize":
            self._page(lambda: provider.authorize(_first(parts.query)))
        else:
            self._answer(404, "nothing here", "text/plain")

    def do_POST(self) -> None:
        form = _first(self.rfile.read(int(self.headers["Content-Length"])).decode())
        provider, parts = self.provider, urlsplit(self.path)
        if parts.path == "/login":
            self._page(lambda: provider.login(_first(parts.query).get("number", ""), form))
            return
        try:
            self._json(200, provider.token(form, self.headers.get("Authorization", "")))
        except Refused as refused:
            status = 401 if str(refused) == "invalid_client" else 400
            self._json(status, {"error": str(refused)})

    def _page(self, ask: Callable[[], tuple[int, str]]) -> None:
        try:
            status, told = ask()
        except Refused as refused:
            status, told = 400, str(refused)
        if status != 302:
            self._answer(status, told, "text/html")
            return
        self.send_response(302)
        self.send_header("Location", told)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, status: int, body: Any) -> None:
        self._answer(status, json.dumps(body), "application/json")

    def _answer(self, status: int, body: str, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Tests print what they need."""


def _first(encoded: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(encoded).items()}


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
