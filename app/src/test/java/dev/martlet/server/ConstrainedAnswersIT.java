package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.openai.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A model that says what the user asks it to say, kept to what the request asks for. */
@Timeout(120)
class ConstrainedAnswersIT {
    private static final String CITY = "{\"type\":\"object\",\"properties\":{\"city\":{\"enum\":[\"Rome\",\"Oslo\"]}},"
            + "\"required\":[\"city\"],\"additionalProperties\":false}";
    private static final String FORMAT =
            "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"c\",\"schema\":" + CITY + "}}";
    private static final String STRICT = tools(true);
    private static final String LOOSE = tools(false);
    private static final String CALL =
            "<tool_call>\\n{\\\"name\\\": \\\"weather\\\", \\\"arguments\\\": {\\\"city\\\": \\\"%s\\\"}}\\n</tool_call>";

    private static ServerRig rig;

    @BeforeAll
    static void start() {
        rig = ServerRig.start(prompt -> prompt.substring(
                prompt.lastIndexOf("user\n") + 5, prompt.lastIndexOf("<|im_end|>\n<|im_start|>assistant")));
    }

    @AfterAll
    static void stop() {
        rig.close();
    }

    private static String tools(boolean strict) {
        return "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"strict\":" + strict
                + ",\"parameters\":" + CITY + "}},{\"type\":\"function\",\"function\":{\"name\":\"time\"}}]";
    }

    private static JsonObject choice(String says, String members) {
        HttpResponse<String> response = rig.post(ServerRig.body(says, members));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return ServerRig.json(response).getJsonArray("choices").getJsonObject(0);
    }

    private static String content(JsonObject choice) {
        return choice.getJsonObject("message").getString("content");
    }

    private static List<JsonObject> calls(JsonObject choice) {
        JsonArray calls = choice.getJsonObject("message").getJsonArray("tool_calls");
        return calls.getValuesAs(JsonObject.class).stream()
                .map(call -> call.getJsonObject("function"))
                .toList();
    }

    @Test
    void shouldKeepTextToTheSchema() {
        JsonObject choice = choice("Sure, here it is:", FORMAT);
        assertThat(content(choice)).isIn("{\"city\":\"Rome\"}", "{\"city\":\"Oslo\"}");
        assertThat(choice.getString("finish_reason")).isEqualTo("stop");
        assertThat(choice("no", FORMAT + ",\"max_tokens\":4").getString("finish_reason"))
                .isEqualTo("length");
    }

    @Test
    void shouldLeaveThoughtsFreeAndConstrainWhatFollows() {
        JsonObject choice = choice("<think>I would say Paris: {city}</think>Paris it is", FORMAT);
        assertThat(choice.getJsonObject("message").getString("reasoning_content"))
                .isEqualTo("I would say Paris: {city}");
        assertThat(content(choice)).isIn("{\"city\":\"Rome\"}", "{\"city\":\"Oslo\"}");
    }

    @Test
    void shouldStreamTheSame() {
        String body = ServerRig.body("Sure", FORMAT + ",\"stream\":true,\"n\":2");
        StringBuilder[] texts = {new StringBuilder(), new StringBuilder()};
        for (JsonObject chunk : ServerRig.chunks(rig.post(body).body())) {
            JsonObject choice = chunk.getJsonArray("choices").getJsonObject(0);
            texts[choice.getInt("index")].append(choice.getJsonObject("delta").getString("content", ""));
        }
        for (StringBuilder text : texts) {
            assertThat(text.toString()).isIn("{\"city\":\"Rome\"}", "{\"city\":\"Oslo\"}");
        }
    }

