package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.martlet.engine.ScriptedStepRunner.Fault;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two real clients, each with its defaults. */
@Timeout(120)
class SdkClientsIT {
    private static ServerRig rig;
    private static OpenAIClient openai;

    @BeforeAll
    static void start() {
        rig = ServerRig.start(prompt -> prompt.contains("weather")
                ? "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}</tool_call>"
                : "Hello there.");
        openai = OpenAIOkHttpClient.builder()
                .baseUrl(rig.uri("/v1").toString())
                .apiKey("none")
                .build();
    }

    @AfterAll
    static void stop() {
        openai.close();
        rig.close();
    }

    private static ChatCompletionCreateParams.Builder params(String user) {
        return ChatCompletionCreateParams.builder().model("any").addUserMessage(user);
    }

    @Test
    void shouldAnswerOpenAiJava() {
        ChatCompletion completion =
                openai.chat().completions().create(params("hi").build());
        assertThat(completion.choices().getFirst().message().content()).contains("Hello there.");
        assertThat(completion.usage().orElseThrow().completionTokens()).isEqualTo(12);
        assertThat(openai.models().list().data().getFirst().id()).isEqualTo(ServerRig.MODEL);
    }

    @Test
    void shouldStreamToOpenAiJava() {
        ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
        ChatCompletionCreateParams request = params("hi")
                .n(2)
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (StreamResponse<ChatCompletionChunk> stream =
                openai.chat().completions().createStreaming(request)) {
            stream.stream().forEach(accumulator::accumulate);
        }
        ChatCompletion completion = accumulator.chatCompletion();
        assertThat(completion.choices())
                .hasSize(2)
                .allSatisfy(choice -> assertThat(choice.message().content()).contains("Hello there."));
        assertThat(completion.usage().orElseThrow().completionTokens()).isEqualTo(24);
    }

    @Test
    void shouldTellOpenAiJavaWhatIsWrong() {
        BadRequestException e = catchThrowableOfType(
                BadRequestException.class,
                () -> openai.chat()
                        .completions()
                        .create(params("hi").temperature(9.0).build()));
        assertThat(e.param()).contains("temperature");
        assertThat(e.code()).contains("invalid_value");
    }

    private static ChatRequest weather() {
        return ChatRequest.builder()
                .messages(UserMessage.from("How is the weather?"))
                .toolSpecifications(ToolSpecification.builder().name("weather").build())
                .build();
    }

    @Test
    void shouldAnswerLangChain4j() {
        OpenAiChatModel model = OpenAiChatModel.builder()
                .baseUrl(rig.uri("/v1").toString())
                .apiKey("none")
                .modelName("any")
                .build();
        assertThat(model.chat("hi")).isEqualTo("Hello there.");
        ChatResponse response = model.chat(weather());
        assertThat(response.aiMessage().toolExecutionRequests()).hasSize(1);
        assertThat(response.aiMessage().toolExecutionRequests().getFirst().arguments())
                .contains("Rome");
    }

    @Test
    void shouldStreamToLangChain4j() throws InterruptedException, ExecutionException {
        ChatResponse response = streamed(rig, weather()).get();
        assertThat(response.aiMessage().toolExecutionRequests().getFirst().name())
                .isEqualTo("weather");
        assertThat(response.tokenUsage().outputTokenCount()).isPositive();
    }

    @Test
    void shouldLetLangChain4jSeeAFailureInTheStream() {
        try (ServerRig failing = ServerRig.start(prompt -> "x".repeat(1000))) {
            Gate gate = failing.gate();
            CompletableFuture<ChatResponse> response = streamed(failing, weather());
            ServerRig.await("tokens", () -> {
                gate.step(1);
                return failing.engine.metrics().decodeTokens() > 2;
            });
            failing.runner.breakForGood();
            failing.runner.inject(Fault.FAILED);
            gate.open();
            assertThat(catchThrowableOfType(ExecutionException.class, response::get))
                    .isNotNull();
        }
    }

    private static CompletableFuture<ChatResponse> streamed(ServerRig server, ChatRequest request) {
        OpenAiStreamingChatModel model = OpenAiStreamingChatModel.builder()
                .baseUrl(server.uri("/v1").toString())
                .apiKey("none")
                .modelName("any")
                .build();
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
        return result;
    }
}
