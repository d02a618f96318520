package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.engine.EngineOptions;
import dev.martlet.engine.ScriptedStepRunner;
import dev.martlet.engine.ScriptedStepRunner.Fault;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Loading, overload, failures, silence and the end. */
@Timeout(120)
class LifecycleIT {
    private static final ScriptedStepRunner.Script ENDLESS = (prompt, tokens, length, output) -> 'a';

    private static ServerRig endless(ServerConfig config, EngineOptions options) {
        return new ServerRig(config, options, ENDLESS);
    }

    private static String code(HttpResponse<String> response) {
        return ServerRig.json(response).getJsonObject("error").getString("code");
    }

    @Test
    void shouldSayThatTheModelIsLoading() {
        try (ServerRig other = ServerRig.start(prompt -> "ok");
                MartletServer server = MartletServer.start(ServerRig.config())) {
            try (RawClient client = RawClient.connect(server.port())) {
                assertThat(client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
                                .readUntil("}"))
                        .startsWith("HTTP/1.1 503")
                        .endsWith("{\"status\":\"loading\"}");
                assertThat(client.send("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n")
                                .readUntil("}}"))
                        .startsWith("HTTP/1.1 503")
                        .containsIgnoringCase("Retry-After: 2")
                        .contains("\"model_loading\"");
                assertThat(client.post(ServerRig.body("hi", "")).readUntil("}}"))
                        .startsWith("HTTP/1.1 503")
                        .contains("\"model_loading\"");
                server.ready(ServerRig.model(other.engine));
                assertThat(client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
                                .readUntil("}"))
                        .startsWith("HTTP/1.1 200");
                assertThat(client.post(ServerRig.body("hi", "")).readAll()).startsWith("HTTP/1.1 200");
            }
        }
    }

    @Test
    void shouldRefuseMoreThanTheQueueHolds() {
        EngineOptions options = EngineOptions.defaults().withMaxSequences(1).withQueueLimit(2);
        try (ServerRig rig = endless(ServerRig.config(), options)) {
            Gate gate = rig.gate();
            try (RawClient running = rig.raw();
                    RawClient queued = rig.raw()) {
                running.post(ServerRig.body("a", "\"max_tokens\":2"));
                ServerRig.await("a running request", () -> gate.holds() && rig.server.running() == 1);
                queued.post(ServerRig.body("b", "\"max_tokens\":2"));
                ServerRig.await("a queued request", () -> rig.server.running() == 2);
                // One place is left for two choices: neither of them may stay.
                HttpResponse<String> refused = rig.post(ServerRig.body("c", "\"n\":2,\"stream\":true"));
                assertThat(refused.statusCode()).isEqualTo(429);
                assertThat(refused.headers().firstValue("retry-after")).contains("1");
                assertThat(refused.headers().firstValue("retry-after-ms")).contains("1000");
                assertThat(code(refused)).isEqualTo("queue_full");
                gate.open();
                assertThat(running.readAll()).startsWith("HTTP/1.1 200");
                assertThat(queued.readAll()).startsWith("HTTP/1.1 200");
            }
            ServerRig.await(
                    "the cancelled choice's end", () -> rig.engine.metrics().ended() == 3);
        }
    }

    @Test
    void shouldAnswerAnEarlyFailureByAStatus() {
        try (ServerRig rig = ServerRig.start(prompt -> "ok")) {
            rig.runner.breakForGood();
            rig.runner.inject(Fault.FAILED);
            HttpResponse<String> response = rig.post(ServerRig.body("hi", "\"stream\":true"));
            assertThat(response.statusCode()).isEqualTo(500);
            assertThat(code(response)).isEqualTo("internal_error");
            assertThat(response.body()).doesNotContain("injected").doesNotContain("Exception");
        }
    }

    @Test
    void shouldNameAFailureInTheStream() {
        try (ServerRig rig = endless(ServerRig.config(), EngineOptions.defaults());
                RawClient client = rig.raw()) {
            Gate gate = rig.gate();
            client.post(ServerRig.body("hi", "\"stream\":true"));
            gate.step(2);
            client.readUntil("\"content\":\"a\"");
            ServerRig.await("the next step", gate::holds);
            rig.runner.breakForGood();
            rig.runner.inject(Fault.FAILED);
            gate.open();
            String rest = client.readAll();
            assertThat(rest)
                    .contains("event: error\ndata: {\"error\":{\"message\":")
                    .contains("\"internal_error\"");
            assertThat(rest).doesNotContain("[DONE]").endsWith("0\r\n\r\n");
        }
    }

