"""The client: one token, one endpoint, the operations."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from bot.credential import Credential
from bot.digitalocean.decode import RateLimit
from bot.digitalocean.droplets import DropletActions, Droplets
from bot.digitalocean.images import ImageActions, Images
from bot.digitalocean.operations import Actions, Regions
from bot.digitalocean.options import OF_THE_CLIENT, options, seconds
from bot.digitalocean.transport import Observer, Transport
from bot.digitalocean.volumes import Volumes, VolumeSnapshots

ENDPOINT = "https://api.digitalocean.com"
_PLAIN = re.compile(r"[A-Za-z]+://[A-Za-z0-9._~:/\[\]-]+")


class Client:
    """DigitalOcean's API, from any number of threads.

    Proxies and CA bundles named in the environment (`HTTPS_PROXY`, `NO_PROXY`,
    `REQUESTS_CA_BUNDLE`) are used for an https endpoint, where a proxy sees a tunnel and never
    the token. A plain-http endpoint is always called directly. `.netrc` is never read.

    Args:
        token: the API token. An empty one is sent as it is, and DigitalOcean answers 401.
        api_key: another name for it.
        endpoint: https, or plain http on a loopback host: the token must not travel in the clear.
        timeout: seconds that one whole call may take: a GET with its retries, a POST with its
            look-up of regions. Only resolving the name, which the system does at its own pace,
            and connecting to one address after another can make it longer; what would have to
            be sent after that is not sent.
        connect_timeout: seconds for connecting to one address, TLS included.
        observe: called with a `Call` for each HTTP attempt, in the thread of the call; what it
            raises is logged.
        hold: asked before each attempt for how many seconds nothing is to be sent; above 0 the
            call fails with an `HttpResponseError` of 429 and is not sent.
        given: `headers`, `user_agent`: sent with every call; `retry_total`: how often a GET is
            tried again; `connection_timeout`: another name for `connect_timeout`. What else the
            official client is built with is taken and changes nothing: see
            `bot.digitalocean.options`.

    Attributes:
        image_actions, images, actions, regions, droplets, droplet_actions, volumes,
            volume_snapshots: the operations.

    Raises:
        ValueError: a token, endpoint or time that cannot be meant.
        TypeError: no token, or an argument that neither client knows.
    """

    def __init__(
        self,
        token: str | None = None,
        *,
        api_key: str | None = None,
        endpoint: str = ENDPOINT,
        timeout: float = 30.0,
        connect_timeout: float = 5.0,
        observe: Observer | None = None,
        hold: Callable[[], float] = lambda: 0.0,
        **given: Any,
    ) -> None:
        url = _endpoint(endpoint)
        connect_timeout = given.pop("connection_timeout", connect_timeout)
        always = options(given, OF_THE_CLIENT)
        self._token = Credential(_token(token, api_key))
        self._seconds = seconds("timeout", timeout)
        self._transport = Transport(
            self._token,
            url.url.rstrip("/"),
            timeout=self._seconds,
            connect_timeout=seconds("connect_timeout", connect_timeout),
            observe=observe,
            hold=hold,
            from_environment=url.scheme == "https",
            headers=always.headers,
            retry_total=always.retry_total,
        )
        self.regions = Regions(self._transport)
        self.images = Images(self._transport)
        self.actions = Actions(self._transport)
        self.image_actions = ImageActions(self._transport, self.regions)
        self.droplets = Droplets(self._transport)
        self.droplet_actions = DropletActions(self._transport)
        self.volumes = Volumes(self._transport)
        self.volume_snapshots = VolumeSnapshots(self._transport)

    @property
    def rate_limit(self) -> RateLimit | None:
        """What the latest reply said is left of the token's budget; None before the first."""
        return self._transport.rate_limit

    def replace_token(self, token: str) -> bool:
        """Send another token from now on; return once no call with the one before is under way.

        Returns:
            False: a call with the one before outlasted the time that one may take.

        Raises:
            ValueError: it holds what no token has.
        """
        return self._token.replace(_token(token, None), self._seconds)

    def close(self) -> None:
        """Close the idle connections. A later call opens new ones."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client(endpoint={self._transport.endpoint!r})"


def _token(token: str | None, api_key: str | None) -> str:
    if (token is None) == (api_key is None):
        raise TypeError("one token is needed, as token or as api_key")
    token = api_key if token is None else token
    # Never shown, not even when refused. requests would name it in its own complaint.
    if not isinstance(token, str) or not all("!" <= c <= "~" for c in token):
        raise ValueError("token holds spaces or characters that no token has")
    return token


def _endpoint(endpoint: str) -> Url:
    """Read the endpoint with the parser that connects, so that both see the same host."""
    try:
        url = parse_url(endpoint)
    except LocationParseError:
        raise ValueError("endpoint is not an address") from None
    # An @ or a backslash is where parsers differ over which host is meant.
    if not url.host or not _PLAIN.fullmatch(endpoint):
        raise ValueError(f"endpoint is scheme, host and port, as {ENDPOINT}")
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url)):
        raise ValueError("endpoint is https: plain http would show the token to all on the way")
    return url


def _is_loopback(url: Url) -> bool:
    host = (url.host or "").strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
