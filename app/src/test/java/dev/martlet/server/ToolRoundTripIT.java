package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

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
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionMessageToolCall;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.martlet.openai.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.model.MessageAggregator;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;

/**
 * The whole round of a tool with real Java clients and the prompts and output of nine model families: two parallel calls
 * with Unicode arguments, their results sent back, the last answer; whole and streamed.
 */
@Timeout(120)
class ToolRoundTripIT {
    private static final Map<Dialect, ServerRig> RIGS = new EnumMap<>(Dialect.class);
    private static final String SCHEMA =
            "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}";

    @BeforeAll
    static void start() {
        for (Dialect dialect : Dialect.values()) {
            RIGS.put(dialect, ServerRig.speaking(dialect, dialect::answer));
        }
    }

    @AfterAll
    static void stop() {
        RIGS.values().forEach(ServerRig::close);
    }

    private static String base(Dialect dialect) {
        return RIGS.get(dialect).uri("/v1").toString();
    }

    private static String city(String arguments) {
        return Json.object(arguments.getBytes(StandardCharsets.UTF_8)).getString("city");
    }

    private static void checkCalls(List<String> names, List<String> arguments, List<String> ids) {
        assertThat(names).containsExactly("get_weather", "get_weather");
        assertThat(arguments).map(ToolRoundTripIT::city).isEqualTo(Dialect.CITIES);
        assertThat(new HashSet<>(ids)).hasSize(2).doesNotContain("");
    }

    @ParameterizedTest
    @EnumSource
    void shouldSpeakTheFormat(Dialect dialect) {
        String models = RIGS.get(dialect).get("/v1/models").body();
        assertThat(models).contains("\"tool_format\":\"" + dialect.id() + "\"");
    }

    /** What clients send back: ids that are null or nobody's, no content in every form, arguments that are no JSON. */
    @ParameterizedTest
    @EnumSource
    void shouldTakeClientsHistories(Dialect dialect) {
        String call =
                "{\"id\":ID,\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"arguments\":ARGUMENTS}}";
        for (String content : List.of("null", "\"\"", "[]", "[{\"type\":\"text\",\"text\":\"Let me see.\"}]")) {
            for (String arguments : List.of("\"{\\\"ci\"", "\"\"", "null", "\"[1]\"", "{\"city\":\"Rome\"}")) {
                for (String id : List.of("null", "\"\"", "\"x\"", "\"functions.get_weather:0\"")) {
                    String made = call.replace("ID", id).replace("ARGUMENTS", arguments);
                    String body =
                            "{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"parameters\":"
                                    + SCHEMA
                                    + "}}],\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"q\"},"
                                    + "{\"role\":\"assistant\",\"content\":" + content + ",\"tool_calls\":[" + made
                                    + "]},"
                                    + "{\"role\":\"tool\",\"tool_call_id\":" + id + ",\"content\":" + content + "},"
                                    + "{\"role\":\"tool\",\"tool_call_id\":\"nobody\",\"content\":\"r\"}]}";
                    var response = RIGS.get(dialect).post(body);
                    assertThat(response.statusCode())
                            .as("%s %s: %s", dialect, body, response.body())
                            .isEqualTo(200);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNameTheMessageThatMakesNoSense(Dialect dialect) {
        String nameless = "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":null}}]}";
        var response = RIGS.get(dialect)
                .post("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}," + nameless
                        + ",{\"role\":\"user\",\"content\":\"q\"}]}");
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("\"param\":\"messages[1].tool_calls[0].function.name\"");
    }

    // openai-java

