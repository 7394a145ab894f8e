"""Traces for OpenTelemetry: where its packages are installed and an endpoint is set, else nothing.

A span stands for each payload, each run of a job and each call to DigitalOcean. Attributes
are ids and states; no text that a person wrote leaves the bot this way.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from bot import __version__
from bot.digitalocean import Call
from bot.queue import JobFunction, JobFunctions

log = logging.getLogger(__name__)

Span = Callable[..., AbstractContextManager[Any]]
"""Opens a span: a name, then attributes."""


class Tracing:
    """Spans, or nothing.

    Args:
        endpoint: where OTLP over HTTP is taken, as `http://localhost:4318`; empty: no traces.
    """

    def __init__(self, endpoint: str) -> None:
        self._provider = _provider(endpoint) if endpoint else None
        self._tracer = self._provider.get_tracer("image-bot") if self._provider else None

    @property
    def is_on(self) -> bool:
        """Whether spans go anywhere."""
        return self._tracer is not None

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[Any]:
        """A span around a block; an exception that leaves the block is written down in it."""
        if self._tracer is None:
            return nullcontext()
        return _span(self._tracer, name, attributes)

    def called(self, call: Call) -> None:
        """A span for a call that has just ended, within the span of what made it."""
        if self._tracer is None:
            return
        ended = time.time_ns()
        told: dict[str, str | int] = {"http.request.method": call.method, "url.path": call.path}
        told |= {"http.response.status_code": call.status} if call.status else {}
        told |= {"image_bot.request_id": call.request_id} if call.request_id else {}
        began = ended - int(call.seconds * 1e9)
        span = self._tracer.start_span(
            f"DigitalOcean {call.method}", None, attributes=told, start_time=began
        )
        span.end(ended)

    def jobs(self, jobs: JobFunctions) -> JobFunctions:
        """The same jobs, each run of one in a span."""
        if self._tracer is None:
            return jobs
        return {name: self._traced(name, job) for name, job in jobs.items()}

    def _traced(self, name: str, job: JobFunction) -> JobFunction:
        def run(key: str) -> None:
            with self.span(f"job {name}", key=key[:64]):
                job(key)

        return run

    def stop(self) -> None:
        """Send what is left, and end."""
        if self._provider is not None:
            self._provider.shutdown()


@contextmanager
def _span(tracer: Any, name: str, attributes: dict[str, str | int]) -> Iterator[Any]:
    told = {f"image_bot.{key}": value for key, value in attributes.items()}
    with tracer.start_as_current_span(name, attributes=told) as span:
        yield span


def _provider(endpoint: str) -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        log.warning(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and %s is not installed: no traces."
            " Run `pip install 'image-bot[tracing]'`.",
            error.name,
        )
        return None
    resource = Resource.create({"service.name": "image-bot", "service.version": __version__})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
