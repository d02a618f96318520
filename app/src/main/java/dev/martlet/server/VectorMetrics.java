package dev.martlet.server;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The figures of embeddings and rankings for Prometheus, by kind. Safe from any thread. */
final class VectorMetrics {
    private static final String KIND = "kind";
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double[] SECONDS = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

    private final Counter requests;
    private final Counter tokens;
    private final Histogram latency;

    /** @param waiting tells what waits now, without waiting for it */
    VectorMetrics(PrometheusRegistry registry, Supplier<List<Embedders.Waiting>> waiting) {
        requests = Counter.builder()
                .name("martlet_embedding_requests")
                .help("Embedding and ranking requests that were answered")
                .labelNames(KIND)
                .withoutExemplars()
                .register(registry);
        tokens = Counter.builder()
                .name("martlet_embedding_tokens")
                .help("Tokens of those requests")
                .labelNames(KIND)
                .withoutExemplars()
                .register(registry);
        latency = Histogram.builder()
                .name("martlet_embedding_request_latency_seconds")
                .help("From their arrival in the queue to their vectors or scores")
                .labelNames(KIND)
                .classicOnly()
                .classicUpperBounds(SECONDS)
                .withoutExemplars()
                .register(registry);
        gauge(
                registry,
                "requests_waiting",
                "Embedding and ranking requests that wait",
                waiting,
                Embedders.Waiting::requests);
        gauge(registry, "tokens_waiting", "Tokens of those requests that wait", waiting, Embedders.Waiting::tokens);
    }

    private static void gauge(
            PrometheusRegistry registry,
            String name,
            String help,
            Supplier<List<Embedders.Waiting>> waiting,
            ToDoubleFunction<Embedders.Waiting> value) {
        GaugeWithCallback.builder()
                .name("martlet_embedding_" + name)
                .help(help)
                .labelNames(KIND)
                .callback(gauge -> waiting.get().forEach(one -> gauge.call(value.applyAsDouble(one), one.kind())))
                .register(registry);
    }

    /** A request of this kind has its answer. */
    void answered(String kind, int inputTokens, long nanos) {
        requests.labelValues(kind).inc();
        tokens.labelValues(kind).inc(inputTokens);
        latency.labelValues(kind).observe(nanos / NANOS_PER_SECOND);
    }
}
