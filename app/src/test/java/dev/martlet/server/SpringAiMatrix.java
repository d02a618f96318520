package dev.martlet.server;

import com.openai.errors.OpenAIServiceException;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.converter.BeanOutputConverter;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;
import reactor.core.publisher.Flux;

/** Spring AI in the matrix, with its defaults. */
final class SpringAiMatrix extends JavaClient {

    /** What structured output is asked for. */
    public record Forecast(Sky sky, int degrees, boolean rain) {}

    /** Named as on the wire. */
    public enum Sky {
        clear,
        cloudy
    }

    /** The tool as Spring AI runs it; remembers what it was called for. */
    private record Weather(List<String> cities) implements ToolCallback {
        @Override
        public ToolDefinition getToolDefinition() {
            return ToolDefinition.builder()
                    .name(TOOL)
                    .description(TOOL_DESCRIPTION)
                    .inputSchema("{\"type\":\"object\",\"properties\":{\"city\":{\"enum\":[\"Oslo\",\"Rome\"]}},"
                            + "\"required\":[\"city\"],\"additionalProperties\":false}")
                    .build();
        }

        @Override
        public String call(String arguments) {
            cities.add(json(arguments).getString("city"));
            return mild(cities.getLast());
        }
    }

    private static OpenAiChatOptions.Builder options(String base, MatrixCell cell) {
        OpenAiChatOptions.Builder options = OpenAiChatOptions.builder();
        options.baseUrl(base);
        options.apiKey("unused");
        options.model("any");
        options.maxCompletionTokens(cell.tokens);
        options.temperature(0.0);
        return options;
    }

    private static ChatResponse call(OpenAiChatOptions.Builder options, MatrixCell cell) {
        return model(options).call(new Prompt(cell.question));
    }

    private static OpenAiChatModel model(OpenAiChatOptions.Builder options) {
        return OpenAiChatModel.builder().options(options.build()).build();
    }

    private static String text(ChatResponse response) {
        return Optional.ofNullable(response.getResult().getOutput().getText()).orElse("");
    }

    private static Flux<String> pieces(String base, MatrixCell cell) {
        return model(options(base, cell)).stream(new Prompt(cell.question))
                .flatMapIterable(ChatResponse::getResults)
                .mapNotNull(result -> result.getOutput().getText())
                .filter(piece -> !piece.isEmpty());
    }

    @Override
    String text(String base, MatrixCell cell) {
        return text(call(options(base, cell), cell));
    }

    @Override
    List<String> stream(String base, MatrixCell cell) {
        return pieces(base, cell).collectList().block();
    }

    @Override
    JsonObject tools(String base, MatrixCell cell) {
        Weather weather = new Weather(new ArrayList<>());
        OpenAiChatOptions.Builder options = options(base, cell);
        options.toolCallbacks(weather);
        options.toolChoice("required");
        options.parallelToolCalls(false);
        Prompt prompt = new Prompt(cell.question, options.build());
        OpenAiChatModel model = model(options);
        ChatResponse asked = model.call(prompt);
        List<AssistantMessage.ToolCall> calls = asked.getResult().getOutput().getToolCalls();
        var results = ToolCallingManager.builder().build().executeToolCalls(prompt, asked);
        options.toolChoice("none");
        ChatResponse last = model.call(new Prompt(results.conversationHistory(), options.build()));
        return calls.size() == weather.cities().size() ? called(weather.cities(), text(last)) : called(List.of(), "");
    }

    @Override
    JsonObject structured(String base, MatrixCell cell) {
        BeanOutputConverter<Forecast> converter = new BeanOutputConverter<>(Forecast.class);
        OpenAiChatOptions.Builder options = options(base, cell);
        options.outputSchema(converter.getJsonSchema());
        Forecast forecast = converter.convert(text(call(options, cell)));
        return seen(Map.of("sky", forecast.sky().name(), "degrees", forecast.degrees(), "rain", forecast.rain()));
    }

    @Override
    JsonObject error(String base, MatrixCell cell) {
        OpenAiChatOptions.Builder options = options(base, cell);
        options.temperature(9.0);
        try {
            return failure(200, text(call(options, cell)));
        } catch (OpenAIServiceException e) {
            return failure(e.statusCode(), e.getMessage());
        }
    }

    @Override
    boolean cancel(String base, MatrixCell cell) {
        return pieces(base, cell).take(1).count().block() == 1;
    }
}
