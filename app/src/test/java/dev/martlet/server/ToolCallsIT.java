package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.openai.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ToolCallsIT {
    private static final String CALLS =
            "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}</tool_call>\n"
                    + "<tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>";
    private static final String TOOLS = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\","
            + "\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}},"
            + "{\"type\":\"function\",\"function\":{\"name\":\"time\"}}]";

    private static ServerRig rig;

    @BeforeAll
    static void start() {
        rig = ServerRig.start(prompt -> {
            if (prompt.contains("refuse")) {
                return "No.";
            }
            if (prompt.contains("<think>")) {
                return "<think>\nlet me see\n</think>\n\nDone.";
            }
            return prompt.contains("18 degrees") ? "It is 18 degrees." : "Looking it up.\n" + CALLS;
        });
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    private static JsonObject choice(JsonObject completion) {
        return completion.getJsonArray("choices").getJsonObject(0);
    }

    @Test
    void shouldMakeTheWholeRound() {
        JsonObject choice = choice(ServerRig.json(rig.post(ServerRig.body("Weather?", TOOLS))));
        JsonObject message = choice.getJsonObject("message");
        assertThat(choice.getString("finish_reason")).isEqualTo("tool_calls");
        assertThat(message.getString("content")).isEqualTo("Looking it up.");
        JsonArray calls = message.getJsonArray("tool_calls");
        assertThat(calls).hasSize(2);
        JsonObject call = calls.getJsonObject(0);
        assertThat(call.getString("id")).matches("call_[A-Za-z0-9]{24}");
        assertThat(call.getJsonObject("function").getString("name")).isEqualTo("weather");
        assertThat(arguments(call).getString("city")).isEqualTo("Rome");
        assertThat(arguments(calls.getJsonObject(1))).isEmpty();

        String history = "{\"messages\":[{\"role\":\"user\",\"content\":\"Weather?\"}," + message
                + ",{\"role\":\"tool\",\"tool_call_id\":\"" + call.getString("id") + "\",\"content\":\"18 degrees\"},"
                + "{\"role\":\"tool\",\"tool_call_id\":\""
                + calls.getJsonObject(1).getString("id")
                + "\",\"content\":\"noon\"}]," + TOOLS + "}";
        JsonObject answer = choice(ServerRig.json(rig.post(history)));
        assertThat(answer.getJsonObject("message").getString("content")).isEqualTo("It is 18 degrees.");
        assertThat(answer.getString("finish_reason")).isEqualTo("stop");
    }

    private static JsonObject arguments(JsonObject call) {
        return Json.object(call.getJsonObject("function").getString("arguments").getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void shouldStreamCalls() {
        List<JsonObject> chunks = ServerRig.chunks(
                rig.post(ServerRig.body("Weather?", TOOLS + ",\"stream\":true")).body());
        StringBuilder[] arguments = {new StringBuilder(), new StringBuilder()};
        int begun = 0;
        for (JsonObject chunk : chunks) {
            JsonArray calls = choice(chunk).getJsonObject("delta").getJsonArray("tool_calls");
            if (calls == null) {
                continue;
            }
            JsonObject call = calls.getJsonObject(0);
            if (call.containsKey("id")) {
                assertThat(call.getInt("index")).isEqualTo(begun++);
                assertThat(call.getString("type")).isEqualTo("function");
            } else {
                assertThat(call.keySet()).containsExactly("index", "function");
                assertThat(call.getJsonObject("function").keySet()).containsExactly("arguments");
            }
            arguments[call.getInt("index")].append(
                    call.getJsonObject("function").getString("arguments"));
        }
        assertThat(begun).isEqualTo(2);
        assertThat(Json.object(arguments[0].toString().getBytes(StandardCharsets.UTF_8))
                        .getString("city"))
                .isEqualTo("Rome");
        assertThat(arguments[1]).hasToString("{}");
        assertThat(choice(chunks.getLast()).getString("finish_reason")).isEqualTo("tool_calls");
        assertThat(choice(chunks.getLast()).getJsonObject("delta")).isEmpty();
    }

    @Test
    void shouldStopAfterOneCallWhenAsked() {
        JsonObject completion =
                ServerRig.json(rig.post(ServerRig.body("Weather?", TOOLS + ",\"parallel_tool_calls\":false")));
        assertThat(choice(completion).getJsonObject("message").getJsonArray("tool_calls"))
                .hasSize(1);
        assertThat(choice(completion).getString("finish_reason")).isEqualTo("tool_calls");
        assertThat(completion.getJsonObject("usage").getInt("completion_tokens"))
                .isLessThan(CALLS.length());
    }

    @Test
    void shouldLeaveCallsAsTextWithoutTools() {
        for (String members : List.of("", TOOLS + ",\"tool_choice\":\"none\"")) {
            JsonObject choice = choice(ServerRig.json(rig.post(ServerRig.body("Weather?", members))));
            assertThat(choice.getString("finish_reason")).isEqualTo("stop");
            assertThat(choice.getJsonObject("message").getString("content")).contains("\"Rome\"");
            assertThat(choice.getJsonObject("message")).doesNotContainKey("tool_calls");
        }
    }

    @Test
    void shouldSayLengthForACallThatIsCutOff() {
        JsonObject choice = choice(ServerRig.json(rig.post(ServerRig.body("Weather?", TOOLS + ",\"max_tokens\":80"))));
        assertThat(choice.getString("finish_reason")).isEqualTo("length");
    }

    @Test
    void shouldSpeakTheOldForm() {
        String members = "\"functions\":[{\"name\":\"weather\"}]";
        JsonObject choice = choice(ServerRig.json(rig.post(ServerRig.body("Weather?", members))));
        assertThat(choice.getString("finish_reason")).isEqualTo("function_call");
        assertThat(choice.getJsonObject("message")
                        .getJsonObject("function_call")
                        .getString("name"))
                .isEqualTo("weather");
        List<JsonObject> chunks = ServerRig.chunks(rig.post(ServerRig.body("Weather?", members + ",\"stream\":true"))
                .body());
        assertThat(choice(chunks.getLast()).getString("finish_reason")).isEqualTo("function_call");
        assertThat(chunks).noneMatch(chunk -> chunk.toString().contains("tool_calls"));
    }

    @Test
    void shouldTakeOddHistories() {
        for (String odd : List.of(
                "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":null,\"type\":\"function\","
                        + "\"function\":{\"name\":\"weather\",\"arguments\":\"{\\\"ci\"}}]},"
                        + "{\"role\":\"tool\",\"tool_call_id\":null,\"content\":\"refuse\"}",
                "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[]},{\"role\":\"user\",\"content\":\"refuse\"}",
                "{\"role\":\"assistant\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"refuse\"}]}",
                "{\"role\":\"tool\",\"tool_call_id\":\"call_nobody\",\"content\":\"refuse\"}",
                "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}],\"function_call\":"
                        + "{\"name\":\"gone\",\"arguments\":\"not json\"}},"
                        + "{\"role\":\"function\",\"name\":\"gone\",\"content\":\"refuse\"}")) {
            String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}," + odd + "]," + TOOLS + "}";
            JsonObject answer = ServerRig.json(rig.post(body));
            assertThat(answer).as(odd).doesNotContainKey("error");
            assertThat(choice(answer).getJsonObject("message").getString("content"))
                    .isEqualTo("No.");
        }
    }

    @Test
    void shouldTellThoughtsApart() {
        JsonObject completion = ServerRig.json(rig.post(ServerRig.body("<think>?", "")));
        JsonObject message = choice(completion).getJsonObject("message");
        assertThat(message.getString("reasoning_content")).isEqualTo("let me see");
        assertThat(message.getString("reasoning")).isEqualTo("let me see");
        assertThat(message.getString("content")).isEqualTo("Done.");
        assertThat(completion
                        .getJsonObject("usage")
                        .getJsonObject("completion_tokens_details")
                        .getInt("reasoning_tokens"))
                .isBetween(10, 40);
    }

    @Test
    void shouldContinueAFinalMessage() {
        JsonObject answer = ServerRig.json(rig.post("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},"
                + "{\"role\":\"assistant\",\"content\":\"refuse\"}],\"continue_final_message\":true}"));
        assertThat(choice(answer).getJsonObject("message").getString("content")).isEqualTo("No.");
        int own = "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\nrefuse".length();
        assertThat(answer.getJsonObject("usage").getInt("prompt_tokens")).isEqualTo(own);
        assertThat(answer.getJsonObject("usage").get("prompt_tokens_details")).isNotEqualTo(JsonValue.NULL);
    }
}
