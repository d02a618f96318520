package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall.Function;
import com.openai.models.chat.completions.ChatCompletionNamedToolChoice;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import dev.martlet.engine.Engine;
import dev.martlet.engine.EngineOptions;
import dev.martlet.model.Model;
import dev.martlet.model.TestModel;
import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What the smallest model writes under grammars, checked by a validator that knows nothing of them. The system property
 * {@code martlet.test.answers} sets how many answers of each kind are made, 10 by default.
 */
@Timeout(1_800)
class StructuredOutputIT {
    private static final int ANSWERS = Integer.getInteger("martlet.test.answers", 10);
    private static final int AT_ONCE = 5;

    private static final String PERSON = """
            {"type":"object","additionalProperties":false,
            "required":["name","age","email","active","role","score","tags","address","history","notes","level","parent"],
            "properties":{
            "name":{"type":"string","minLength":1,"maxLength":30},
            "age":{"type":"integer","minimum":0,"maximum":130},
            "email":{"type":"string","pattern":"^[a-z]{1,10}@[a-z]{1,10}\\\\.(com|org)$"},
            "active":{"type":"boolean"},
            "role":{"enum":["admin","editor","reader"]},
            "score":{"type":"number","minimum":0,"maximum":100},
            "tags":{"type":"array","items":{"type":"string","maxLength":12},"minItems":1,"maxItems":4},
            "address":{"type":"object","additionalProperties":false,"required":["city","zip"],
              "properties":{"city":{"type":"string","maxLength":20},"zip":{"type":"string","pattern":"^[0-9]{5}$"}}},
            "history":{"type":"array","maxItems":3,"items":{"type":"array","minItems":2,"maxItems":2,
              "items":{"type":"integer","minimum":1900,"maximum":2100}}},
            "notes":{"type":["string","null"],"maxLength":40},
            "level":{"const":3},
            "parent":{"$ref":"#/$defs/link"}},
            "$defs":{"link":{"anyOf":[{"type":"null"},{"type":"object","additionalProperties":false,
              "required":["name"],"properties":{"name":{"$ref":"#/properties/name"}}}]}}}""";

    private static final String WEATHER = """
            {"type":"object","additionalProperties":false,"required":["city","unit","days"],"properties":{
            "city":{"type":"string","minLength":1,"maxLength":20},"unit":{"enum":["celsius","fahrenheit"]},
            "days":{"type":"array","minItems":1,"maxItems":3,"items":{"type":"integer","minimum":1,"maximum":14}}}}""";

    private static final String MAIL = """
            {"type":"object","additionalProperties":false,"required":["to","subject"],"properties":{
            "to":{"type":"string","maxLength":30},"subject":{"type":"string","maxLength":40},
            "urgent":{"type":"boolean"}}}""";

    private static final JsonSchemaFactory SCHEMAS = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

    private static Model model;
    private static Engine engine;
    private static MartletServer server;
    private static OpenAIClient openai;

    @BeforeAll
    static void start() {
        model = Model.open(TestModel.path());
        engine = Engine.start(model, EngineOptions.defaults().withContextTokens(8_192));
        server = MartletServer.start(
                ServerRig.config(), ServedModel.of("smol", model, engine, Optional.empty(), Optional.empty()));
        openai = OpenAIOkHttpClient.builder()
                .baseUrl("http://127.0.0.1:" + server.port() + "/v1")
                .apiKey("none")
                .build();
    }

    @AfterAll
    static void stop() {
        openai.close();
        server.close();
        engine.close();
        model.close();
    }