    @Test
    void shouldForceCalls() {
        for (String members : List.of(
                LOOSE + ",\"tool_choice\":\"required\"",
                LOOSE + ",\"tool_choice\":\"required\"," + FORMAT,
                LOOSE + ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"weather\"}}")) {
            JsonObject choice = choice("I will not.", members);
            assertThat(choice.getString("finish_reason")).isEqualTo("tool_calls");
            for (JsonObject call : calls(choice)) {
                JsonObject arguments = Json.object(call.getString("arguments").getBytes(StandardCharsets.UTF_8));
                if (call.getString("name").equals("weather")) {
                    assertThat(arguments.getString("city")).isIn("Rome", "Oslo");
                } else {
                    assertThat(call.getString("name")).isEqualTo("time");
                    assertThat(arguments).isEmpty();
                }
            }
        }
        JsonObject old = choice(
                CALL.formatted("Paris"),
                "\"functions\":[{\"name\":\"weather\",\"parameters\":" + CITY
                        + "}],\"function_call\":{\"name\":\"weather\"}");
        assertThat(old.getString("finish_reason")).isEqualTo("function_call");
        assertThat(old.getJsonObject("message").getJsonObject("function_call").getString("arguments"))
                .contains("\"city\"");
    }

    @Test
    void shouldHoldStrictToolsToTheirSchemaOnceACallBegins() {
        JsonObject text = choice("No tool is needed for <this>.", STRICT);
        assertThat(content(text)).isEqualTo("No tool is needed for <this>.");
        assertThat(text.getString("finish_reason")).isEqualTo("stop");

        JsonObject called = choice("Let me see.\\n" + CALL.formatted("Rome"), STRICT);
        assertThat(content(called)).isEqualTo("Let me see.");
        assertThat(calls(called).getFirst().getString("arguments")).isEqualTo("{\"city\": \"Rome\"}");

        JsonObject held = choice(CALL.formatted("Paris"), STRICT);
        String arguments = calls(held).getFirst().getString("arguments");
        assertThat(Json.object(arguments.getBytes(StandardCharsets.UTF_8)).getString("city"))
                .isIn("Rome", "Oslo");
        assertThat(calls(choice(CALL.formatted("Paris"), LOOSE)).getFirst().getString("arguments"))
                .isEqualTo("{\"city\": \"Paris\"}");
    }

    @Test
    void shouldNotTakeACallInThoughtsForOne() {
        JsonObject choice = choice("<think>" + CALL.formatted("Paris") + "? No.</think>Hello.", STRICT);
        assertThat(content(choice)).isEqualTo("Hello.");
        assertThat(choice.getJsonObject("message").getString("reasoning_content"))
                .contains("Paris");
        assertThat(choice.getString("finish_reason")).isEqualTo("stop");
    }

    @Test
    void shouldAllowOnlySomeTools() {
        String allowed = LOOSE + ",\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":\"%s\",\"tools\":"
                + "[{\"type\":\"function\",\"function\":{\"name\":\"time\"}}]}";
        assertThat(calls(choice(CALL.formatted("Rome"), allowed.formatted("required")))
                        .getFirst()
                        .getString("name"))
                .isEqualTo("time");
        assertThat(calls(choice(CALL.formatted("Rome"), allowed.formatted("auto")))
                        .getFirst()
                        .getString("name"))
                .isEqualTo("time");
        assertThat(content(choice("No.", allowed.formatted("auto")))).isEqualTo("No.");
    }

    @Test
    void shouldAnswerInTheShapeOrCall() {
        assertThat(calls(choice(CALL.formatted("Rome"), LOOSE + "," + FORMAT))).hasSize(1);
        assertThat(content(choice("{\\\"city\\\":\\\"Oslo\\\"}", LOOSE + "," + FORMAT)))
                .isEqualTo("{\"city\":\"Oslo\"}");
    }

    @Test
    void shouldMakeOneCallWhereCallsAreNotParallel() {
        String twice = CALL.formatted("Rome") + "\\n" + CALL.formatted("Oslo");
        assertThat(calls(choice(twice, LOOSE + ",\"tool_choice\":\"required\"")))
                .hasSize(2);
        assertThat(calls(choice(twice, LOOSE + ",\"tool_choice\":\"required\",\"parallel_tool_calls\":false")))
                .hasSize(1);
        assertThat(calls(choice(twice, STRICT + ",\"parallel_tool_calls\":false")))
                .hasSize(1);
    }

    @Test
    void shouldFollowARegexOverSeveralBytes() {
        HttpResponse<String> response =
                rig.post(ServerRig.body("\u00e9\u00e9\u00e9", "\"guided_regex\":\"\\\\u00e9{3}\""));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(ServerRig.json(response).toString()).contains("ééé");
    }
}
