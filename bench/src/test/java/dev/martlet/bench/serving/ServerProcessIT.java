package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerProcessIT {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @TempDir
    Path folder;

    @Test
    void shouldRunAServerUntilItIsClosed() throws Exception {
        int port = ServerProcess.freePort();
        ProcessHandle process;
        try (ServerProcess server = start(port, "serve")) {
            process = ProcessHandle.of(server.pid()).orElseThrow();
            assertThat(server.client().send(Chat.of("one two", 2)).failure()).isEmpty();
            assertThat(process.isAlive()).isTrue();
        }
        process.onExit().get(1, TimeUnit.MINUTES);
        assertThat(new Client(port).ready()).isFalse();
    }

    @Test
    void shouldBreakAnswersWhenItIsKilled() throws Exception {
        try (ServerProcess server = start(ServerProcess.freePort(), "serve")) {
            Client.Exchange exchange = server.client().exchange(Chat.of("hang", 100));
            Thread killer = Thread.startVirtualThread(() -> {
                while (exchange.received() < 1) {
                    Thread.onSpinWait();
                }
                server.kill();
            });

            assertThat(exchange.run().failure()).isPresent();
            killer.join();
        }
    }

    @Test
    void shouldTellWhyAServerDidNotStart() {
        assertThatThrownBy(() -> start(ServerProcess.freePort(), "fail"))
                .isInstanceOf(ServingException.class)
                .hasMessageContaining("status 3")
                .hasMessageContaining("no such model");
        assertThatThrownBy(() -> ServerProcess.start(
                        List.of("/no/such/program"), ServerProcess.freePort(), folder.resolve("log"), LIMIT))
                .isInstanceOf(ServingException.class)
                .hasMessageContaining("/no/such/program");
    }

    @Test
    void shouldNotWaitForEver() {
        // It listens on another port than the one that is asked.
        assertThatThrownBy(() -> ServerProcess.start(
                        StandIn.command(ServerProcess.freePort(), "serve"),
                        ServerProcess.freePort(),
                        folder.resolve("log"),
                        Duration.ofMillis(200)))
                .isInstanceOf(ServingException.class)
                .hasMessageContaining("not ready in time");
    }

    private ServerProcess start(int port, String manner) throws InterruptedException {
        return ServerProcess.start(StandIn.command(port, manner), port, folder.resolve("log"), LIMIT);
    }
}