    private static HttpResponse<String> post(String body) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/v1/chat/completions"))
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        }
    }

    private static List<JsonObject> choices(String user, String members) throws Exception {
        HttpResponse<String> response = post(ServerRig.body(user, members));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return Json.object(response.body().getBytes(StandardCharsets.UTF_8))
                .getJsonArray("choices")
                .getValuesAs(JsonObject.class);
    }

    private static void checkValid(String json, String schema) {
        JsonSchema validator = SCHEMAS.getSchema(schema);
        assertThat(validator.validate(json, InputFormat.JSON)).as(json).isEmpty();
    }

    private static String format(String schema) {
        return "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"strict\":true,"
                + "\"schema\":" + schema + "}}";
    }

    @Test
    void shouldAnswerUnderASchemaHoweverHotTheModel() throws Exception {
        int made = 0;
        while (made < ANSWERS) {
            for (JsonObject choice : choices(
                    "Describe a person.",
                    format(PERSON) + ",\"temperature\":1.2,\"max_tokens\":1000,\"n\":" + AT_ONCE + ",\"seed\":"
                            + made)) {
                assertThat(choice.getString("finish_reason")).isEqualTo("stop");
                checkValid(choice.getJsonObject("message").getString("content"), PERSON);
                made++;
            }
        }
        System.out.println("StructuredOutputIT: " + made + " of " + made + " answers are valid");
    }

    @Test
    void shouldTellLogprobsOfEveryToken() throws Exception {
        JsonObject choice = choices(
                        "Weather?",
                        format(WEATHER) + ",\"temperature\":0.7,\"logprobs\":true,\"frequency_penalty\":0.5")
                .getFirst();
        String content = choice.getJsonObject("message").getString("content");
        checkValid(content, WEATHER);
        StringBuilder told = new StringBuilder();
        for (JsonObject token :
                choice.getJsonObject("logprobs").getJsonArray("content").getValuesAs(JsonObject.class)) {
            told.append(token.getString("token"));
            assertThat(token.getJsonNumber("logprob").doubleValue()).isLessThan(0);
        }
        assertThat(told.toString()).isEqualTo(content);
    }

    @Test
    void shouldAnswerWithAnyObjectARegexOrAChoice() throws Exception {
        JsonObject any = choices(
                        "An object with the keys a and b.",
                        "\"response_format\":{\"type\":\"json_object\"},\"max_tokens\":400,\"temperature\":0")
                .getFirst();
        if (any.getString("finish_reason").equals("stop")) {
            checkValid(any.getJsonObject("message").getString("content"), "{\"type\":\"object\"}");
        }
        assertThat(choices("A date?", "\"guided_regex\":\"20[0-9]{2}-[01][0-9]\"")
                        .getFirst()
                        .getJsonObject("message")
                        .getString("content"))
                .matches("20[0-9]{2}-[01][0-9]");
        assertThat(choices("Yes?", "\"structured_outputs\":{\"choice\":[\"yes\",\"no\"]}")
                        .getFirst()
                        .getJsonObject("message")
                        .getString("content"))
                .isIn("yes", "no");
    }

    private static FunctionDefinition function(String name, String schema) {
        FunctionParameters.Builder parameters = FunctionParameters.builder();
        Json.object(schema.getBytes(StandardCharsets.UTF_8))
                .forEach((key, value) -> parameters.putAdditionalProperty(key, jackson(value.toString())));
        return FunctionDefinition.builder()
                .name(name)
                .description("Calls " + name)
                .parameters(parameters.build())
                .build();
    }

    private static JsonValue jackson(String json) {
        try {
            return JsonValue.fromJsonNode(new com.fasterxml.jackson.databind.ObjectMapper().readTree(json));
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("deprecation") // The seed; it makes a failure repeatable.
    private static ChatCompletionCreateParams.Builder params(String user, int seed) {
        return ChatCompletionCreateParams.builder()
                .model("smol")
                .addUserMessage(user)
                .addFunctionTool(function("get_weather", WEATHER))
                .addFunctionTool(function("send_mail", MAIL))
                .temperature(1.2)
                .maxCompletionTokens(2_000)
                .seed(seed);
    }

    private static ChatCompletion streamed(ChatCompletionCreateParams params) {
        ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> stream =
                openai.chat().completions().createStreaming(params)) {
            stream.stream().forEach(accumulator::accumulate);
        }
        return accumulator.chatCompletion();
    }

    private static List<Function> calls(ChatCompletion completion) {
        ChatCompletion.Choice choice = completion.choices().getFirst();
        assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
        assertThat(choice.message().content().orElse("")).isBlank();
        List<Function> calls = new ArrayList<>();
        choice.message()
                .toolCalls()
                .orElseThrow()
                .forEach(call -> calls.add(call.asFunction().function()));
        assertThat(calls).isNotEmpty();
        for (Function call : calls) {
            String schema = Map.of("get_weather", WEATHER, "send_mail", MAIL).get(call.name());
            assertThat(schema).as(call.name()).isNotNull();
            checkValid(call.arguments(), schema);
        }
        return calls;
    }

    @Test
    void shouldCallAToolWhenItMust() {
        for (int i = 0; i < ANSWERS; i++) {
            calls(streamed(params("Hello, how are you?", i)
                    .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                    .build()));
        }
        System.out.println("StructuredOutputIT: " + ANSWERS + " of " + ANSWERS + " required calls are valid");
    }

    @Test
    void shouldCallTheNamedToolOnce() {
        for (int i = 0; i < ANSWERS; i++) {
            List<Function> calls = calls(streamed(params("What is the weather in Oslo?", i)
                    .toolChoice(ChatCompletionNamedToolChoice.builder()
                            .function(ChatCompletionNamedToolChoice.Function.builder()
                                    .name("send_mail")
                                    .build())
                            .build())
                    .build()));
            assertThat(calls).hasSize(1);
            assertThat(calls.getFirst().name()).isEqualTo("send_mail");
        }
        System.out.println("StructuredOutputIT: " + ANSWERS + " of " + ANSWERS + " named calls are valid");
    }

    @Test
    void shouldMakeExactlyOneCallWhereCallsAreNotParallel() {
        for (int i = 0; i < ANSWERS; i++) {
            assertThat(calls(streamed(params("Weather in Oslo and in Rome?", i)
                            .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                            .parallelToolCalls(false)
                            .build())))
                    .hasSize(1);
        }
    }

    @Test
    void shouldCallOnlyAllowedTools() throws Exception {
        String tools = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"parameters\":"
                + WEATHER
                + "}},{\"type\":\"function\",\"function\":{\"name\":\"send_mail\",\"parameters\":" + MAIL + "}}],"
                + "\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":"
                + "[{\"type\":\"function\",\"function\":{\"name\":\"send_mail\"}}]}},\"temperature\":1.2,\"n\":4";
        for (JsonObject choice : choices("What is the weather?", tools)) {
            assertThat(choice.getString("finish_reason")).isEqualTo("tool_calls");
            for (JsonObject call :
                    choice.getJsonObject("message").getJsonArray("tool_calls").getValuesAs(JsonObject.class)) {
                assertThat(call.getJsonObject("function").getString("name")).isEqualTo("send_mail");
                checkValid(call.getJsonObject("function").getString("arguments"), MAIL);
            }
        }
    }
}