    @Test
    void shouldCommentSilence() {
        try (ServerRig rig =
                        endless(ServerRig.config().withKeepAlive(Duration.ofMillis(20)), EngineOptions.defaults());
                RawClient client = rig.raw()) {
            Gate gate = rig.gate();
            client.post(ServerRig.body("hi", "\"stream\":true,\"max_tokens\":1"));
            assertThat(client.readUntil(": keep-alive\n\n"))
                    .startsWith("HTTP/1.1 200")
                    .contains("\"role\":\"assistant\"");
            client.readUntil(": keep-alive\n\n");
            gate.open();
            assertThat(client.readAll()).contains("data: [DONE]");
        }
    }

    @Test
    void shouldLetRunningAnswersFinish() throws InterruptedException, ExecutionException {
        try (ServerRig rig = endless(ServerRig.config(), EngineOptions.defaults());
                RawClient client = rig.raw();
                RawClient idle = rig.raw()) {
            idle.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n").readUntil("}");
            Gate gate = rig.gate();
            client.post(ServerRig.body("hi", "\"stream\":true,\"max_tokens\":5"));
            gate.step(1);
            client.readUntil("\"content\":\"a\"");
            CompletableFuture<Boolean> drained = drain(rig, Duration.ofMinutes(1));
            ServerRig.await("a closed port", () -> refusesConnections(rig.server.port()));
            assertThat(idle.readAll()).as("idle connections are closed at once").isEmpty();
            gate.open();
            assertThat(client.readAll())
                    .contains("\"finish_reason\":\"length\"")
                    .contains("data: [DONE]");
            assertThat(drained.get()).isTrue();
            assertThat(rig.server.drain(Duration.ZERO)).as("again").isTrue();
        }
    }

    @Test
    void shouldEndWhatDoesNotFinishInTime() throws InterruptedException, ExecutionException {
        try (ServerRig rig = endless(ServerRig.config(), EngineOptions.defaults());
                RawClient stream = rig.raw();
                RawClient whole = rig.raw()) {
            rig.runner.beforeStep(() -> pause(Duration.ofMillis(2)));
            stream.post(ServerRig.body("one", "\"stream\":true"));
            whole.post(ServerRig.body("two", ""));
            stream.readUntil("\"content\":\"a\"");
            ServerRig.await("both", () -> rig.server.running() == 2);
            CompletableFuture<Boolean> drained = drain(rig, Duration.ofMillis(50));
            assertThat(stream.readAll())
                    .contains("event: error\ndata: {\"error\":")
                    .contains("\"shutting_down\"")
                    .doesNotContain("[DONE]");
            assertThat(whole.readAll())
                    .startsWith("HTTP/1.1 503")
                    .contains("\"shutting_down\"")
                    .containsIgnoringCase("Retry-After: 5");
            assertThat(drained.get()).isFalse();
        }
    }

    @Test
    void shouldRefuseRequestsOnOpenConnectionsWhileItDrains() throws InterruptedException, ExecutionException {
        try (ServerRig rig = endless(ServerRig.config(), EngineOptions.defaults());
                RawClient running = rig.raw();
                RawClient late = rig.raw()) {
            Gate gate = rig.gate();
            running.post(ServerRig.body("hi", "\"max_tokens\":1"));
            ServerRig.await("a running request", () -> gate.holds() && rig.server.running() == 1);
            String body = ServerRig.body("hi", "");
            late.send("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length() + "\r\n\r\n"
                    + body.substring(1));
            CompletableFuture<Boolean> drained = drain(rig, Duration.ofMinutes(1));
            ServerRig.await("a closed port", () -> refusesConnections(rig.server.port()));
            // Its body was under way when the server began to stop.
            assertThat(late.send("}").readAll()).startsWith("HTTP/1.1 503");
            gate.open();
            assertThat(running.readAll()).startsWith("HTTP/1.1 200");
            assertThat(drained.get()).isTrue();
        }
    }

    @Test
    void shouldFailToStartOnAPortThatIsTaken() {
        try (ServerRig rig = ServerRig.start(prompt -> "ok")) {
            assertThatThrownBy(() -> MartletServer.start(ServerRig.config().withPort(rig.server.port())))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("127.0.0.1:" + rig.server.port());
        }
    }

    private static CompletableFuture<Boolean> drain(ServerRig rig, Duration grace) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return rig.server.drain(grace);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    private static boolean refusesConnections(int port) {
        try (RawClient client = RawClient.connect(port)) {
            return client.socket.isClosed();
        } catch (UncheckedIOException e) {
            return true;
        }
    }

    private static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
