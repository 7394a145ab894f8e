"""The bot as a client of the identity provider: where to sign in, and who did. Over HTTP."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from bot.config import Settings
from bot.domain.sign_in import Identity, SignIn, SignInAnswer
from bot.domain.step_up import Refusal
from bot.errors import SettingsError
from bot.limited_http import FAILURES, Answer, ask
from bot.oidc.discovery import PATH, Provider, ProviderTrouble, provider_of
from bot.oidc.id_token import Expected, Unproven, identity_in

if TYPE_CHECKING:  # it is loaded only where an issuer is set
    from joserfc.jwk import KeySet

log = logging.getLogger(__name__)

REDIRECT_PATH = "/signed-in"
"""Below the public address: where the provider sends browsers back to."""

_CALL_SECONDS = 5.0
"""A person waits, in front of a browser."""
_KEPT_SECONDS = 3600.0
"""How long the provider's description and keys are kept."""
_KEYS_SECONDS = 30.0
"""A token by a key that is not known has the keys read anew, no more often than this."""
_WORD = re.compile(r"[a-z_]{1,40}")
"""An error of OAuth's."""
_AT_ONCE = 4
"""How many sign-ins may be asked about at once: the web server's threads are for Slack."""


class OidcClient:
    """A confidential client of one provider.

    Args:
        issuer: as its discovery document has it, to the letter.
        redirect_uri: where it sends browsers back to; registered there.
        person_claim: the claim of the identity token that holds the Slack user id.
        acr: the authentication contexts of which one is asked for and has to be met; may be empty.

    Raises:
        SettingsError: `joserfc` is not installed.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        person_claim: str,
        acr: tuple[str, ...] = (),
    ) -> None:
        try:
            import joserfc  # noqa: F401 - told now, rather than to whoever signs in
        except ImportError:
            raise SettingsError(
                "IMAGE_BOT_OIDC_ISSUER needs a package that is not installed.",
                "Install image-bot[oidc].",
            ) from None
        self.issuer = issuer
        self._client_id = client_id
        self._secret = client_secret
        self.redirect_uri = redirect_uri
        self._person_claim = person_claim
        self._acr = acr
        self._at_once = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._known: tuple[Provider, float] | None = None
        self._keys: tuple[KeySet, float] | None = None

    def address(self, sign_in: SignIn) -> str:
        """Where a browser is sent to sign in, anew, whatever the provider remembers of it.

        Raises:
            ProviderTrouble: the provider cannot be asked.
        """
        with self._seat():
            endpoint = self.provider().authorization_endpoint
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": sign_in.state,
            "nonce": sign_in.nonce,
            "code_challenge": sign_in.challenge,
            "code_challenge_method": "S256",
            "prompt": "login",
            "max_age": "0",
        }
        if self._acr:
            query["acr_values"] = " ".join(self._acr)
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def identify(
        self, answer: SignInAnswer, sign_in: SignIn, since: float, now: float
    ) -> Identity | Unproven:
        """Who signed in, by what the provider says to the code of an answer.

        Args:
            since: they have to have signed in after this, in epoch seconds.
        """
        try:
            with self._seat():
                return self._identify(answer, sign_in, since, now)
        except ProviderTrouble as error:
            log.warning("%s", error)
            return Unproven(Refusal.CANNOT_ASK, error.problem)

    @contextmanager
    def _seat(self) -> Iterator[None]:
        if not self._at_once.acquire(blocking=False):
            raise ProviderTrouble("Too many people sign in at once.", "Try again in a moment.")
        try:
            yield
        finally:
            self._at_once.release()

    def _identify(
        self, answer: SignInAnswer, sign_in: SignIn, since: float, now: float
    ) -> Identity | Unproven:
        from joserfc.errors import InvalidKeyIdError

        provider = self.provider()
        if answer.issuer != provider.issuer and (answer.issuer or provider.names_itself):
            return Unproven(Refusal.NOT_SIGNED_IN, "another issuer answered")
        if answer.error or not answer.code:
            # It comes by the browser, so anything may stand there.
            said = answer.error if _WORD.fullmatch(answer.error) else "no"
            return Unproven(Refusal.NOT_SIGNED_IN, f"the provider said {said}")
        token = self._exchange(provider, answer.code, sign_in)
        if isinstance(token, Unproven):
            return token
        expected = Expected(
            provider.issuer, self._client_id, sign_in.nonce, since, self._person_claim, self._acr
        )
        try:
            return identity_in(token, self.keys(), expected, now)
        except InvalidKeyIdError:  # it may have been rotated meanwhile
            pass
        try:
            return identity_in(token, self.keys(_KEYS_SECONDS), expected, now)
        except InvalidKeyIdError:
            return Unproven(Refusal.NOT_SIGNED_IN, "the identity token: a key of nobody's")

    def _exchange(self, provider: Provider, code: str, sign_in: SignIn) -> str | Unproven:
        """The identity token that the provider gives for a code; a code is sent once."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": sign_in.verifier,
        }
        basic = None
        if provider.sends_secret_in_form:
            form |= {"client_id": self._client_id, "client_secret": self._secret}
        else:  # encoded before it is encoded: RFC 6749, section 2.3.1
            basic = (quote(self._client_id, safe=""), quote(self._secret, safe=""))
        told = _ask("POST", provider.token_endpoint, data=form, auth=basic)
        if told.status != HTTPStatus.OK:
            error = str(told.body.get("error"))
            known = error if _WORD.fullmatch(error) else told.status
            return Unproven(Refusal.NOT_SIGNED_IN, f"the token endpoint said {known}")
        token = told.body.get("id_token")
        if not isinstance(token, str):
            return Unproven(Refusal.NOT_SIGNED_IN, "the token endpoint gave no identity token")
        return token

    def provider(self) -> Provider:
        """The provider as it describes itself, read lately.

        Raises:
            ProviderTrouble: it cannot be read, or cannot be worked with.
        """
        with self._lock:
            if self._known and time.monotonic() - self._known[1] < _KEPT_SECONDS:
                return self._known[0]
        told = _ask("GET", self.issuer.rstrip("/") + PATH)
        if told.status != HTTPStatus.OK:
            raise ProviderTrouble(
                f"The identity provider's discovery document answered {told.status}.",
                "Look at IMAGE_BOT_OIDC_ISSUER: the document is below it, at " + PATH,
            )
        found = provider_of(told.body, self.issuer)
        with self._lock:
            self._known = found, time.monotonic()
        return found

    def keys(self, kept: float = _KEPT_SECONDS) -> KeySet:
        """The provider's public keys, read within `kept` seconds.

        Raises:
            ProviderTrouble: they cannot be read.
        """
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        with self._lock:
            if self._keys and time.monotonic() - self._keys[1] < kept:
                return self._keys[0]
        told = _ask("GET", self.provider().jwks_uri)
        try:
            found = KeySet.import_key_set({"keys": told.body["keys"]})
        except (JoseError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProviderTrouble(
                f"The identity provider's keys cannot be read ({type(error).__name__}).",
                "Open its jwks_uri in a browser.",
            ) from error
        with self._lock:
            self._keys = found, time.monotonic()
        return found


def client_of(settings: Settings) -> OidcClient | None:
    """The client that the settings describe; None: none.

    Raises:
        SettingsError: `joserfc` is not installed.
    """
    if settings.oidc_client_secret is None:
        return None
    return OidcClient(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        settings.public_url.rstrip("/") + REDIRECT_PATH,
        settings.oidc_person_claim,
        tuple(settings.oidc_acr.split()),
    )


class _Told:
    """One answer: its status, and the JSON object in it, empty where there was none."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        try:
            body = json.loads(answer.content)
        except (ValueError, RecursionError):
            body = None
        self.body: Mapping[str, Any] = body if isinstance(body, Mapping) else {}


def _ask(method: str, url: str, **given: Any) -> _Told:
    """One call, made once; nobody is followed elsewhere with a secret.

    Raises:
        ProviderTrouble: there was no answer.
    """
    try:
        return _Told(ask(method, url, seconds=_CALL_SECONDS, **given))
    except FAILURES as error:
        raise ProviderTrouble(
            f"The identity provider does not answer ({type(error).__name__}).",
            "Try again in a moment.",
        ) from error
