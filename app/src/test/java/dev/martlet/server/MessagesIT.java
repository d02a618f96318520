package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.AnthropicException;
import com.anthropic.errors.BadRequestException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.ContentBlock;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlock;
import dev.martlet.engine.EngineOptions;
import dev.martlet.engine.ScriptedStepRunner.Fault;
import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Anthropic's endpoints, by Anthropic's client and by hand. */
@Timeout(120)
class MessagesIT {
    private static final String PATH = "/v1/messages";
    private static final String CALLS = "<think>\nlet me see\n</think>\n\nLooking it up.\n"
            + "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Z\u00fcrich\"}}</tool_call>\n"
            + "<tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>";

    private static ServerRig rig;
    private static AnthropicClient client;

    @BeforeAll
    static void start() {
        rig = ServerRig.start(prompt -> {
            if (prompt.endsWith("The answer")) {
                return " is 42.";
            }
            if (prompt.contains("weather") && !prompt.contains("mild")) {
                return CALLS;
            }
            return prompt.contains("mild") ? "It is mild." : "Hello there.";
        });
        client = client(rig);
    }

    private static AnthropicClient client(ServerRig server) {
        return AnthropicOkHttpClient.builder()
                .baseUrl(server.uri("").toString())
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        rig.close();
    }

    private static MessageCreateParams.Builder params() {
        return MessageCreateParams.builder().model("any").maxTokens(300);
    }

    private static Message answer(MessageCreateParams params, boolean streamed) {
        if (!streamed) {
            return client.messages().create(params).validate();
        }
        MessageAccumulator accumulator = MessageAccumulator.create();
        try (StreamResponse<RawMessageStreamEvent> stream = client.messages().createStreaming(params)) {
            stream.stream().forEach(event -> accumulator.accumulate(event.validate()));
        }
        return accumulator.message().validate();
    }

