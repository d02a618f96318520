package dev.martlet.server;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** LangChain4j in the matrix, with its own HTTP client and defaults. */
final class LangChain4jMatrix extends JavaClient {

    private static OpenAiChatModel model(String base, MatrixCell cell, double temperature) {
        return OpenAiChatModel.builder()
                .baseUrl(base)
                .apiKey("unused")
                .modelName("any")
                .maxCompletionTokens(cell.tokens)
                .temperature(temperature)
                .supportedCapabilities(Capability.RESPONSE_FORMAT_JSON_SCHEMA)
                .strictJsonSchema(true)
                .strictTools(true)
                .parallelToolCalls(false)
                .build();
    }

    @Override
    String text(String base, MatrixCell cell) {
        return model(base, cell, 0).chat(cell.question);
    }

    /** What a stream brings. */
    private static final class Pieces implements StreamingChatResponseHandler {
        final List<String> all = new ArrayList<>();
        final CompletableFuture<Boolean> ended = new CompletableFuture<>();
        private final boolean leaves;

        /** @param leaves whether it cancels the stream when its first piece is there */
        Pieces(boolean leaves) {
            this.leaves = leaves;
        }

        @Override
        public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
            all.add(piece.text());
            if (leaves) {
                context.streamingHandle().cancel();
                ended.complete(true);
            }
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            ended.complete(false);
        }

        @Override
        public void onError(Throwable error) {
            ended.completeExceptionally(error);
        }

        boolean read(String base, MatrixCell cell) throws Exception {
            OpenAiStreamingChatModel model = OpenAiStreamingChatModel.builder()
                    .baseUrl(base)
                    .apiKey("unused")
                    .modelName("any")
                    .maxCompletionTokens(cell.tokens)
                    .temperature(0.0)
                    .build();
            model.chat(cell.question, this);
            return ended.get(60, TimeUnit.SECONDS);
        }
    }

    @Override
    List<String> stream(String base, MatrixCell cell) throws Exception {
        Pieces pieces = new Pieces(false);
        pieces.read(base, cell);
        return pieces.all;
    }

    @Override
    JsonObject tools(String base, MatrixCell cell) {
        ToolSpecification weather = ToolSpecification.builder()
                .name(TOOL)
                .description(TOOL_DESCRIPTION)
                .parameters(JsonObjectSchema.builder()
                        .addEnumProperty("city", CITIES)
                        .required("city")
                        .additionalProperties(false)
                        .build())
                .build();
        OpenAiChatModel model = model(base, cell, 0);
        List<ChatMessage> messages = new ArrayList<>(List.of(UserMessage.from(cell.question)));
        var asked = model.chat(ChatRequest.builder()
                        .messages(messages)
                        .toolSpecifications(weather)
                        .toolChoice(ToolChoice.REQUIRED)
                        .build())
                .aiMessage();
        messages.add(asked);
        List<String> cities = new ArrayList<>();
        for (ToolExecutionRequest call : asked.toolExecutionRequests()) {
            cities.add(json(call.arguments()).getString("city"));
            messages.add(ToolExecutionResultMessage.from(call, mild(cities.getLast())));
        }
        var last = model.chat(ChatRequest.builder().messages(messages).build());
        return called(cities, last.aiMessage().text());
    }

    @Override
    JsonObject structured(String base, MatrixCell cell) {
        JsonObjectSchema forecast = JsonObjectSchema.builder()
                .addEnumProperty("sky", List.of("clear", "cloudy"))
                .addIntegerProperty("degrees")
                .addBooleanProperty("rain")
                .required("sky", "degrees", "rain")
                .build();
        ResponseFormat format = ResponseFormat.builder()
                .type(ResponseFormatType.JSON)
                .jsonSchema(JsonSchema.builder()
                        .name("forecast")
                        .rootElement(forecast)
                        .build())
                .build();
        ChatResponse answer = model(base, cell, 0)
                .chat(ChatRequest.builder()
                        .messages(UserMessage.from(cell.question))
                        .responseFormat(format)
                        .build());
        return json(answer.aiMessage().text());
    }

    @Override
    JsonObject error(String base, MatrixCell cell) {
        try {
            return failure(200, model(base, cell, 9).chat(cell.question));
        } catch (InvalidRequestException e) {
            int status = e.getCause() instanceof HttpException http ? http.statusCode() : 0;
            return failure(status, e.getMessage());
        }
    }

    @Override
    boolean cancel(String base, MatrixCell cell) throws Exception {
        return new Pieces(true).read(base, cell);
    }
}
