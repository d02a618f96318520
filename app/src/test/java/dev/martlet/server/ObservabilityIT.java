package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.EngineOptions;
import jakarta.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code /metrics} and {@code /v1/engine}. */
@Timeout(120)
class ObservabilityIT {

    /** The value of a line that begins like this; empty when there is none. */
    private static Optional<Double> value(ServerRig rig, String series) {
        HttpResponse<String> response = rig.get("/metrics");
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .map(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst();
    }

    private static Optional<Double> requests(ServerRig rig, String route, String method, String status) {
        return value(
                rig,
                "martlet_http_requests_total{method=\"" + method + "\",route=\"" + route + "\",status=\"" + status
                        + "\"}");
    }

    /** A request is counted when its answer is out, so that its client may be faster. */
    private static void awaitRequests(ServerRig rig, String route, String method, String status, double count) {
        ServerRig.await(
                count + " of " + route + ", " + method + ", " + status,
                () -> requests(rig, route, method, status).equals(Optional.of(count)));
    }

    private static JsonObject engine(ServerRig rig) {
        HttpResponse<String> response = rig.get("/v1/engine");
        assertThat(response.statusCode()).isEqualTo(200);
        return ServerRig.json(response);
    }

    @Test
    void shouldMoveAsRequestsRun() {
        try (ServerRig rig = ServerRig.start(prompt -> "abcd")) {
            assertThat(value(rig, "martlet_prompt_tokens_total")).contains(0.0);
            assertThat(value(rig, "martlet_time_to_first_token_seconds_count")).contains(0.0);
            int prompt = ServerRig.promptTokens("hi");
            assertThat(rig.post(ServerRig.body("hi", "")).statusCode()).isEqualTo(200);
            assertThat(rig.post(ServerRig.body("hi", "\"stream\":true")).statusCode())
                    .isEqualTo(200);
            ServerRig.await("both ended", () -> rig.engine.metrics().ended() == 2);
            assertThat(value(rig, "martlet_requests_submitted_total")).contains(2.0);
            assertThat(value(rig, "martlet_requests_ended_total")).contains(2.0);
            assertThat(value(rig, "martlet_prompt_tokens_total")).contains(2.0 * prompt);
            assertThat(value(rig, "martlet_prefix_cache_queries_total")).contains(2.0 * prompt);
            assertThat(value(rig, "martlet_prefix_cache_hits_total")).contains(prompt - 1.0);
            assertThat(value(rig, "martlet_generation_tokens_total")).contains(8.0);
            assertThat(value(rig, "martlet_request_queue_time_seconds_count")).contains(2.0);
            assertThat(value(rig, "martlet_time_to_first_token_seconds_count")).contains(2.0);
            assertThat(value(rig, "martlet_time_to_first_token_seconds_bucket{le=\"+Inf\"}"))
                    .contains(2.0);
            assertThat(value(rig, "martlet_inter_token_latency_seconds_count")).contains(6.0);
            assertThat(value(rig, "martlet_e2e_request_latency_seconds_count")).contains(2.0);
            assertThat(value(rig, "martlet_request_prefill_time_seconds_count")).contains(2.0);
            assertThat(value(rig, "martlet_request_decode_time_seconds_count")).contains(2.0);
            assertThat(value(rig, "martlet_request_prompt_tokens_sum")).contains(2.0 * prompt);
            assertThat(value(rig, "martlet_request_generation_tokens_sum")).contains(8.0);
            assertThat(value(rig, "martlet_steps_total"))
                    .hasValueSatisfying(steps -> assertThat(steps)
                            .isEqualTo(value(rig, "martlet_step_time_seconds_count")
                                    .orElseThrow())
                            .isPositive());
            assertThat(value(rig, "martlet_kv_cache_usage_perc"))
                    .hasValueSatisfying(share -> assertThat(share).isPositive().isLessThan(1));
            assertThat(value(rig, "martlet_num_requests_running")).contains(0.0);
            awaitRequests(rig, "/v1/chat/completions", "POST", "200", 2.0);
            assertThat(value(rig, "jvm_threads_current")).isPresent();
        }
    }

    @Test
    void shouldCountRequestsByRouteAndStatus() {
        try (ServerRig rig = ServerRig.start(prompt -> "ok")) {
            rig.get("/nothing/secret-path");
            rig.get("/v1/models/no-such-model");
            rig.get("/v1/chat/completions");
            rig.post("{");
            rig.send(HttpRequest.newBuilder(rig.uri("/health"))
                    .method("BREW", HttpRequest.BodyPublishers.noBody())
                    .build());
            awaitRequests(rig, "other", "GET", "404", 1.0);
            awaitRequests(rig, "/v1/models/{+id}", "GET", "404", 1.0);
            awaitRequests(rig, "/v1/chat/completions", "GET", "405", 1.0);
            awaitRequests(rig, "/v1/chat/completions", "POST", "400", 1.0);
            awaitRequests(rig, "/health", "other", "405", 1.0);
            assertThat(rig.get("/metrics").body()).doesNotContain("secret-path").doesNotContain("no-such-model");
        }
    }

    @Test
    void shouldCountAClientThatLeft() {
        try (ServerRig rig = ServerRig.start(prompt -> "ok")) {
            Gate gate = rig.gate();
            try (RawClient client = rig.raw()) {
                client.post(ServerRig.body("hi", ""));
                ServerRig.await("a running request", () -> gate.holds() && rig.server.running() == 1);
            }
            ServerRig.await("its end", () -> rig.server.running() == 0);
            gate.open();
            awaitRequests(rig, "/v1/chat/completions", "POST", "none", 1);
        }
    }

    @Test
    void shouldShowWhatRunsAndWaitsWhileOverloaded() {
        EngineOptions options = EngineOptions.defaults().withMaxSequences(1).withQueueLimit(1);
        try (ServerRig rig = new ServerRig(ServerRig.config(), options, (prompt, tokens, length, output) -> 'a');
                RawClient running = rig.raw();
                RawClient queued = rig.raw()) {
            Gate gate = rig.gate();
            running.post(ServerRig.body("a", "\"max_tokens\":1000"));
            ServerRig.await("a running request", () -> gate.holds() && rig.server.running() == 1);
            queued.post(ServerRig.body("b", "\"max_tokens\":1000"));
            ServerRig.await("a queued request", () -> rig.server.running() == 2);
            assertThat(rig.post(ServerRig.body("c", "")).statusCode()).isEqualTo(429);
            // The engine stands in a step: its numbers are of the step's begin, its lists of the last picture.
            assertThat(value(rig, "martlet_num_requests_running")).contains(1.0);
            assertThat(value(rig, "martlet_requests_submitted_total")).contains(1.0);
            awaitRequests(rig, "/v1/chat/completions", "POST", "429", 1.0);
            JsonObject held = engine(rig);
            assertThat(held.getJsonArray("running")).isEmpty();
            assertThat(held.getJsonNumber("age_ms").doubleValue()).isPositive();
            // A question that is open when a step ends is answered then.
            ServerRig.await("a picture of both", () -> {
                gate.step(1);
                JsonObject now = engine(rig);

                return now.getJsonArray("waiting").size() == 1
                        && now.getJsonArray("running").size() == 1;
            });
            JsonObject picture = engine(rig);
            JsonObject one = picture.getJsonArray("running").getJsonObject(0);
            assertThat(one.getString("state")).isEqualTo("decode");
            assertThat(one.getInt("prompt_tokens")).isEqualTo(ServerRig.promptTokens("a"));
            assertThat(one.getString("cache")).isEqualTo("nothing cached begins like it");
            JsonObject other = picture.getJsonArray("waiting").getJsonObject(0);
            assertThat(other.getString("state")).startsWith("waiting");
            assertThat(other.containsKey("queue_ms")).isFalse();
            assertThat(picture.getJsonObject("cache").getInt("cells")).isEqualTo(16_384);
            gate.open();
            assertThat(running.readAll()).startsWith("HTTP/1.1 200");
            assertThat(queued.readAll()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void shouldSayWhyTheCacheMissedAndShowNoText() {
        try (ServerRig rig = ServerRig.start(prompt -> "the answer zebra")) {
            rig.post(ServerRig.body("giraffe one", ""));
            rig.post(ServerRig.body("giraffe two", ""));
            JsonObject picture = engine(rig);
            JsonObject latest = picture.getJsonArray("ended").getJsonObject(0);
            int common = "<|im_start|>user\ngiraffe ".length();
            assertThat(latest.getString("cache")).isEqualTo("diverged at token " + common);
            assertThat(latest.getInt("cached_tokens")).isEqualTo(common);
            assertThat(latest.getString("finish_reason")).isEqualTo("stop");
            assertThat(latest.getJsonNumber("first_token_ms").doubleValue()).isPositive();
            assertThat(picture.getJsonObject("latency_seconds")
                            .getJsonObject("request")
                            .getInt("count"))
                    .isEqualTo(2);
            assertThat(picture.getJsonObject("cache").getJsonArray("prefixes")).hasSize(2);
            assertThat(picture.toString()).doesNotContain("giraffe").doesNotContain("zebra");
            assertThat(rig.get("/metrics").body()).doesNotContain("giraffe").doesNotContain("zebra");
        }
    }

    @Test
    void shouldSpeakPrometheusAndOpenMetrics() {
        try (ServerRig rig = ServerRig.start(prompt -> "ok")) {
            assertThat(rig.get("/metrics").headers().firstValue("content-type"))
                    .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
            HttpResponse<String> open = rig.send(HttpRequest.newBuilder(rig.uri("/metrics"))
                    .header("Accept", "application/openmetrics-text; version=1.0.0")
                    .build());
            assertThat(open.headers().firstValue("content-type"))
                    .hasValueSatisfying(type -> assertThat(type).startsWith("application/openmetrics-text"));
            assertThat(open.body()).endsWith("# EOF\n");
        }
    }

    @Test
    void shouldAnswerBeforeThereIsAModel() {
        try (MartletServer server = MartletServer.start(ServerRig.config());
                RawClient client = RawClient.connect(server.port())) {
            client.send("GET /v1/engine HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(client.readUntil("}}")).startsWith("HTTP/1.1 503").contains("model_loading");
            client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(client.readUntil("jvm_memory_used_bytes")).startsWith("HTTP/1.1 200");
        }
    }
}
