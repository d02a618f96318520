package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.EngineOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that leave, in each phase of a request, and clients that stay and do not read. */
@Timeout(120)
class LeavingClientsIT {

    enum Way {
        CLOSE,
        RESET,
        HALF_CLOSE;

        void leave(RawClient client) {
            switch (this) {
                case CLOSE -> client.close();
                case RESET -> client.reset();
                case HALF_CLOSE -> client.halfClose();
            }
        }
    }

    /** A model that never ends by itself, one request at a time. */
    private final ServerRig rig = endless(ServerRig.config());

    private final Gate gate = rig.gate();

    private static ServerRig endless(ServerConfig config) {
        return new ServerRig(
                config, EngineOptions.defaults().withMaxSequences(1), (prompt, tokens, length, output) -> 'a');
    }

    @AfterEach
    void close() {
        gate.open();
        rig.close();
    }

    private void awaitCancelled() {
        ServerRig.await("the answer's end", () -> {
            gate.step(1);
            return rig.server.running() == 0 && rig.engine.metrics().ended() == 1;
        });
        assertThat(rig.engine.metrics().cancelled()).isEqualTo(1);
        assertThat(rig.engine.metrics().decodeTokens()).isLessThan(10_000);
        gate.open();
        assertThat(rig.post(ServerRig.body("hi", "\"max_tokens\":2")).statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"stream\":true", "\"stream\":false", "\"n\":3", "\"n\":3,\"stream\":true"})
    void shouldDropAQueuedRequest(String members) {
        try (RawClient first = rig.raw();
                RawClient second = rig.raw()) {
            first.post(ServerRig.body("first", "\"stream\":true"));
            ServerRig.await("a running request", () -> gate.holds() && rig.server.running() == 1);
            second.post(ServerRig.body("second", members));
            ServerRig.await("a queued request", () -> rig.server.running() == 2);
            Way.CLOSE.leave(second);
            ServerRig.await("the queued answer's end", () -> {
                gate.step(1);
                return rig.server.running() == 1
                        && rig.engine.metrics().cancelled() == (members.contains("n\"") ? 3 : 1);
            });
            gate.step(10);
            assertThat(first.readUntil("\"content\":\"a\"")).startsWith("HTTP/1.1 200");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldDropARequestThatPrefills(Way way) {
        try (RawClient client = rig.raw()) {
            client.post(ServerRig.body("x".repeat(8000), "\"stream\":true"));
            ServerRig.await("the first step", () -> gate.holds() && rig.server.running() == 1);
            way.leave(client);
            awaitCancelled();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldDropAStream(Way way) {
        try (RawClient client = rig.raw()) {
            client.post(ServerRig.body("hi", "\"stream\":true"));
            gate.step(3);
            client.readUntil("\"content\":\"a\"");
            way.leave(client);
            awaitCancelled();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldDropAWholeAnswer(Way way) {
        try (RawClient client = rig.raw()) {
            client.post(ServerRig.body("hi", ""));
            gate.step(3);
            ServerRig.await("tokens", () -> rig.engine.metrics().decodeTokens() == 3 && rig.server.running() == 1);
            way.leave(client);
            awaitCancelled();
        }
    }

    @Test
    void shouldNotWaitForAReaderThatStalls() {
        gate.open();
        try (RawClient client = RawClient.connect(rig.server.port(), 4096)) {
            // Long chunks, so that they do not all fit into the kernel's buffers.
            client.post(ServerRig.body("hi", "\"stream\":true,\"logprobs\":true,\"top_logprobs\":20"));
            ServerRig.await("the engine giving up", () -> rig.engine.metrics().cancelled() == 1);
            assertThat(rig.post(ServerRig.body("hi", "\"max_tokens\":2")).statusCode())
                    .isEqualTo(200);
            assertThat(client.readAll()).contains("event: error").contains("\"slow_reader\"");
        }
        ServerRig.await("the answer's end", () -> rig.server.running() == 0);
    }
}
