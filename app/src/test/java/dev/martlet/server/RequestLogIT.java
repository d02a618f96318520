package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.access.Access;
import dev.martlet.access.ApiKeys;
import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A line for each request. */
@Timeout(120)
class RequestLogIT {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    private ServerConfig config(boolean prompts) {
        return ServerRig.config()
                .withKeepAlive(Duration.ofMillis(20)) // so that it is soon noticed that a client has gone
                .withRequestLog(RequestLog.to(new PrintStream(written, true, StandardCharsets.UTF_8), prompts));
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }

    /** The lines, once there are so many: one is written when its answer is out, so that its client may be faster. */
    private List<JsonObject> lines(int count) {
        ServerRig.await(count + " lines", () -> text().lines().count() == count);
        return text().lines()
                .map(line -> Json.object(line.getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    private static HttpRequest.Builder chat(ServerRig rig, String members) {
        return HttpRequest.newBuilder(rig.uri("/v1/chat/completions"))
                .POST(BodyPublishers.ofString(ServerRig.body("a secret question", members)));
    }

    @Test
    void shouldTellWhoseRequestItWasAndHowItWent() throws IOException {
        Path keys = Files.writeString(folder.resolve("keys"), "sk-a name=ann\n");
        Access access = Access.open().withKeys(ApiKeys.of(List.of(), Optional.of(keys)));
        try (ServerRig rig = ServerRig.start(config(false).withAccess(access), prompt -> "an answer")) {
            for (String members : List.of("", "\"stream\":true,\"max_tokens\":3")) {
                HttpResponse<String> response = rig.send(chat(rig, members)
                        .header("Authorization", "Bearer sk-a")
                        .header("x-request-id", "mine-1")
                        .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01")
                        .build());
                assertThat(response.statusCode()).isEqualTo(200);
            }
            rig.send(chat(rig, "").header("Authorization", "Bearer sk-wrong").build());
            List<JsonObject> lines = lines(3);
            JsonObject whole = lines.get(0);
            assertThat(Instant.parse(whole.getString("time")))
                    .isBefore(Instant.now().plusSeconds(1));
            assertThat(whole.getString("request_id")).isEqualTo("mine-1");
            assertThat(whole.getString("trace_id")).isEqualTo(TRACE);
            assertThat(whole.getString("key")).isEqualTo("ann");
            assertThat(whole.getString("method")).isEqualTo("POST");
            assertThat(whole.getString("route")).isEqualTo("/v1/chat/completions");
            assertThat(whole.getString("model")).isEqualTo(ServerRig.MODEL);
            assertThat(whole.getInt("status")).isEqualTo(200);
            assertThat(whole.getBoolean("stream")).isFalse();
            assertThat(whole.getInt("prompt_tokens")).isEqualTo(ServerRig.promptTokens("a secret question"));
            assertThat(whole.getInt("cached_tokens")).isZero();
            assertThat(whole.getInt("completion_tokens")).isEqualTo("an answer".length());
            assertThat(whole.getJsonArray("finish_reasons")).hasToString("[\"stop\"]");
            double queue = whole.getJsonNumber("queue_ms").doubleValue();
            double first = whole.getJsonNumber("ttft_ms").doubleValue();
            double total = whole.getJsonNumber("total_ms").doubleValue();
            assertThat(queue).isNotNegative().isLessThanOrEqualTo(first);
            assertThat(first).isPositive().isLessThanOrEqualTo(total);
            JsonObject streamed = lines.get(1);
            assertThat(streamed.getBoolean("stream")).isTrue();
            assertThat(streamed.getJsonArray("finish_reasons")).hasToString("[\"length\"]");
            assertThat(streamed.getInt("completion_tokens")).isEqualTo(3);
            JsonObject refused = lines.get(2);
            assertThat(refused.getInt("status")).isEqualTo(401);
            assertThat(refused.keySet()).doesNotContain("key", "model", "trace_id", "prompt_tokens");
            assertThat(text()).doesNotContain("secret").doesNotContain("sk-").doesNotContain("an answer");
        }
    }

    @Test
    void shouldNoteWhatWasEmbedded() {
        try (ServerRig rig = ServerRig.start(config(true), prompt -> "an answer")) {
            rig.post("/v1/embeddings", "{\"input\":[\"secret\",\"words\"]}");
            rig.post("/v1/rerank", "{\"query\":\"q\",\"documents\":[\"abc\"]}");
            JsonObject embedding = lines(2).getFirst();
            assertThat(embedding.getString("route")).isEqualTo("/v1/embeddings");
            assertThat(embedding.getString("model")).isEqualTo(ServerRig.MODEL);
            assertThat(embedding.getInt("prompt_tokens")).isEqualTo(11);
            assertThat(lines(2).getLast().getInt("prompt_tokens")).isEqualTo(4);
            assertThat(text()).doesNotContain("secret");
        }
    }

    @Test
    void shouldNoteWhatEndedEarly() {
        try (ServerRig rig = ServerRig.start(config(false), prompt -> "a long story")) {
            rig.post("{\"temperature\":9}");
            assertThat(lines(1).getFirst().getInt("status")).isEqualTo(400);
            Gate gate = rig.gate();
            try (RawClient client = rig.raw()) {
                client.post(ServerRig.body("hi", ""));
                ServerRig.await("a running request", () -> gate.holds() && rig.server.running() == 1);
            }
            JsonObject left = lines(2).getLast();
            assertThat(left.isNull("status")).isTrue();
            assertThat(left.getJsonArray("finish_reasons")).isEmpty();
            assertThat(left.getInt("completion_tokens")).isZero();
            assertThat(left.containsKey("ttft_ms")).isFalse();
            gate.open();
        }
    }

    @Test
    void shouldHoldThePromptWhereThatIsWanted() {
        try (ServerRig rig = ServerRig.start(config(true), prompt -> "an answer")) {
            rig.send(chat(rig, "").build());
            JsonObject line = lines(1).getFirst();
            assertThat(line.getString("prompt")).contains("a secret question");
            assertThat(text()).doesNotContain("an answer");
        }
    }
}
