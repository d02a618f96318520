package dev.martlet.server;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionMessageToolCall;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** openai-java in the matrix, with its defaults. */
final class OpenAiJavaMatrix extends JavaClient {

    // Schemas by hand: classes as schemas want another generator than the one that comes with Spring AI.

    private static final Map<String, ?> CITY = object(Map.of("city", Map.of("type", "string", "enum", CITIES)));

    private static final Map<String, ?> FORECAST = object(Map.of(
            "sky", Map.of("type", "string", "enum", List.of("clear", "cloudy")),
            "degrees", Map.of("type", "integer", "minimum", -40, "maximum", 50),
            "rain", Map.of("type", "boolean")));

    private static Map<String, ?> object(Map<String, ?> properties) {
        return Map.of(
                "type",
                "object",
                "properties",
                properties,
                "required",
                List.copyOf(properties.keySet()),
                "additionalProperties",
                false);
    }

    private static Map<String, JsonValue> values(Map<String, ?> schema) {
        return schema.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> JsonValue.from(entry.getValue())));
    }

    private static ChatCompletionCreateParams.Builder params(MatrixCell cell) {
        return ChatCompletionCreateParams.builder()
                .model("any")
                .addUserMessage(cell.question)
                .maxCompletionTokens(cell.tokens)
                .temperature(0);
    }

    private static <T> T with(String base, Function<OpenAIClient, T> task) {
        OpenAIClient client =
                OpenAIOkHttpClient.builder().baseUrl(base).apiKey("unused").build();
        try {
            return task.apply(client);
        } finally {
            client.close();
        }
    }

    private static ChatCompletion.Choice ask(String base, ChatCompletionCreateParams.Builder params) {
        return with(base, client -> client.chat().completions().create(params.build()))
                .choices()
                .getFirst();
    }

    /** @param task gets the pieces of the text, and may leave before their end */
    private static <T> T stream(String base, MatrixCell cell, Function<Stream<String>, T> task) {
        return with(base, client -> {
            try (StreamResponse<ChatCompletionChunk> chunks =
                    client.chat().completions().createStreaming(params(cell).build())) {
                return task.apply(chunks.stream()
                        .flatMap(chunk -> chunk.choices().stream())
                        .flatMap(choice -> choice.delta().content().stream())
                        .filter(piece -> !piece.isEmpty()));
            }
        });
    }

    @Override
    String text(String base, MatrixCell cell) {
        return ask(base, params(cell)).message().content().orElseThrow();
    }

    @Override
    List<String> stream(String base, MatrixCell cell) {
        return stream(base, cell, Stream::toList);
    }

    @Override
    JsonObject tools(String base, MatrixCell cell) {
        ChatCompletionCreateParams.Builder params = params(cell)
                .addFunctionTool(FunctionDefinition.builder()
                        .name(TOOL)
                        .description(TOOL_DESCRIPTION)
                        .parameters(FunctionParameters.builder()
                                .putAllAdditionalProperties(values(CITY))
                                .build())
                        .build())
                .parallelToolCalls(false);
        var asked = ask(base, params.toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED))
                .message();
        params.addMessage(asked);
        List<String> cities = new ArrayList<>();
        for (ChatCompletionMessageToolCall each : asked.toolCalls().orElseThrow()) {
            ChatCompletionMessageFunctionToolCall call = each.asFunction();
            cities.add(json(call.function().arguments()).getString("city"));
            params.addMessage(ChatCompletionToolMessageParam.builder()
                    .toolCallId(call.id())
                    .content(mild(cities.getLast()))
                    .build());
        }
        var last = ask(base, params.toolChoice(ChatCompletionToolChoiceOption.Auto.NONE));
        return called(cities, last.message().content().orElseThrow());
    }

    @Override
    JsonObject structured(String base, MatrixCell cell) {
        var params = params(cell)
                .jsonSchemaResponseFormat(ResponseFormatJsonSchema.JsonSchema.builder()
                        .name("forecast")
                        .strict(true)
                        .schema(ResponseFormatJsonSchema.JsonSchema.Schema.builder()
                                .putAllAdditionalProperties(values(FORECAST))
                                .build())
                        .build());
        return json(ask(base, params).message().content().orElseThrow());
    }

    @Override
    JsonObject error(String base, MatrixCell cell) {
        try {
            ask(base, params(cell).temperature(9));
            return failure(200, "");
        } catch (OpenAIServiceException e) {
            return failure(e.statusCode(), e.getMessage());
        }
    }

    @Override
    boolean cancel(String base, MatrixCell cell) {
        return stream(base, cell, pieces -> pieces.findFirst().isPresent());
    }
}
