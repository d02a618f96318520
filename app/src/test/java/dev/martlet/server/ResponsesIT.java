package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.OpenAIException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseOutputItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.ToolChoiceOptions;
import dev.martlet.engine.EngineOptions;
import dev.martlet.engine.ScriptedStepRunner.Fault;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The responses endpoint, by its own client and by hand. */
@Timeout(120)
class ResponsesIT {
    private static final String PATH = "/v1/responses";
    private static final String CALLS = "<think>\nlet me see\n</think>\n\nLooking it up.\n"
            + "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Z\u00fcrich\"}}</tool_call>\n"
            + "<tool_call>{\"name\": \"time\", \"arguments\": {}}</tool_call>";

    private static ServerRig rig;
    private static OpenAIClient client;

    @BeforeAll
    static void start() {
        rig = ServerRig.start(prompt -> {
            if (prompt.contains("weather") && !prompt.contains("mild")) {
                return CALLS;
            }
            return prompt.contains("mild") ? "It is mild." : "Hello there.";
        });
        client = client(rig);
    }

    private static OpenAIClient client(ServerRig server) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(server.uri("/v1").toString())
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        rig.close();
    }

    private static Response respond(ResponseCreateParams params, boolean streamed) {
        if (!streamed) {
            return client.responses().create(params).validate();
        }
        ResponseAccumulator accumulator = ResponseAccumulator.createWithSnapshots();
        try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(params)) {
            stream.stream().forEach(event -> accumulator.accumulate(event.validate()));
        }
        Response response = accumulator.response().validate();
        assertThat(accumulator.reconstructedResponse().output()).isEqualTo(response.output());
        return response;
    }

    private static FunctionTool tool(String name) {
        return FunctionTool.builder()
                .name(name)
                .parameters(FunctionTool.Parameters.builder()
                        .putAdditionalProperty("type", JsonValue.from("object"))
                        .putAdditionalProperty("properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
                        .build())
                .strict(false)
                .build();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldAnswerWithText(boolean streamed) {
        Response response = respond(
                ResponseCreateParams.builder()
                        .model("any")
                        .instructions("Be brief.")
                        .input("hi")
                        .metadata(ResponseCreateParams.Metadata.builder()
                                .putAdditionalProperty("run", JsonValue.from("7"))
                                .build())
                        .build(),
                streamed);
        assertThat(response.id()).matches("resp_[A-Za-z0-9]{24}");
        assertThat(response.status()).contains(ResponseStatus.COMPLETED);
        assertThat(response.output()).hasSize(1);
        assertThat(response.output()
                        .getFirst()
                        .asMessage()
                        .content()
                        .getFirst()
                        .asOutputText()
                        .text())
                .isEqualTo("Hello there.");
        String prompt = "<|im_start|>system\nBe brief.<|im_end|>\n";
        assertThat(response.usage().orElseThrow().inputTokens())
                .isEqualTo(prompt.length() + ServerRig.promptTokens("hi"));
        assertThat(response.usage().orElseThrow().outputTokens()).isEqualTo(12);
        assertThat(response.metadata().orElseThrow().toString()).contains("run", "7");
        assertThat(response.instructions().orElseThrow().asString()).isEqualTo("Be brief.");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldMakeTheRoundOfATool(boolean streamed) {
        ResponseCreateParams.Builder params = ResponseCreateParams.builder()
                .model("any")
                .addTool(tool("weather"))
                .addTool(tool("time"));
        List<ResponseInputItem> input = new ArrayList<>();
        input.add(ResponseInputItem.ofEasyInputMessage(EasyInputMessage.builder()
                .role(EasyInputMessage.Role.USER)
                .content("How is the weather?")
                .build()));
        Response first = respond(params.inputOfResponse(input).build(), streamed);
        List<ResponseOutputItem> output = first.output();
        assertThat(output).hasSize(4);
        assertThat(output.get(0)
                        .asReasoning()
                        .content()
                        .orElseThrow()
                        .getFirst()
                        .text())
                .isEqualTo("let me see");
        assertThat(output.get(1).asMessage().content().getFirst().asOutputText().text())
                .isEqualTo("Looking it up.");
        ResponseFunctionToolCall call = output.get(2).asFunctionCall();
        assertThat(call.name()).isEqualTo("weather");
        assertThat(call.arguments()).isEqualTo("{\"city\": \"Z\u00fcrich\"}");
        assertThat(call.callId()).matches("call_[A-Za-z0-9]{24}");
        assertThat(output.get(3).asFunctionCall().arguments()).isEqualTo("{}");
        assertThat(first.usage().orElseThrow().outputTokensDetails().reasoningTokens())
                .isPositive();

        input.add(ResponseInputItem.ofReasoning(output.get(0).asReasoning()));
        input.add(ResponseInputItem.ofResponseOutputMessage(output.get(1).asMessage()));
        for (ResponseOutputItem item : output.subList(2, 4)) {
            input.add(ResponseInputItem.ofFunctionCall(item.asFunctionCall()));
        }
        for (ResponseOutputItem item : output.subList(2, 4)) {
            input.add(ResponseInputItem.ofFunctionCallOutput(ResponseInputItem.FunctionCallOutput.builder()
                    .callId(item.asFunctionCall().callId())
                    .output("mild")
                    .build()));
        }
        Response last = respond(params.inputOfResponse(input).build(), streamed);
        assertThat(last.output()
                        .getFirst()
                        .asMessage()
                        .content()
                        .getFirst()
                        .asOutputText()
                        .text())
                .isEqualTo("It is mild.");
        assertThat(last.usage().orElseThrow().inputTokensDetails().cachedTokens())
                .isPositive();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldSayWhenAnAnswerIsCutOff(boolean streamed) {
        Response response = respond(
                ResponseCreateParams.builder()
                        .model("any")
                        .input("hi")
                        .maxOutputTokens(5)
                        .build(),
                streamed);
        assertThat(response.status()).contains(ResponseStatus.INCOMPLETE);
        assertThat(response.incompleteDetails().orElseThrow().reason().orElseThrow())
                .isEqualTo(Response.IncompleteDetails.Reason.MAX_OUTPUT_TOKENS);
        assertThat(response.usage().orElseThrow().outputTokens()).isEqualTo(5);
        assertThat(response.output()
                        .getFirst()
                        .asMessage()
                        .content()
                        .getFirst()
                        .asOutputText()
                        .text())
                .isEqualTo("Hello");
    }

    @Test
    void shouldForceACallAndTellWhatItsSchemaLacks() {
        String tools = "\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"parameters\":%s}],"
                + "\"tool_choice\":\"required\"";
        HttpResponse<String> refused =
                rig.post(PATH, "{\"input\":\"hi\"," + tools.formatted("{\"type\":\"nothing\"}") + "}");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(ServerRig.json(refused).getJsonObject("error").getString("param"))
                .startsWith("tools[0].parameters");
        Response response = client.responses()
                .create(ResponseCreateParams.builder()
                        .model("any")
                        .input("How is the weather?")
                        .addTool(tool("weather"))
                        .toolChoice(ToolChoiceOptions.REQUIRED)
                        .parallelToolCalls(false)
                        .build());
        assertThat(response.output().getLast().isFunctionCall()).isTrue();
        assertThat(response.output().stream().filter(ResponseOutputItem::isFunctionCall))
                .hasSize(1);
    }

    @Test
    void shouldRefuseWhatNeedsAStore() {
        BadRequestException e = catchThrowableOfType(
                BadRequestException.class,
                () -> client.responses()
                        .create(ResponseCreateParams.builder()
                                .model("any")
                                .input("hi")
                                .previousResponseId("resp_1")
                                .build()));
        assertThat(e.param()).contains("previous_response_id");
        assertThat(e.getMessage()).contains("stores nothing");
        HttpResponse<String> told = rig.post(PATH, "{\"input\":\"hi\",\"store\":true}");
        assertThat(told.statusCode()).isEqualTo(200);
        assertThat(told.headers().firstValue("x-martlet-ignored")).contains("store");
        assertThat(rig.get(PATH).statusCode()).isEqualTo(405);
        assertThat(rig.get(PATH + "/resp_1").statusCode()).isEqualTo(404);
    }

    @Test
    void shouldNameTheInputThatIsTooLong() {
        HttpResponse<String> refused = rig.post(PATH, "{\"input\":\"" + "x".repeat(40_000) + "\"}");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(ServerRig.json(refused).getJsonObject("error").getString("code"))
                .isEqualTo("context_length_exceeded");
        assertThat(ServerRig.json(refused).getJsonObject("error").getString("param"))
                .isEqualTo("input");
    }

    @Test
    void shouldLetTheClientSeeAFailureInTheStream() {
        try (ServerRig failing = ServerRig.start(prompt -> "x".repeat(1000));
                OpenAIClientCloser other = new OpenAIClientCloser(client(failing))) {
            Gate gate = failing.gate();
            List<ResponseStreamEvent> events = new ArrayList<>();
            Thread.ofVirtual().start(() -> {
                ServerRig.await("tokens", () -> {
                    gate.step(1);
                    return failing.engine.metrics().decodeTokens() > 2;
                });
                failing.runner.breakForGood();
                failing.runner.inject(Fault.FAILED);
                gate.open();
            });
            OpenAIException e = catchThrowableOfType(OpenAIException.class, () -> {
                try (StreamResponse<ResponseStreamEvent> stream = other.client()
                        .responses()
                        .createStreaming(ResponseCreateParams.builder()
                                .model("any")
                                .input("hi")
                                .build())) {
                    stream.stream().forEach(events::add);
                }
            });
            assertThat(e).as("%s", events).isNotNull();
            assertThat(events).noneMatch(ResponseStreamEvent::isCompleted);
        }
    }

    private record OpenAIClientCloser(OpenAIClient client) implements AutoCloseable {
        @Override
        public void close() {
            client.close();
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
                leaving.post(PATH, "{\"input\":\"hi\",\"stream\":true}");
                gate.step(3);
                leaving.readUntil("\"delta\":\"a\"");
            }
            ServerRig.await("the answer's end", () -> {
                gate.step(1);
                return endless.server.running() == 0 && endless.engine.metrics().cancelled() == 1;
            });
        }
    }
}
