package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.EngineOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process that is told to end. */
@Timeout(180)
class DrainProcessIT {

    /** The process: answers that last for about a minute. */
    static final class Main {
        public static void main(String[] args) {
            ServerRig rig = new ServerRig(
                    ServerRig.config().withGrace(Duration.ofMillis(500)),
                    EngineOptions.defaults(),
                    (prompt, tokens, length, output) -> 'a');
            rig.runner.beforeStep(() -> {
                try {
                    Thread.sleep(10);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            rig.server.drainAtExit(() -> {
                rig.engine.close();
                System.out.println("engine closed");
            });
            System.out.println("port " + rig.server.port());
        }
    }

    @Test
    void shouldEndInGoodOrder() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = out.readLine();
            assertThat(line).startsWith("port ");
            try (RawClient client = RawClient.connect(Integer.parseInt(line.substring(5)))) {
                client.post(ServerRig.body("hi", "\"stream\":true"));
                client.readUntil("\"content\":\"a\"");
                // The handle's destroy leaves the output open.
                process.toHandle().destroy();
                assertThat(client.readAll()).contains("event: error").contains("\"shutting_down\"");
            }
            assertThat(process.waitFor(35, TimeUnit.SECONDS)).as("gone in time").isTrue();
            assertThat(out.readLine()).isEqualTo("engine closed");
        } finally {
            process.destroyForcibly();
        }
    }
}
