package dev.martlet.server;

import dev.martlet.engine.CacheOutcome;
import dev.martlet.engine.Distribution;
import dev.martlet.engine.Engine;
import dev.martlet.engine.EngineDistributions;
import dev.martlet.engine.EngineMetrics;
import dev.martlet.engine.EngineSnapshot;
import dev.martlet.openai.Json;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * {@code GET /v1/engine}: what the engine is doing, as JSON without anybody's text. The lists are of the moment that
 * {@code age_ms} tells; the numbers beside them are of now, as far as the engine's thread has told: at a step's begin and end.
 */
final class EngineView implements Handler {

    /** How long the engine may take to answer before its last picture is shown. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Supplier<Engine> observed;
    private final Supplier<List<Embedders.Waiting>> vectors;

    /**
     * @param observed gives the engine; throws while there is none
     * @param vectors tells what waits of embeddings and rankings
     */
    EngineView(Supplier<Engine> observed, Supplier<List<Embedders.Waiting>> vectors) {
        this.observed = observed;
        this.vectors = vectors;
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        Engine engine = observed.get();
        EngineSnapshot picture;
        try {
            picture = engine.snapshot(PATIENCE);
        } catch (InterruptedException e) {
            // Only the server's end interrupts a request; the flag would make the last write fail.
            throw ApiErrors.shuttingDown().toException();
        }
        EngineMetrics now = engine.metrics();
        String body = object().add("object", "engine")
                .add("age_ms", millis(Duration.between(picture.taken(), Instant.now())))
                .add("requests", requests(now))
                .add("queue", queue(now, picture.tenants()))
                .add("tokens", tokens(now))
                .add("cache", cache(now, picture.prefixes()))
                .add("embedding_queue", embeddings())
                .add("latency_seconds", latencies(engine.distributions()))
                .add("running", list(picture.running()))
                .add("waiting", list(picture.waiting()))
                .add("ended", list(picture.ended()))
                .build()
                .toString();
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.header(HeaderValues.CACHE_NO_CACHE);
        response.send(body.getBytes(StandardCharsets.UTF_8));
    }

    private JsonArrayBuilder embeddings() {
        JsonArrayBuilder queues = Json.builders().createArrayBuilder();
        vectors.get()
                .forEach(one -> queues.add(object().add("kind", one.kind())
                        .add("requests", one.requests())
                        .add("tokens", one.tokens())));
        return queues;
    }

    private static JsonObjectBuilder requests(EngineMetrics now) {
        return object().add("running", now.running())
                .add("waiting", now.waiting())
                .add("submitted", now.submitted())
                .add("ended", now.ended())
                .add("cancelled", now.cancelled())
                .add("failed", now.failed())
                .add("expired", now.expired())
                .add("preemptions", now.preemptions());
    }

    private static JsonObjectBuilder queue(EngineMetrics now, List<EngineSnapshot.Tenant> tenants) {
        JsonArrayBuilder who = Json.builders().createArrayBuilder();
        for (EngineSnapshot.Tenant tenant : tenants) {
            who.add(object().add("id", tenant.name())
                    .add("running", tenant.running())
                    .add("waiting", tenant.waiting()));
        }
        return object().add("requests", now.waiting())
                .add("tokens", now.waitingTokens())
                .add("predicted_wait_ms", now.predictedWaitMicros() / 1e3)
                .add("prompt_token_us", now.promptTokenNanos() / 1e3)
                .add("output_token_us", now.outputTokenNanos() / 1e3)
                .add("mean_output_tokens", now.meanOutputTokens())
                .add(
                        "rejected",
                        object().add("requests", now.rejectedRequests())
                                .add("tokens", now.rejectedTokens())
                                .add("key", now.rejectedTenant()))
                .add("tenants", who);
    }

    private static JsonObjectBuilder tokens(EngineMetrics now) {
        return object().add("prompt", now.promptTokens())
                .add("cached", now.cachedTokens())
                .add("prefill", now.prefillTokens())
                .add("output", now.decodeTokens())
                .add("drafts_accepted", now.draftsAccepted())
                .add("drafts_rejected", now.draftsRejected())
                .add("forced", now.forcedTokens());
    }

    private static JsonObjectBuilder cache(EngineMetrics now, List<EngineSnapshot.Prefix> prefixes) {
        JsonArrayBuilder held = Json.builders().createArrayBuilder();
        for (EngineSnapshot.Prefix prefix : prefixes) {
            held.add(object().add("tokens", prefix.tokens())
                    .add("resident", prefix.resident())
                    .add("host_bytes", prefix.hostBytes()));
        }
        return object().add("cells", now.contextTokens())
                .add("used_cells", now.usedCells())
                .add("evictions", now.evictions())
                .add("host_bytes", now.hostBytes())
                .add("spills", now.spills())
                .add("restores", now.restores())
                .add("recoveries", now.recoveries())
                .add("prefixes", held);
    }

    private static JsonObjectBuilder latencies(EngineDistributions seen) {
        return object().add("queue_wait", latency(seen.queueWait()))
                .add("time_to_first_token", latency(seen.timeToFirstToken()))
                .add("inter_token", latency(seen.interToken()))
                .add("request", latency(seen.requestTime()))
                .add("step", latency(seen.stepTime()));
    }

    private static JsonObjectBuilder latency(Distribution values) {
        long count = values.count();
        JsonObjectBuilder latency = object().add("count", count).add("mean", count == 0 ? 0 : values.sum() / count);
        addQuantile(latency, "p50", values.quantile(0.5));
        addQuantile(latency, "p95", values.quantile(0.95));
        addQuantile(latency, "p99", values.quantile(0.99));
        return latency;
    }

    /** JSON has no infinity. */
    private static void addQuantile(JsonObjectBuilder latency, String name, double value) {
        if (Double.isInfinite(value)) {
            latency.addNull(name);
        } else {
            latency.add(name, value);
        }
    }

    private static JsonArrayBuilder list(List<EngineSnapshot.Request> requests) {
        JsonArrayBuilder list = Json.builders().createArrayBuilder();
        requests.forEach(request -> list.add(describe(request)));
        return list;
    }

    private static JsonObjectBuilder describe(EngineSnapshot.Request request) {
        JsonObjectBuilder all = object().add("id", request.id())
                .add("state", lower(request.state()))
                .add("priority", request.priority())
                .add("prompt_tokens", request.promptTokens())
                .add("cached_tokens", request.cache().map(CacheOutcome::tokens).orElse(0))
                .add("seen_tokens", request.seenTokens())
                .add("output_tokens", request.outputTokens())
                .add("max_tokens", request.maxTokens())
                .add("preemptions", request.preemptions())
                .add("age_ms", millis(request.age()));
        addMillis(all, "queue_ms", request.queueWait());
        addMillis(all, "first_token_ms", request.timeToFirstToken());
        request.cache().ifPresent(outcome -> all.add("cache", outcome.reason()));
        request.finishReason().ifPresent(reason -> all.add("finish_reason", lower(reason)));
        return all;
    }

    private static void addMillis(JsonObjectBuilder all, String name, Optional<Duration> time) {
        time.ifPresent(value -> all.add(name, millis(value)));
    }

    /** With microseconds behind the point. */
    static double millis(Duration time) {
        return time.toNanos() / 1_000 / 1e3;
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static JsonObjectBuilder object() {
        return Json.builders().createObjectBuilder();
    }
}
