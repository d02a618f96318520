package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The npm {@code openai} client, in a process of its own; its scenarios are in {@code src/test/clients}. */
@Timeout(240)
class OpenAiNodeIT {
    private static ServerRig rig;

    @BeforeAll
    static void start() {
        rig = ServerRig.start(OpenAiNodeIT::answer);
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    private static String answer(String prompt) {
        if (prompt.contains("clear in")) {
            return "The sky is clear.";
        }
        if (prompt.contains("user\ncall<|im_end|>")) {
            return """
                    <tool_call>
                    {"name": "get_weather", "arguments": {"city": "Zürich"}}
                    </tool_call>
                    <tool_call>
                    {"name": "get_weather", "arguments": {"city": "Łódź"}}
                    </tool_call>""";
        }
        return prompt.contains("user\nlong<|im_end|>") ? "on and on ".repeat(200) : "Grüezi mitenand.";
    }

    @Test
    void shouldGiveAWholeAnswer() {
        JsonObject seen = scenario("whole");

        assertThat(seen.getString("content")).isEqualTo("Grüezi mitenand.");
        assertThat(seen.isNull("refusal")).isTrue();
        assertThat(seen.getString("finish_reason")).isEqualTo("stop");
        assertUsageAddsUp(seen.getJsonObject("usage"));
    }

    @Test
    void shouldStream() {
        JsonObject seen = scenario("stream");

        assertThat(seen.getString("content")).isEqualTo("Grüezi mitenand.");
        assertThat(seen.getString("finish_reason")).isEqualTo("stop");
        assertThat(seen.getInt("ids")).isEqualTo(1);
        assertThat(seen.getInt("created")).isEqualTo(1);
        assertUsageAddsUp(seen.getJsonObject("usage"));
    }

    private static void assertUsageAddsUp(JsonObject usage) {
        assertThat(usage.getInt("completion_tokens")).isPositive();
        assertThat(usage.getInt("total_tokens"))
                .isEqualTo(usage.getInt("prompt_tokens") + usage.getInt("completion_tokens"));
    }

    @Test
    void shouldCallToolsAndTakeTheirResults() {
        JsonObject seen = scenario("tools");

        assertThat(seen.getJsonArray("calls").toString())
                .isEqualTo("[{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Zürich\"}},"
                        + "{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Łódź\"}}]");
        assertThat(seen.getBoolean("idsUnique")).isTrue();
        assertThat(seen.getString("finish_reason")).isEqualTo("tool_calls");
        assertThat(seen.getString("answer")).isEqualTo("The sky is clear.");
    }

    @Test
    void shouldExplainABadRequest() {
        JsonObject seen = scenario("error");

        assertThat(seen.getString("thrown")).isEqualTo("BadRequestError");
        assertThat(seen.getInt("status")).isEqualTo(400);
        assertThat(seen.getString("param")).isEqualTo("temperature");
        assertThat(seen.getString("message")).contains("temperature");
        assertThat(seen.getString("requestID")).isNotEmpty();
    }

    @Test
    void shouldListItsModel() {
        JsonObject seen = scenario("models");

        assertThat(seen.getJsonArray("listed")).hasSize(1);
        assertThat(seen.getJsonObject("one").getString("id")).isEqualTo(ServerRig.MODEL);
    }

    @Test
    void shouldStopWhenTheClientLeaves() {
        long cancelled = rig.engine.metrics().cancelled();
        // Slow enough to be still at it when the client leaves.
        rig.runner.beforeStep(() -> LockSupport.parkNanos(5_000_000));
        try {
            assertThat(scenario("leave").getBoolean("left")).isTrue();

            ServerRig.await(
                    "the generation is cancelled", () -> rig.engine.metrics().cancelled() > cancelled);
        } finally {
            rig.runner.beforeStep(() -> {});
        }
    }

    private static JsonObject scenario(String name) {
        String base = rig.uri("").toString();
        return Json.object(ClientScripts.run("openai-node.mjs", base, name).getBytes(StandardCharsets.UTF_8));
    }
}
