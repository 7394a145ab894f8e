"""Traces: nothing without an endpoint, and with one a span for each thing done."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from collector import Collector, collecting

from bot.digitalocean import Call
from bot.observability.tracing import Tracing


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as server:
        yield server


def test_without_an_endpoint_nothing_is_done() -> None:
    tracing = Tracing("")
    jobs = {"check": lambda _key: None}
    assert not tracing.is_on
    assert tracing.jobs(jobs) is jobs
    with tracing.span("x", key="1"):
        pass
    tracing.called(Call("GET", "/v2/regions", 200, 0.1, None, None))
    tracing.stop()


def test_spans_are_sent_with_their_parents(collector: Collector) -> None:
    tracing = Tracing(collector.url)
    call = Call("POST", "/v2/images/1/actions", 201, 0.25, None, "r-77")
    jobs = tracing.jobs({"submit": lambda _key: tracing.called(call)})
    jobs["submit"]("17")
    with pytest.raises(ValueError, match="broken"), tracing.span("command transfer", actor="U0ANN"):
        raise ValueError("broken")
    tracing.stop()
    spans = {span.name: span for span in collector.spans}
    job, post = spans["job submit"], spans["DigitalOcean POST"]
    assert post.parent_span_id == job.span_id
    told = {a.key: a.value.string_value or a.value.int_value for a in post.attributes}
    assert told["image_bot.request_id"] == "r-77"
    assert told["http.response.status_code"] == 201
    assert 0.2e9 < post.end_time_unix_nano - post.start_time_unix_nano < 0.3e9
    assert spans["command transfer"].status.code == 2  # an error


def test_packages_that_are_missing_are_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    tracing = Tracing("http://127.0.0.1:4318")
    assert not tracing.is_on
    assert "image-bot[tracing]" in caplog.text
