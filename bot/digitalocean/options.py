"""The keyword arguments that the official client takes with every call, and what becomes of them.

| given | here |
|---|---|
| `headers` | sent; never `Authorization`, nor what frames the message |
| `params` | sent as the query; an argument of the same name goes first, as there |
| `content_type`, `user_agent` | sent as the header |
| `timeout` | seconds for this call |
| `cls` | given the answer, its JSON and the headers of the budget; what it returns is returned |
| `raw_response_hook` | given each answer |
| `error_map` | another exception for a status; built with `response=` |
| `retry_total` | how often a GET is tried again; what changes something never is |
| what azure-core has besides (`IGNORED`) | taken, and changes nothing |
| anything else | a TypeError, as there |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

IGNORED = frozenset(
    {
        "enforce_https", "request_id", "auto_request_id",
        "connection_timeout", "read_timeout", "connection_verify", "connection_cert",
        "connection_data_block_size", "proxies", "use_env_settings",
        "retry_connect", "retry_read", "retry_status", "retry_mode",
        "retry_backoff_factor", "retry_backoff_max", "retry_on_status_codes",
        "retry_status_codes", "permit_redirects", "redirect_max", "redirect_remove_headers",
        "logger", "logging_enable", "logging_body", "raw_request_hook",
        "user_agent_overwrite", "user_agent_use_env", "sdk_moniker", "response_encoding",
        "network_span_namer", "tracing_attributes", "tracing_options", "merge_span",
        "enable_http_logger", "custom_hook",
    }
)  # fmt: skip
"""Retries, redirects, certificates, proxies and logs are this client's own affair."""
OF_THE_CLIENT = frozenset(
    {
        "inference_endpoint", "agent_endpoint", "agents_endpoint", "gateway_endpoint",
        "gateway_provider", "credential_scopes", "polling_interval", "http_logging_policy",
        "retry_policy", "redirect_policy", "logging_policy", "headers_policy", "proxy_policy",
        "user_agent_policy", "custom_hook_policy", "authentication_policy", "policies",
        "per_call_policies", "per_retry_policies", "transport", "pipeline",
    }
)  # fmt: skip
"""What only the client itself is built with there; it changes nothing here either."""

_OURS = frozenset({"authorization", "connection", "content-length", "transfer-encoding", "te"})
"""Headers that would change whose call it is, or where its body ends."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is sent with one call besides what the call is, and what becomes of its answer.

    `timeout` in seconds. None, of anything: as ever.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    timeout: float | None = None
    cls: Callable[[Any, Any, dict[str, int | None]], Any] | None = None
    raw_response_hook: Callable[[Any], object] | None = None
    error_map: Mapping[int, Callable[..., Exception]] = field(default_factory=dict)
    retry_total: int | None = None


PLAIN = Options()


def options(given: Mapping[str, Any], more_names: frozenset[str] = frozenset()) -> Options:
    """Read the keyword arguments of a call.

    Raises:
        TypeError: there is one that neither client knows.
        ValueError: a timeout that cannot be meant.
    """
    left = dict(given)
    headers = {
        str(name): str(value)
        for name, value in (left.pop("headers", None) or {}).items()
        if str(name).lower() not in _OURS and value is not None
    }
    params = dict(left.pop("params", None) or {})
    for name, header in (("content_type", "Content-Type"), ("user_agent", "User-Agent")):
        value = left.pop(name, None)
        if value is not None:
            headers = {k: v for k, v in headers.items() if k.lower() != header.lower()}
            headers[header] = str(value)
    timeout = left.pop("timeout", None)
    about_the_answer = {name: left.pop(name, None) for name in ("cls", "raw_response_hook")}
    error_map = dict(left.pop("error_map", None) or {})
    retry_total = left.pop("retry_total", None)
    unknown = sorted(left.keys() - IGNORED - more_names)
    if unknown:
        raise TypeError(f"unexpected keyword argument {unknown[0]!r}")
    return Options(
        headers,
        params,
        None if timeout is None else seconds("timeout", timeout),
        **about_the_answer,
        error_map=error_map,
        retry_total=None if retry_total is None else max(0, int(retry_total)),
    )


def seconds(name: str, value: float) -> float:
    """A time that a call may take. Raises ValueError where it cannot be meant."""
    if not math.isfinite(value) or value <= 0:
        raise ValueError(f"{name} is a number of seconds above 0")
    return float(value)
