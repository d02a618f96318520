package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.template.PromptRenderer;
import dev.martlet.chat.toolcall.ToolCallFormats;
import dev.martlet.engine.ByteTokens;
import dev.martlet.engine.Sampling;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that stay connected and do not read, while the model always has more to say. */
@Timeout(120)
class StalledReaderIT {
    private final EndlessGeneration generation = new EndlessGeneration();

    private MartletServer start(ServerConfig config) {
        return start(config, generation);
    }

    /** A server whose model never ends. */
    static MartletServer start(ServerConfig config, EndlessGeneration generation) {
        return MartletServer.start(
                config,
                new ServedModel(
                        new ServedModel.Card("endless", Instant.EPOCH, "tests", "b-test", 1_000_000),
                        Sampling.seeded(0),
                        ByteTokens.vocabulary(),
                        new ByteTokens(),
                        OptionalInt.empty(),
                        PromptRenderer.of(Optional.empty(), Map.of()),
                        ToolCallFormats.byId("hermes").orElseThrow(),
                        marker -> false,
                        request -> generation,
                        Optional.empty()));
    }

    private void awaitStall() {
        long[] last = {-1};
        ServerRig.await("the writer's stall", () -> {
            long before = last[0];
            last[0] = generation.taken();
            pause(Duration.ofMillis(200));
            return before > 0 && generation.taken() == before;
        });
    }

    private static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void shouldBeCutOff() {
        try (MartletServer server = start(ServerRig.config().withWriteTimeout(Duration.ofMillis(200)));
                RawClient client = RawClient.connect(server.port(), 4096)) {
            client.post(ServerRig.body("hi", "\"stream\":true"));
            ServerRig.await("a request", () -> generation.taken() > 0);
            ServerRig.await("its end", () -> server.running() == 0);
            assertThat(generation.isCancelled()).isTrue();
        }
    }

    @Test
    void shouldNotHoldUpTheServersEnd() throws InterruptedException {
        try (MartletServer server = start(ServerRig.config());
                RawClient client = RawClient.connect(server.port(), 4096)) {
            client.post(ServerRig.body("hi", "\"stream\":true"));
            awaitStall();
            long start = System.nanoTime();
            assertThat(server.drain(Duration.ofMillis(10))).isFalse();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
            ServerRig.await("its end", () -> server.running() == 0);
            assertThat(generation.isCancelled()).isTrue();
        }
    }

    @Test
    void shouldBeNoticedWhenItLeaves() {
        try (MartletServer server = start(ServerRig.config())) {
            RawClient client = RawClient.connect(server.port(), 4096);
            client.post(ServerRig.body("hi", "\"stream\":true"));
            awaitStall();
            assertThat(server.running()).isEqualTo(1);
            client.close();
            ServerRig.await("its end", () -> server.running() == 0);
            assertThat(generation.isCancelled()).isTrue();
        }
    }
}
