"""Export of spans to a collector, by OTLP over HTTP. The only module that imports OpenTelemetry.

The standard environment variables set address, headers, sampling and service name: `OTEL_EXPORTER_OTLP_ENDPOINT` and
others.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision, Sampler
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from services.telemetry.traces import ROOT, Span

log = logging.getLogger(__name__)

FLUSH_SECONDS = 3.0
"""Maximum time that unsent spans delay the end of the process."""
NS_PER_MS = 1_000_000


@asynccontextmanager
async def collector() -> AsyncGenerator[Callable[[Span], None]]:
    """An exporter of spans while the block lasts. It never waits: a thread sends the spans, the oldest are dropped when
    there are too many, and an unreachable collector costs one log line.
    """
    exporter = _Exporter()
    ids = _Ids()
    sampler = TracerProvider(shutdown_on_exit=False).sampler  # as the variables want it
    provider = TracerProvider(ALWAYS_ON, _resource(), shutdown_on_exit=False, id_generator=ids)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield _SpanFactory(provider.get_tracer("draftcast"), ids, sampler).export
    finally:
        ending = threading.Thread(target=provider.shutdown, name="last spans", daemon=True)
        ending.start()
        await asyncio.to_thread(ending.join, FLUSH_SECONDS)
        exporter.give_up()


def _resource() -> Resource:
    ours = Resource({"service.name": "draftcast", "service.version": version("draftcast")})
    return Resource.create().merge(ours).merge(OTELResourceDetector().detect())


def _number(task_id: str, path: str) -> int:
    """The id of the span at a path of a task's trace: 64 bits."""
    return int.from_bytes(blake2b(f"{task_id}/{path}".encode(), digest_size=8).digest())


class _Ids(IdGenerator):
    """The ids of the next span."""

    trace_id = 0
    span_id = 0

    def generate_trace_id(self) -> int:
        return self.trace_id

    def generate_span_id(self) -> int:
        return self.span_id


class _SpanFactory:
    """Converts our spans to the library's."""

    def __init__(self, tracer: Tracer, ids: _Ids, sampler: Sampler) -> None:
        self._tracer = tracer
        self._ids = ids
        self._sampler = sampler

    def export(self, span: Span) -> None:
        """Queue a span for sending, if its trace is sampled."""
        if not self._sampled(span.task_id):
            return
        trace_id = self._ids.trace_id = int(span.task_id, 16)
        self._ids.span_id = _number(span.task_id, span.path)
        error = {"error.type": span.error[0]} if span.error else {}
        made = self._tracer.start_span(
            span.name,
            _parent(trace_id, span),
            SpanKind[span.kind],
            {**span.attributes, **error},
            start_time=span.start_ms * NS_PER_MS,
        )
        if span.error:
            made.set_status(Status(StatusCode.ERROR, ": ".join(filter(None, span.error))))
        made.end(span.end_ms * NS_PER_MS)

    def _sampled(self, task_id: str) -> bool:
        """The same in every process. Samplers look at bits of the trace id that are constant in task ids, so a hash of
        it is passed.
        """
        return self._sampler.should_sample(None, _number(task_id, ""), ROOT).decision is Decision.RECORD_AND_SAMPLE


def _parent(trace_id: int, span: Span) -> Context:
    """The parent span, which another process may have sent."""
    if span.parent is None:
        return Context()
    flags = TraceFlags(TraceFlags.SAMPLED)
    parent = SpanContext(trace_id, _number(span.task_id, span.parent), is_remote=True, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(parent))


class _Exporter(SpanExporter):
    """The library's exporter; logs once that the collector is unreachable, and once that it is back."""

    def __init__(self) -> None:
        self._exporter: SpanExporter = trace_exporter.OTLPSpanExporter()
        self._messages = _MessageFilter()
        logging.getLogger(trace_exporter.__name__).addFilter(self._messages)
        self._works = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._messages.first = ""
        result = self._exporter.export(spans)
        works = result is SpanExportResult.SUCCESS
        if works and not self._works:
            log.info("the collector accepts traces again")
        elif self._works and not works:
            log.warning(
                "the collector does not accept traces; they are dropped until it does: %s", self._messages.first
            )
        self._works = works
        return result

    def shutdown(self) -> None:
        self.give_up()

    def give_up(self) -> None:
        """Stop retrying; exports under way end soon."""
        logger = logging.getLogger(trace_exporter.__name__)
        if self._messages in logger.filters:
            self._exporter.shutdown()
            logger.removeFilter(self._messages)


class _MessageFilter(logging.Filter):
    """Keeps the exporter's messages about each attempt out of the log."""

    first = ""

    def filter(self, record: logging.LogRecord) -> bool:
        self.first = self.first or record.getMessage()
        return False
