package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.EngineOptions;
import dev.martlet.engine.Generation;
import dev.martlet.engine.GenerationRequest;
import dev.martlet.engine.TokenEvent;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the metrics tell when a client leaves: the work for it ends within the step that is under way. */
@Timeout(120)
class AbandonedWorkIT {
    private static final int STEP_TOKENS = 512;
    private static final int PROMPT = 8_000;

    enum Phase {
        QUEUED,
        PREFILL,
        DECODE
    }

    /** Steps and tokens so far, as {@code /metrics} tells them. */
    private record Work(long steps, long prefill, long output) {}

    /** An endless model that serves one request at a time. */
    private final ServerRig rig = new ServerRig(
            ServerRig.config(),
            EngineOptions.defaults()
                    .withMaxSequences(1)
                    .withBatchTokens(STEP_TOKENS)
                    .withDrafts(0),
            (prompt, tokens, length, output) -> 'a');

    private final Gate gate = rig.gate();
    private final AtomicInteger cancelled = new AtomicInteger();
    private final MartletServer server =
            MartletServer.start(ServerRig.config(), ServerRig.model(rig.engine, this::submit));

    /** The engine's own, where it can be seen that the server has given it up. */
    private Generation submit(GenerationRequest request) {
        Generation generation = rig.engine.submit(request);
        return new Generation() {
            @Override
            public TokenEvent next() throws InterruptedException {
                return generation.next();
            }

            @Override
            public Optional<TokenEvent> next(Duration atMost) throws InterruptedException {
                return generation.next(atMost);
            }

            @Override
            public Optional<TokenEvent> poll() {
                return generation.poll();
            }

            @Override
            public void cancel() {
                generation.cancel();
                cancelled.incrementAndGet();
            }
        };
    }

    @AfterEach
    void close() {
        gate.open();
        server.close();
        rig.close();
    }

    static Stream<Arguments> shouldEndWithinAStep() {
        return Stream.of("/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages")
                .flatMap(path -> Stream.of(true, false)
                        .flatMap(stream -> Stream.of(Phase.values()).map(phase -> Arguments.of(path, stream, phase))));
    }

    private static String body(String path, int length, boolean stream) {
        String text = "\"" + "x".repeat(length) + "\"";
        String members = switch (path) {
            case "/v1/completions" -> "\"prompt\":" + text + ",\"max_tokens\":5000";
            case "/v1/responses" -> "\"input\":" + text;
            default -> "\"messages\":[{\"role\":\"user\",\"content\":" + text + "}],\"max_tokens\":5000";
        };
        return "{\"stream\":" + stream + "," + members + "}";
    }

    private long metric(String name) {
        return rig.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .map(line -> (long) Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    private Work work() {
        return new Work(
                metric("martlet_steps_total"),
                metric("martlet_prefill_tokens_total"),
                metric("martlet_generation_tokens_total"));
    }

    private RawClient send(String path, String body) {
        return RawClient.connect(server.port()).post(path, body);
    }

    @ParameterizedTest
    @MethodSource
    void shouldEndWithinAStep(String path, boolean stream, Phase phase) {
        switch (phase) {
            case QUEUED -> leaveTheQueue(path, stream);
            case PREFILL -> {
                RawClient client = send(path, body(path, PROMPT, stream));
                gate.step(2);
                ServerRig.await("a third step", () -> metric("martlet_steps_total") == 2 && gate.holds());
                assertThat(work()).isEqualTo(new Work(2, 2 * STEP_TOKENS, 0));
                leave(client);
                assertThat(work()).isEqualTo(new Work(3, 3 * STEP_TOKENS, 0));
            }
            case DECODE -> {
                RawClient client = send(path, body(path, 5, stream));
                gate.step(4);
                ServerRig.await("a fifth step", () -> metric("martlet_steps_total") == 4 && gate.holds());
                Work before = work();
                assertThat(before.output()).isEqualTo(4);
                leave(client);
                assertThat(work()).isEqualTo(new Work(5, before.prefill(), 5));
            }
        }
        assertThat(ServerRig.json(rig.get("/v1/engine")).getJsonArray("ended").getValuesAs(JsonObject.class))
                .extracting(ended -> ended.getString("finish_reason"))
                .contains("cancelled");
        assertThat(metric("martlet_requests_cancelled_total")).isEqualTo(1);
        ServerRig.await("the answer's end", () -> server.running() == 0);
    }

    /** Leaves while a step stands, lets that step go on, and no other is held back from here on. */
    private void leave(RawClient client) {
        client.close();
        ServerRig.await("its being given up", () -> cancelled.get() > 0);
        gate.open();
        ServerRig.await("its end", () -> metric("martlet_requests_ended_total") == 1);
        assertThat(metric("martlet_num_requests_running")).isZero();
    }

    private void leaveTheQueue(String path, boolean stream) {
        RawClient first = send("/v1/completions", "{\"prompt\":\"first\",\"max_tokens\":3}");
        ServerRig.await("a running request", () -> gate.holds() && server.running() == 1);
        RawClient second = send(path, body(path, PROMPT, stream));
        ServerRig.await("a queued request", () -> metric("martlet_queue_tokens") > PROMPT);
        second.close();
        ServerRig.await("its being given up", () -> cancelled.get() > 0);
        gate.step(1);
        ServerRig.await("its end", () -> metric("martlet_requests_ended_total") == 1);
        assertThat(metric("martlet_num_requests_waiting")).isZero();
        assertThat(metric("martlet_queue_tokens")).isZero();
        gate.open();
        assertThat(first.readAll()).startsWith("HTTP/1.1 200");
        assertThat(work().prefill()).isEqualTo("first".length());
    }
}
