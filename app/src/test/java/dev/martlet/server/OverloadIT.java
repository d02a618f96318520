package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.ByteTokens;
import dev.martlet.engine.EngineOptions;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** More requests than there is room for. */
@Timeout(120)
class OverloadIT {
    private static final String ANSWER = "twenty letters of it";

    private static ServerRig start(EngineOptions options) {
        return start(ServerRig.config(), options);
    }

    private static ServerRig start(ServerConfig config, EngineOptions options) {
        return new ServerRig(
                config,
                options,
                (prompt, tokens, length, output) -> output < ANSWER.length() ? ANSWER.charAt(output) : ByteTokens.END);
    }

    private static HttpRequest request(ServerRig rig, String key, String user, String members) {
        return HttpRequest.newBuilder(rig.uri("/v1/chat/completions"))
                .header("Authorization", "Bearer " + key)
                .POST(HttpRequest.BodyPublishers.ofString(ServerRig.body(user, members)))
                .build();
    }

    private static String code(HttpResponse<String> response) {
        return ServerRig.json(response).getJsonObject("error").getString("code");
    }

    private static JsonObject queue(ServerRig rig) {
        return ServerRig.json(rig.get("/v1/engine")).getJsonObject("queue");
    }

    @Test
    void shouldRefuseWhatIsTooMuchAndServeWhoComesBackInTime() throws Exception {
        EngineOptions options = EngineOptions.defaults().withMaxSequences(4).withQueueLimit(4);
        try (ServerRig rig = start(options);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            rig.runner.beforeStep(() -> LockSupport.parkNanos(2_000_000));
            CountDownLatch all = new CountDownLatch(32);
            List<Future<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                String user = "client number " + i;
                answers.add(clients.submit(() -> {
                    all.countDown();
                    all.await();
                    return triesUntilServed(rig, user);
                }));
            }
            int refused = 0;
            for (Future<Integer> answer : answers) {
                refused += answer.get() - 1;
            }
            assertThat(refused).isPositive();
            assertThat(queue(rig).getJsonObject("rejected").getInt("requests")).isEqualTo(refused);
            assertThat(rig.engine.metrics().ended()).isEqualTo(32);
            assertThat(rig.get("/metrics").body())
                    .contains("martlet_requests_rejected_total{reason=\"requests\"} " + (double) refused)
                    .contains("martlet_requests_rejected_total{reason=\"tokens\"} 0.0");
        }
    }

    private static int triesUntilServed(ServerRig rig, String user) throws InterruptedException {
        for (int tries = 1; tries < 100; tries++) {
            HttpResponse<String> response = rig.send(request(rig, "k", user, ""));
            if (response.statusCode() == 200) {
                assertThat(response.body()).contains(ANSWER);
                return tries;
            }
            assertThat(response.statusCode()).isEqualTo(429);
            assertThat(code(response)).isEqualTo("queue_full");
            long seconds =
                    Long.parseLong(response.headers().firstValue("retry-after").orElseThrow());
            long millis = Long.parseLong(
                    response.headers().firstValue("retry-after-ms").orElseThrow());
            assertThat(seconds).isEqualTo(Math.max(1, (millis + 999) / 1000));
            assertThat(millis).isBetween(100L, 60_000L);
            Thread.sleep(Duration.ofMillis(millis));
        }
        throw new AssertionError("never served: " + user);
    }

    @Test
    void shouldRefuseMoreTokensThanMayWait() {
        EngineOptions options = EngineOptions.defaults().withMaxSequences(1).withQueueTokens(200);
        try (ServerRig rig = start(options);
                RawClient running = rig.raw();
                RawClient queued = rig.raw()) {
            Gate gate = rig.gate();
            running.post(ServerRig.body("a", "\"max_tokens\":20"));
            ServerRig.await("a running request", () -> gate.holds() && rig.server.running() == 1);
            queued.post(ServerRig.body("b", "\"max_tokens\":20"));
            ServerRig.await("a queued request", () -> rig.server.running() == 2);
            HttpResponse<String> refused =
                    rig.post(ServerRig.body("c".repeat(200), "\"stream\":true,\"max_tokens\":20"));
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.headers().firstValue("content-type")).contains("application/json");
            assertThat(code(refused)).isEqualTo("queue_tokens_full");
            assertThat(refused.headers().firstValue("retry-after-ms")).isPresent();
            JsonObject queue = queue(rig);
            assertThat(queue.getInt("tokens")).isEqualTo(ServerRig.promptTokens("b") + 20);
            assertThat(queue.getJsonObject("rejected").getInt("tokens")).isEqualTo(1);
            gate.open();
            assertThat(running.readAll()).startsWith("HTTP/1.1 200");
            assertThat(queued.readAll()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void shouldEndARequestAtItsTimeout() {
        try (ServerRig rig = start(EngineOptions.defaults())) {
            rig.runner.beforeStep(() -> LockSupport.parkNanos(20_000_000));
            HttpRequest whole = HttpRequest.newBuilder(rig.uri("/v1/chat/completions"))
                    .header("x-request-timeout-ms", "50")
                    .POST(HttpRequest.BodyPublishers.ofString(ServerRig.body("a", "")))
                    .build();
            HttpResponse<String> late = rig.send(whole);
            assertThat(late.statusCode()).isEqualTo(504);
            assertThat(code(late)).isEqualTo("timeout");
            assertThat(late.headers().firstValue("x-should-retry")).contains("false");
            HttpRequest streamed = HttpRequest.newBuilder(rig.uri("/v1/chat/completions"))
                    .header("x-request-timeout-ms", "150")
                    .POST(HttpRequest.BodyPublishers.ofString(ServerRig.body("b", "\"stream\":true")))
                    .build();
            String stream = rig.send(streamed).body();
            assertThat(stream).contains("\"timeout\"").doesNotContain("[DONE]");
            assertThat(rig.engine.metrics().expired()).isEqualTo(2);
            HttpRequest wrong = HttpRequest.newBuilder(rig.uri("/v1/chat/completions"))
                    .header("x-request-timeout-ms", "soon")
                    .POST(HttpRequest.BodyPublishers.ofString(ServerRig.body("a", "")))
                    .build();
            assertThat(rig.send(wrong).statusCode()).isEqualTo(400);
        }
    }

    @Test
    void shouldEndARequestThatWaitsAtItsTimeout() throws Exception {
        EngineOptions options = EngineOptions.defaults().withMaxSequences(1);
        try (ServerRig rig = start(options);
                RawClient running = rig.raw()) {
            Gate gate = rig.gate();
            running.post(ServerRig.body("a", ""));
            ServerRig.await("a running request", () -> gate.holds() && rig.server.running() == 1);
            try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<HttpResponse<String>> waiting =
                        clients.submit(() -> rig.send(HttpRequest.newBuilder(rig.uri("/v1/chat/completions"))
                                .header("x-request-timeout-ms", "1")
                                .POST(HttpRequest.BodyPublishers.ofString(ServerRig.body("b", "")))
                                .build()));
                ServerRig.await("a queued request", () -> rig.server.running() == 2);
                LockSupport.parkNanos(2_000_000);
                gate.step(1);
                assertThat(waiting.get().statusCode()).isEqualTo(504);
                gate.open();
            }
            assertThat(running.readAll()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void shouldKeepAWaitingStreamAlive() {
        EngineOptions options = EngineOptions.defaults().withMaxSequences(1);
        try (ServerRig rig = start(ServerRig.config().withKeepAlive(Duration.ofMillis(20)), options);
                RawClient running = rig.raw();
                RawClient queued = rig.raw()) {
            Gate gate = rig.gate();
            running.post(ServerRig.body("a", ""));
            ServerRig.await("a running request", () -> gate.holds() && rig.server.running() == 1);
            queued.post(ServerRig.body("b", "\"stream\":true"));
            assertThat(queued.readUntil(": keep-alive\n\n")).startsWith("HTTP/1.1 200");
            gate.open();
            assertThat(queued.readAll()).contains("[DONE]");
            assertThat(running.readAll()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void shouldServeTheUrgentFirstAndTheKeysInTurn() throws Exception {
        EngineOptions options = EngineOptions.defaults().withMaxSequences(1);
        try (ServerRig rig = start(options);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            Gate gate = rig.gate();
            List<String> served = Collections.synchronizedList(new ArrayList<>());
            List<Future<?>> answers = new ArrayList<>();
            String[][] arrivals = {
                {"one", "first", "0"}, {"one", "a", "0"}, {"one", "b", "0"}, {"two", "c", "0"}, {"two", "d", "-1"}
            };
            for (String[] arrival : arrivals) {
                int before = rig.server.running();
                answers.add(clients.submit(() -> {
                    HttpResponse<String> answer = rig.send(
                            request(rig, arrival[0], arrival[1], "\"max_tokens\":1,\"priority\":" + arrival[2]));
                    assertThat(answer.statusCode()).isEqualTo(200);
                    served.add(arrival[1]);
                }));
                ServerRig.await("its arrival", () -> rig.server.running() == before + 1);
                if (before == 0) {
                    ServerRig.await("a running request", gate::holds);
                }
            }
            for (int i = 1; i <= arrivals.length; i++) {
                int count = i;
                gate.step(1);
                ServerRig.await("an answer", () -> served.size() == count);
                if (i == 1) {
                    JsonArray tenants = queue(rig).getJsonArray("tenants");
                    assertThat(tenants.toString()).doesNotContain("one").doesNotContain("two");
                }
            }
            for (Future<?> answer : answers) {
                answer.get();
            }
            assertThat(served.subList(0, 2)).containsExactly("first", "d");
            assertThat(served.indexOf("c")).as("%s", served).isLessThan(4);
            assertThat(served.indexOf("a")).isLessThan(served.indexOf("b"));
        }
    }
}
