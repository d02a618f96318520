package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.template.ChatTemplates;
import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** GLM-4's own tools, declared by type alone as in its API: prompt, call, result, answer. */
@Timeout(120)
class BuiltInToolsIT {
    private static final String TOOLS = "\"tools\":[{\"type\":\"simple_browser\"},{\"type\":\"cogview\"},"
            + "{\"type\":\"python\"},{\"type\":\"function\",\"function\":{\"name\":\"ping\",\"parameters\":{}}}]";
    private static final String SEARCH = "simple_browser\nsearch(\"höchstes Holzhaus\", recency_days=30)";
    private static final String PAINT = "cogview\nA fox in the snow, \"oil on canvas\"";
    private static final String CODE = "python\nfor i in range(2):\n    print(\"Zürich\", i)";

    private static ServerRig rig;

    @BeforeAll
    static void start() {
        List<String> tokens = List.of("<|user|>", "<|assistant|>", "<|observation|>", "<|system|>");
        rig = ServerRig.speaking(ChatTemplates.GLM4_CHAT, tokens, BuiltInToolsIT::answer);
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    private static String answer(String prompt) {
        for (String tool : List.of("simple_browser", "cogview", "python", "ping")) {
            if (!prompt.contains("## " + tool + "\n")) {
                return "The prompt does not tell of " + tool + ": " + prompt;
            }
        }
        for (String call : List.of(SEARCH, PAINT, CODE)) {
            if (prompt.contains("<|user|>\n" + call.substring(0, call.indexOf('\n')))) {
                // The call stands in the history as the model wrote it.
                boolean returned = prompt.contains("<|assistant|>" + call + "<|observation|>\nthe result");
                return !prompt.contains("the result") ? call : returned ? "Done." : "Not as written: " + prompt;
            }
        }
        return "What?";
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            simple_browser | {"query":"höchstes Holzhaus","recency_days":30}
            cogview        | {"prompt":"A fox in the snow, \\"oil on canvas\\""}
            python         | {"code":"for i in range(2):\\n    print(\\"Zürich\\", i)"}
            """)
    void shouldGiveUsableCalls(String tool, String arguments) {
        String question = "{\"role\":\"user\",\"content\":\"" + tool + "\"}";
        JsonObject first = choice(
                rig.post("{\"messages\":[" + question + "]," + TOOLS + "}").body());
        assertThat(first.getString("finish_reason")).isEqualTo("tool_calls");
        JsonObject message = first.getJsonObject("message");
        assertThat(message.isNull("content")).isTrue();
        assertThat(message.getJsonArray("tool_calls")).hasSize(1);
        JsonObject call = message.getJsonArray("tool_calls").getJsonObject(0);
        assertThat(call.getString("type")).isEqualTo("function");
        assertThat(call.getJsonObject("function").getString("name")).isEqualTo(tool);
        assertThat(object(call.getJsonObject("function").getString("arguments")))
                .isEqualTo(object(arguments));

        String result =
                "{\"role\":\"tool\",\"tool_call_id\":\"" + call.getString("id") + "\",\"content\":\"the result\"}";
        JsonObject last =
                choice(rig.post("{\"messages\":[" + question + "," + message + "," + result + "]," + TOOLS + "}")
                        .body());
        assertThat(last.getJsonObject("message").getString("content")).isEqualTo("Done.");
        assertThat(last.getString("finish_reason")).isEqualTo("stop");

        String streamed = rig.post("{\"messages\":[" + question + "],\"stream\":true," + TOOLS + "}")
                .body();
        var pieces = new StringBuilder();
        for (JsonObject chunk : ServerRig.chunks(streamed)) {
            var calls = chunk.getJsonArray("choices")
                    .getJsonObject(0)
                    .getJsonObject("delta")
                    .getJsonArray("tool_calls");
            if (calls != null) {
                pieces.append(calls.getJsonObject(0).getJsonObject("function").getString("arguments"));
            }
        }
        assertThat(object(pieces.toString())).isEqualTo(object(arguments));
    }

    private static JsonObject choice(String body) {
        return object(body).getJsonArray("choices").getJsonObject(0);
    }

    private static JsonObject object(String json) {
        return Json.object(json.getBytes(StandardCharsets.UTF_8));
    }
}
