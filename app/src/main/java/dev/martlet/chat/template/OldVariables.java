package dev.martlet.chat.template;

import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import jakarta.json.JsonWriterFactory;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonGenerator;
import java.io.StringWriter;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;

/**
 * Variables that templates used before {@code tools} was agreed on, as FireFunction v2 wants them: {@code functions}, the
 * tools' definitions as text, and {@code datetime}.
 */
final class OldVariables {
    private static final JsonProvider JSON = JsonProvider.provider();
    private static final JsonWriterFactory WRITERS =
            JSON.createWriterFactory(Map.of(JsonGenerator.PRETTY_PRINTING, true));
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

    private OldVariables() {}

    /** Adds those that the template uses. */
    static void add(ChatTemplate template, JsonObjectBuilder context, JsonArray tools, Clock clock) {
        if (template.uses("functions")) {
            context.add("functions", text(tools));
        }
        if (template.uses("datetime")) {
            context.add(
                    "datetime",
                    LocalDateTime.ofInstant(clock.instant(), ZoneOffset.UTC).format(TIME) + " GMT");
        }
    }

    private static String text(JsonArray tools) {
        JsonArrayBuilder functions = JSON.createArrayBuilder();
        for (JsonValue tool : tools) {
            functions.add(tool instanceof JsonObject object ? object.getOrDefault("function", tool) : tool);
        }
        var text = new StringWriter();
        try (var writer = WRITERS.createWriter(text)) {
            writer.writeArray(functions.build());
        }
        return text.toString().strip();
    }
}
