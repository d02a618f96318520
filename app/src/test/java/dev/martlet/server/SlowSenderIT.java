package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that send their request too slowly, and those that are slow and send it all the same. */
@Timeout(120)
class SlowSenderIT {
    private static final ServerConfig IMPATIENT = ServerRig.config().withReadTimeout(Duration.ofMillis(500));

    /** Sends a byte at a time, until the server answers or closes. */
    private static String dribble(RawClient client, String text) throws InterruptedException {
        Thread writer = Thread.ofVirtual().start(() -> {
            try {
                for (int i = 0; i < text.length(); i++) {
                    client.send(text.substring(i, i + 1));
                    Thread.sleep(20);
                }
            } catch (InterruptedException | java.io.UncheckedIOException e) {
                // the server has had enough
            }
        });
        String answer = client.readAllOrReset();
        writer.interrupt();
        writer.join();
        return answer;
    }

    @Test
    void shouldGiveUpABodyThatComesByteByByte() throws InterruptedException {
        try (ServerRig rig = ServerRig.start(IMPATIENT, prompt -> "ok");
                RawClient client = rig.raw()) {
            String body = ServerRig.body("a".repeat(3_000), "");
            String head =
                    "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length() + "\r\n\r\n";
            client.send(head);
            String answer = dribble(client, body);
            assertThat(answer).startsWith("HTTP/1.1 408").contains("\"code\":\"request_timeout\"");
            assertThat(answer).containsIgnoringCase("Connection: close");
            assertThat(rig.get("/health").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void shouldGiveUpHeadersThatDoNotEnd() throws InterruptedException {
        try (ServerRig rig = ServerRig.start(IMPATIENT, prompt -> "ok");
                RawClient client = rig.raw();
                RawClient silent = rig.raw()) {
            client.send("POST /v1/chat/completions HTTP/1.1\r\n");
            dribble(client, "X-Header: a\r\n".repeat(400));
            assertThat(silent.readAllOrReset()).as("one that never begins").isEmpty();
            assertThat(rig.get("/health").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void shouldWaitForALongBodyThatKeepsComing() throws InterruptedException {
        try (ServerRig rig = ServerRig.start(IMPATIENT, prompt -> "ok");
                RawClient client = rig.raw()) {
            String body = ServerRig.body("hi", "\"metadata\":{\"a\":\"" + "a".repeat(60_000) + "\"}");
            client.send(
                    "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length() + "\r\n\r\n");
            for (int sent = 0; sent < body.length(); sent += 10_000) {
                client.send(body.substring(sent, Math.min(body.length(), sent + 10_000)));
                Thread.sleep(150);
            }
            // What is wrong with it could only be told after all of it had come.
            assertThat(client.readAll()).doesNotStartWith("HTTP/1.1 408").startsWith("HTTP/1.1");
        }
    }
}
