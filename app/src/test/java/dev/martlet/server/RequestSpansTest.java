package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.WritableHeaders;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import org.junit.jupiter.api.Test;

class RequestSpansTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String GOOD = "00-" + TRACE + "-00f067aa0ba902b7-01";

    private static ServerRequestHeaders headers(String... traceParents) {
        WritableHeaders<?> headers = WritableHeaders.create();
        if (traceParents.length > 0) {
            headers.set(HeaderNames.create("traceparent"), traceParents);
        }
        return ServerRequestHeaders.create(headers);
    }

    private static SpanContext of(Context context) {
        return Span.fromContext(context).getSpanContext();
    }

    @Test
    void shouldGoOnWithTheCallersTrace() {
        Context parent = RequestSpans.parent(Context.root(), headers(GOOD));
        assertThat(of(parent).getTraceId()).isEqualTo(TRACE);
        assertThat(of(parent).isRemote()).isTrue();
        assertThat(RequestSpans.kind(parent)).isEqualTo(SpanKind.SERVER);
    }

    @Test
    void shouldBeginATraceWhereTheHeaderTellsNone() {
        for (ServerRequestHeaders headers : new ServerRequestHeaders[] {
            headers(), headers("nonsense"), headers(GOOD.replace('4', 'x')), headers(GOOD, GOOD.replace("00f0", "11f0"))
        }) {
            Context parent = RequestSpans.parent(Context.root(), headers);
            assertThat(of(parent).isValid()).as(headers.toString()).isFalse();
            assertThat(RequestSpans.kind(parent)).isEqualTo(SpanKind.SERVER);
        }
    }

    @Test
    void shouldBeAPartOfASpanThatIsHereAlready() {
        SpanContext ofAgent = SpanContext.create(
                "0af7651916cd43dd8448eb211c80319c",
                "b7ad6b7169203331",
                TraceFlags.getSampled(),
                TraceState.getDefault());
        Context here = Context.root().with(Span.wrap(ofAgent));
        Context parent = RequestSpans.parent(here, headers(GOOD));
        assertThat(of(parent)).isEqualTo(ofAgent);
        assertThat(RequestSpans.kind(parent)).isEqualTo(SpanKind.INTERNAL);
    }
}
