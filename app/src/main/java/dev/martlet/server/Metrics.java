package dev.martlet.server;

import dev.martlet.engine.Engine;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * {@code GET /metrics} for Prometheus, and the filter that counts HTTP requests by route and status. A scrape reads
 * counters and never waits for the engine.
 */
final class Metrics implements Filter, Handler {

    /** What may stand in a label; the rest is one label more, so that no client can make them grow. */
    private static final Set<String> METHODS = Set.of("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS");

    private static final String OTHER = "other";

    /** In the place of a status, when the connection ended before there was one. */
    private static final String NO_STATUS = "none";

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final ExpositionFormats formats = ExpositionFormats.init();
    private final Counter requests = Counter.builder()
            .name("martlet_http_requests")
            .help("HTTP requests by route, method and status of the answer")
            .labelNames("route", "method", "status")
            .withoutExemplars()
            .register(registry);

    Metrics() {
        JvmMemoryMetrics.builder().register(registry);
        JvmGarbageCollectorMetrics.builder().register(registry);
        JvmThreadsMetrics.builder().register(registry);
        JvmRuntimeInfoMetric.builder().register(registry);
        ProcessMetrics.builder().register(registry);
    }

    /** The pattern of ours that a request's path matches, never the client's own path. */
    static String route(RoutingRequest request) {
        return request.matchingPattern().filter(pattern -> !pattern.isEmpty()).orElse(OTHER);
    }

    /** Counts embeddings and rankings, of which it is told what waits. */
    VectorMetrics vectors(Supplier<List<Embedders.Waiting>> waiting) {
        return new VectorMetrics(registry, waiting);
    }

    /** Shows this engine's figures too, from now on. */
    void observe(Engine engine) {
        registry.register(new EngineMetricsCollector(engine));
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        try {
            chain.proceed();
        } finally {
            String method = request.prologue().method().text();
            requests.labelValues(
                            route(request),
                            METHODS.contains(method) ? method : OTHER,
                            response.isSent() ? response.status().codeText() : NO_STATUS)
                    .inc();
        }
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        ExpositionFormatWriter writer =
                formats.findWriter(request.headers().first(HeaderNames.ACCEPT).orElse(""));
        ByteArrayOutputStream body = new ByteArrayOutputStream(16_384);
        try {
            writer.write(body, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        response.header(HeaderNames.CONTENT_TYPE, writer.getContentType());
        response.send(body.toByteArray());
    }
}