    private static Tool tool(String name) {
        return Tool.builder()
                .name(name)
                .inputSchema(Tool.InputSchema.builder()
                        .properties(Tool.InputSchema.Properties.builder()
                                .putAdditionalProperty("city", JsonValue.from(Map.of("type", "string")))
                                .build())
                        .build())
                .build();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldAnswerWithText(boolean streamed) {
        Message message =
                answer(params().system("Be brief.").addUserMessage("hi").build(), streamed);
        assertThat(message.id()).matches("msg_[A-Za-z0-9]{24}");
        assertThat(message.content()).hasSize(1);
        assertThat(message.content().getFirst().asText().text()).isEqualTo("Hello there.");
        assertThat(message.stopReason()).contains(StopReason.END_TURN);
        assertThat(message.usage().outputTokens()).isEqualTo(12);
        assertThat(message.usage().inputTokens()
                        + message.usage().cacheReadInputTokens().orElse(0L))
                .isEqualTo("<|im_start|>system\nBe brief.<|im_end|>\n".length() + ServerRig.promptTokens("hi"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldMakeTheRoundOfATool(boolean streamed) {
        MessageCreateParams.Builder params =
                params().addTool(tool("weather")).addTool(tool("time")).addUserMessage("How is the weather?");
        Message first = answer(params.build(), streamed);
        assertThat(first.stopReason()).contains(StopReason.TOOL_USE);
        assertThat(first.content()).hasSize(4);
        assertThat(first.content().get(0).asThinking().thinking()).isEqualTo("let me see");
        assertThat(first.content().get(1).asText().text()).isEqualTo("Looking it up.");
        ToolUseBlock call = first.content().get(2).asToolUse();
        assertThat(call.name()).isEqualTo("weather");
        assertThat(call.id()).matches("toolu_[A-Za-z0-9]{24}");
        assertThat(call._input()).isEqualTo(JsonValue.from(Map.of("city", "Z\u00fcrich")));
        assertThat(first.content().get(3).asToolUse()._input()).isEqualTo(JsonValue.from(Map.of()));

        params.addMessage(first)
                .addUserMessageOfContentBlockParams(first.content().stream()
                        .filter(ContentBlock::isToolUse)
                        .map(block -> ContentBlockParam.ofToolResult(ToolResultBlockParam.builder()
                                .toolUseId(block.asToolUse().id())
                                .content("mild")
                                .build()))
                        .toList());
        Message last = answer(params.build(), streamed);
        assertThat(last.content().getFirst().asText().text()).isEqualTo("It is mild.");
        assertThat(last.usage().cacheReadInputTokens().orElse(0L)).isPositive();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldSayWhyItStopped(boolean streamed) {
        Message cut = answer(params().maxTokens(5).addUserMessage("hi").build(), streamed);
        assertThat(cut.stopReason()).contains(StopReason.MAX_TOKENS);
        assertThat(cut.content().getFirst().asText().text()).isEqualTo("Hello");
        Message stopped = answer(
                params().stopSequences(List.of("nothing", "there"))
                        .addUserMessage("hi")
                        .build(),
                streamed);
        assertThat(stopped.stopReason()).contains(StopReason.STOP_SEQUENCE);
        assertThat(stopped.stopSequence()).contains("there");
        assertThat(stopped.content().getFirst().asText().text()).isEqualTo("Hello");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldGoOnWithTheAssistantsWords(boolean streamed) {
        Message message = answer(
                params().addUserMessage("q").addAssistantMessage("The answer").build(), streamed);
        assertThat(message.content().getFirst().asText().text()).isEqualTo(" is 42.");
    }

    @Test
    void shouldCountTheTokensOfAPrompt() {
        long counted = client.messages()
                .countTokens(MessageCountTokensParams.builder()
                        .model("any")
                        .system("Be brief.")
                        .addUserMessage("hi there")
                        .addTool(tool("weather"))
                        .build())
                .inputTokens();
        Message message = answer(
                params().system("Be brief.")
                        .addUserMessage("hi there")
                        .addTool(tool("weather"))
                        .build(),
                false);
        assertThat(counted)
                .isEqualTo(message.usage().inputTokens()
                        + message.usage().cacheReadInputTokens().orElse(0L));
        JsonObject plain = ServerRig.json(rig.post(
                PATH + "/count_tokens", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}"));
        assertThat(plain.getInt("input_tokens")).isEqualTo(ServerRig.promptTokens("hi"));
    }

    @Test
    void shouldTellFailuresInAnthropicsShape() {
        BadRequestException e = catchThrowableOfType(
                BadRequestException.class,
                () -> client.messages()
                        .create(params().putAdditionalBodyProperty("temperature", JsonValue.from(9.0))
                                .addUserMessage("hi")
                                .build()));
        assertThat(e.getMessage()).contains("invalid_request_error", "'temperature'");
        check(rig.post(PATH, "{\"max_tokens\":1}"), 400, "invalid_request_error", "'messages'");
        check(rig.post(PATH, "nonsense"), 400, "invalid_request_error", "JSON");
        check(rig.post(PATH + "/count_tokens", "{}"), 400, "invalid_request_error", "'messages'");
        check(rig.get(PATH), 405, "invalid_request_error", "POST");
        check(rig.get(PATH + "/batches"), 404, "not_found_error", "batches");
        String longText =
                "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(40_000) + "\"}]}";
        check(rig.post(PATH, longText), 400, "invalid_request_error", "messages: ");
        String tools = "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"nothing\"}}],"
                + "\"tool_choice\":{\"type\":\"any\"}";
        check(
                rig.post(PATH, "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]," + tools + "}"),
                400,
                "invalid_request_error",
                "tools[0].input_schema");
        assertThat(ServerRig.json(rig.post("{}"))).containsOnlyKeys("error");
    }

    private static void check(HttpResponse<String> response, int status, String type, String text) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        JsonObject body = ServerRig.json(response);
        assertThat(body.getString("type")).isEqualTo("error");
        assertThat(body.getJsonObject("error").getString("type")).isEqualTo(type);
        assertThat(body.getJsonObject("error").getString("message")).contains(text);
    }

    @Test
    void shouldSayThatItIsStillLoading() {
        try (MartletServer loading = MartletServer.start(ServerRig.config());
                RawClient raw = RawClient.connect(loading.port())) {
            raw.post(PATH, "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
            assertThat(raw.readUntil("}}")).startsWith("HTTP/1.1 529").contains("overloaded_error");
        }
    }

    @Test
    void shouldLetTheClientSeeAFailureInTheStream() {
        try (ServerRig failing = ServerRig.start(prompt -> "x".repeat(1000))) {
            AnthropicClient other = client(failing);
            Gate gate = failing.gate();
            Thread.ofVirtual().start(() -> {
                ServerRig.await("tokens", () -> {
                    gate.step(1);
                    return failing.engine.metrics().decodeTokens() > 2;
                });
                failing.runner.breakForGood();
                failing.runner.inject(Fault.FAILED);
                gate.open();
            });
            AnthropicException e = catchThrowableOfType(AnthropicException.class, () -> {
                try (StreamResponse<RawMessageStreamEvent> stream = other.messages()
                        .createStreaming(params().addUserMessage("hi").build())) {
                    stream.stream()
                            .forEach(event -> assertThat(event.isMessageStop()).isFalse());
                }
            });
            assertThat(e).isNotNull();
            other.close();
        }
    }

    @Test
    void shouldEndTheGenerationOfAClientThatLeaves() {
        try (ServerRig endless = new ServerRig(
                ServerRig.config(),
                EngineOptions.defaults().withMaxSequences(1),
                (prompt, tokens, length, output) -> 'a')) {
            Gate gate = endless.gate();
            try (RawClient leaving = endless.raw()) {
                leaving.post(
                        PATH,
                        "{\"max_tokens\":5000,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
                gate.step(3);
                leaving.readUntil("\"text\":\"a\"");
            }
            ServerRig.await("the answer's end", () -> {
                gate.step(1);
                return endless.server.running() == 0 && endless.engine.metrics().cancelled() == 1;
            });
        }
    }
}