    @ParameterizedTest
    @CsvSource({
        "HERMES,false",
        "GLM4,false",
        "GLM45,false",
        "LLAMA3_JSON,false",
        "MISTRAL_ARGS,false",
        "DEEPSEEK_V31,false",
        "QWEN3_CODER,false",
        "KIMI_K2,false",
        "GPT_OSS,false",
        "HERMES,true",
        "GLM4,true",
        "GLM45,true",
        "LLAMA3_JSON,true",
        "MISTRAL_ARGS,true",
        "DEEPSEEK_V31,true",
        "QWEN3_CODER,true",
        "KIMI_K2,true",
        "GPT_OSS,true"
    })
    void shouldMakeTheRoundWithOpenAiJava(Dialect dialect, boolean streamed) {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(base(dialect))
                .apiKey("none")
                .maxRetries(0)
                .build();
        FunctionDefinition weather = FunctionDefinition.builder()
                .name("get_weather")
                .description("Weather of a city")
                .parameters(FunctionParameters.builder()
                        .putAdditionalProperty("type", JsonValue.from("object"))
                        .putAdditionalProperty("properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
                        .putAdditionalProperty("required", JsonValue.from(List.of("city")))
                        .build())
                .build();
        ChatCompletionCreateParams.Builder request = ChatCompletionCreateParams.builder()
                .model("any")
                .addFunctionTool(weather)
                .addUserMessage("How is the weather?");
        ChatCompletion.Choice choice = complete(client, request, streamed);
        assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
        List<ChatCompletionMessageFunctionToolCall> calls = choice.message().toolCalls().orElseThrow().stream()
                .map(ChatCompletionMessageToolCall::asFunction)
                .toList();
        checkCalls(
                calls.stream().map(call -> call.function().name()).toList(),
                calls.stream().map(call -> call.function().arguments()).toList(),
                calls.stream().map(ChatCompletionMessageFunctionToolCall::id).toList());
        request.addMessage(choice.message());
        calls.forEach(call -> request.addMessage(ChatCompletionToolMessageParam.builder()
                .toolCallId(call.id())
                .content(Dialect.result(city(call.function().arguments())))
                .build()));
        ChatCompletion.Choice last = complete(client, request, streamed);
        assertThat(last.message().content()).contains(Dialect.ANSWER);
        assertThat(last.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
        client.close();
    }

    private static ChatCompletion.Choice complete(
            OpenAIClient client, ChatCompletionCreateParams.Builder request, boolean streamed) {
        if (!streamed) {
            return client.chat().completions().create(request.build()).choices().getFirst();
        }
        ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(request.build())) {
            stream.stream().forEach(accumulator::accumulate);
        }
        return accumulator.chatCompletion().choices().getFirst();
    }

    // LangChain4j

    @ParameterizedTest
    @EnumSource
    void shouldMakeTheRoundWithLangChain4j(Dialect dialect) throws Exception {
        OpenAiChatModel whole = OpenAiChatModel.builder()
                .baseUrl(base(dialect))
                .apiKey("none")
                .modelName("any")
                .build();
        round(request -> whole.chat(request));
        OpenAiStreamingChatModel streaming = OpenAiStreamingChatModel.builder()
                .baseUrl(base(dialect))
                .apiKey("none")
                .modelName("any")
                .build();
        round(request -> streamed(streaming, request));
    }

    private interface LangChain {
        ChatResponse chat(ChatRequest request) throws Exception;
    }

    private static void round(LangChain model) throws Exception {
        ToolSpecification weather = ToolSpecification.builder()
                .name("get_weather")
                .description("Weather of a city")
                .parameters(JsonObjectSchema.builder()
                        .addStringProperty("city")
                        .required("city")
                        .build())
                .build();
        List<ChatMessage> messages = new ArrayList<>(List.of(UserMessage.from("How is the weather?")));
        ChatResponse first = model.chat(ChatRequest.builder()
                .messages(messages)
                .toolSpecifications(weather)
                .build());
        List<ToolExecutionRequest> calls = first.aiMessage().toolExecutionRequests();
        checkCalls(
                calls.stream().map(ToolExecutionRequest::name).toList(),
                calls.stream().map(ToolExecutionRequest::arguments).toList(),
                calls.stream().map(ToolExecutionRequest::id).toList());
        messages.add(first.aiMessage());
        calls.forEach(
                call -> messages.add(ToolExecutionResultMessage.from(call, Dialect.result(city(call.arguments())))));
        ChatResponse last = model.chat(ChatRequest.builder()
                .messages(messages)
                .toolSpecifications(weather)
                .build());
        assertThat(last.aiMessage().text()).isEqualTo(Dialect.ANSWER);
    }

    private static ChatResponse streamed(OpenAiStreamingChatModel model, ChatRequest request) throws Exception {
        CompletableFuture<ChatResponse> result = new CompletableFuture<>();
        model.chat(request, new StreamingChatResponseHandler() {
            @Override
            public void onCompleteResponse(ChatResponse response) {
                result.complete(response);
            }

            @Override
            public void onError(Throwable error) {
                result.completeExceptionally(error);
            }
        });
        return result.get();
    }

    // Spring AI

    /** The tool as Spring AI runs it. */
    private record Weather() implements ToolCallback {
        @Override
        public ToolDefinition getToolDefinition() {
            return ToolDefinition.builder()
                    .name("get_weather")
                    .description("Weather of a city")
                    .inputSchema(SCHEMA)
                    .build();
        }

        @Override
        public String call(String arguments) {
            return Dialect.result(city(arguments));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldMakeTheRoundWithSpringAi(Dialect dialect) {
        OpenAiChatOptions options = OpenAiChatOptions.builder()
                .baseUrl(base(dialect))
                .apiKey("none")
                .model("any")
                .toolCallbacks(new Weather())
                .build();
        var model = org.springframework.ai.openai.OpenAiChatModel.builder()
                .options(options)
                .build();
        for (boolean streamed : List.of(false, true)) {
            Prompt prompt = new Prompt("How is the weather?", options);
            var first = streamed ? last(model, prompt) : model.call(prompt);
            AssistantMessage message = first.getResult().getOutput();
            List<AssistantMessage.ToolCall> calls = message.getToolCalls();
            checkCalls(
                    calls.stream().map(AssistantMessage.ToolCall::name).toList(),
                    calls.stream().map(AssistantMessage.ToolCall::arguments).toList(),
                    calls.stream().map(AssistantMessage.ToolCall::id).toList());
            var results = ToolCallingManager.builder().build().executeToolCalls(prompt, first);
            Prompt next = new Prompt(results.conversationHistory(), options);
            var answer = streamed ? last(model, next) : model.call(next);
            assertThat(answer.getResult().getOutput().getText()).isEqualTo(Dialect.ANSWER);
        }
    }

    private static org.springframework.ai.chat.model.ChatResponse last(
            org.springframework.ai.openai.OpenAiChatModel model, Prompt prompt) {
        List<org.springframework.ai.chat.model.ChatResponse> whole = new ArrayList<>();
        new MessageAggregator().aggregate(model.stream(prompt), whole::add).blockLast();
        return whole.getLast();
    }
}
