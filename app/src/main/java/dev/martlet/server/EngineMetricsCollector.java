package dev.martlet.server;

import dev.martlet.engine.Distribution;
import dev.martlet.engine.Engine;
import dev.martlet.engine.EngineDistributions;
import dev.martlet.engine.EngineMetrics;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;

/** An engine's figures for Prometheus. Names follow vLLM's where the meaning is the same, with another prefix. */
final class EngineMetricsCollector implements MultiCollector {
    private static final double MICROS_PER_SECOND = 1e6;
    private static final double NANOS_PER_SECOND = 1e9;

    private final Engine engine;

    EngineMetricsCollector(Engine engine) {
        this.engine = engine;
    }

    @Override
    public MetricSnapshots collect() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        EngineMetrics now = engine.metrics();
        levels(all, now);
        requests(all, now);
        tokens(all, now);
        work(all, now);
        distributions(all, engine.distributions());
        return all.build();
    }

    private static void levels(MetricSnapshots.Builder all, EngineMetrics now) {
        gauge(all, "num_requests_running", "Requests that run", now.running());
        gauge(all, "num_requests_waiting", "Requests that wait", now.waiting());
        gauge(
                all,
                "queue_tokens",
                "Tokens of requests that have not run yet, prompts and expected answers",
                now.waitingTokens());
        gauge(
                all,
                "queue_predicted_wait_seconds",
                "How long a request that comes now is expected to wait",
                now.predictedWaitMicros() / MICROS_PER_SECOND);
        gauge(
                all,
                "prompt_token_cost_seconds",
                "What a prompt token costs that is not cached, learned from the last steps",
                now.promptTokenNanos() / NANOS_PER_SECOND);
        gauge(
                all,
                "output_token_cost_seconds",
                "What a token of output costs among those that run at once, learned from the last steps",
                now.outputTokenNanos() / NANOS_PER_SECOND);
        gauge(all, "mean_output_tokens", "Tokens of an answer, learned from the last ones", now.meanOutputTokens());
        gauge(
                all,
                "kv_cache_usage_perc",
                "Share of the KV cache that is in use, cached prefixes included: 1 is all of it",
                (double) now.usedCells() / Math.max(1, now.contextTokens()));
        gauge(all, "kv_cache_used_cells", "Cells of the KV cache in use", now.usedCells());
        gauge(all, "kv_cache_cells", "Cells of the KV cache", now.contextTokens());
        gauge(all, "host_cache_bytes", "Host memory that cached prefixes take", now.hostBytes());
        gauge(all, "cached_prefixes", "Finished requests whose tokens stay in the cache", now.cachedPrefixes());
    }

    private static void requests(MetricSnapshots.Builder all, EngineMetrics now) {
        counter(all, "requests_submitted", "Requests the engine took on", now.submitted());
        counter(all, "requests_ended", "Requests that ended, however", now.ended());
        counter(all, "requests_cancelled", "Requests that were cancelled, or that nobody read", now.cancelled());
        counter(all, "requests_failed", "Requests that failed in the engine", now.failed());
        counter(all, "requests_expired", "Requests whose deadline passed", now.expired());
        all.metricSnapshot(CounterSnapshot.builder()
                .name("martlet_requests_rejected")
                .help("Requests that were refused, by the bound of the queue that was reached")
                .dataPoint(labelled("reason", "requests", now.rejectedRequests()))
                .dataPoint(labelled("reason", "tokens", now.rejectedTokens()))
                .dataPoint(labelled("reason", "key", now.rejectedTenant()))
                .build());
        counter(all, "num_preemptions", "Times a request lost its cells for a while", now.preemptions());
    }

    private static void tokens(MetricSnapshots.Builder all, EngineMetrics now) {
        counter(all, "prompt_tokens", "Tokens of prompts, cached ones included", now.promptTokens());
        counter(all, "generation_tokens", "Tokens of output", now.decodeTokens());
        counter(all, "prefill_tokens", "Prompt tokens computed, again after a preemption too", now.prefillTokens());
        counter(all, "prefix_cache_queries", "Prompt tokens looked up in the prefix cache", now.promptTokens());
        counter(all, "prefix_cache_hits", "Prompt tokens found in the prefix cache", now.cachedTokens());
        counter(all, "forced_tokens", "Tokens of output that a grammar left no choice about", now.forcedTokens());
        all.metricSnapshot(CounterSnapshot.builder()
                .name("martlet_draft_tokens")
                .help("Drafted tokens by what became of them")
                .dataPoint(labelled("result", "accepted", now.draftsAccepted()))
                .dataPoint(labelled("result", "rejected", now.draftsRejected()))
                .build());
    }

    private static CounterSnapshot.CounterDataPointSnapshot labelled(String label, String name, long value) {
        return CounterSnapshot.CounterDataPointSnapshot.builder()
                .labels(Labels.of(label, name))
                .value(value)
                .build();
    }

    private static void work(MetricSnapshots.Builder all, EngineMetrics now) {
        counter(all, "steps", "Steps run", now.steps());
        counter(all, "model_seconds", "Time the model took", now.decodeMicros() / MICROS_PER_SECOND);
        counter(all, "sampling_seconds", "Time the choice of tokens took", now.sampleMicros() / MICROS_PER_SECOND);
        counter(all, "cache_evictions", "Cached prefixes dropped for room", now.evictions());
        counter(all, "cache_spills", "Cached prefixes moved to host memory", now.spills());
        counter(all, "cache_restores", "Cached prefixes brought back from there", now.restores());
        counter(all, "recoveries", "Contexts made anew after a failure", now.recoveries());
    }

    private static void distributions(MetricSnapshots.Builder all, EngineDistributions seen) {
        histogram(all, "request_queue_time_seconds", "From submission until a request first runs", seen.queueWait());
        histogram(all, "time_to_first_token_seconds", "From submission to the first token", seen.timeToFirstToken());
        histogram(all, "inter_token_latency_seconds", "Between two tokens of a request", seen.interToken());
        histogram(all, "e2e_request_latency_seconds", "From submission to a request's end", seen.requestTime());
        histogram(all, "request_prefill_time_seconds", "From its first run to its first token", seen.prefillTime());
        histogram(all, "request_decode_time_seconds", "From its first token to its last", seen.decodeTime());
        histogram(
                all,
                "request_prompt_tokens",
                "Tokens of a prompt, of requests that ran and ended",
                seen.promptTokens());
        histogram(all, "request_generation_tokens", "Tokens of output, of the same", seen.outputTokens());
        histogram(all, "step_time_seconds", "Time of a step", seen.stepTime());
        histogram(all, "step_tokens", "Tokens of a step", seen.stepTokens());
        histogram(all, "step_requests", "Requests in a step", seen.stepSequences());
    }

    private static void gauge(MetricSnapshots.Builder all, String name, String help, double value) {
        all.metricSnapshot(GaugeSnapshot.builder()
                .name("martlet_" + name)
                .help(help)
                .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .value(value)
                        .build())
                .build());
    }

    private static void counter(MetricSnapshots.Builder all, String name, String help, double value) {
        all.metricSnapshot(CounterSnapshot.builder()
                .name("martlet_" + name)
                .help(help)
                .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                        .value(value)
                        .build())
                .build());
    }

    private static void histogram(MetricSnapshots.Builder all, String name, String help, Distribution values) {
        double[] bounds = new double[values.buckets()];
        long[] counts = new long[bounds.length];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = values.upperBound(i);
            counts[i] = values.count(i);
        }
        all.metricSnapshot(HistogramSnapshot.builder()
                .name("martlet_" + name)
                .help(help)
                .dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                        .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts))
                        .sum(values.sum())
                        .build())
                .build());
    }
}
