package dev.martlet.server;

import dev.martlet.openai.Json;
import jakarta.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** A client of the matrix that runs in this process. */
abstract class JavaClient implements MatrixClient {
    static final String TOOL = "get_weather";
    static final String TOOL_DESCRIPTION = "Weather of a city";
    static final List<String> CITIES = List.of("Oslo", "Rome");

    @Override
    public final JsonObject run(MatrixCell cell, String base) {
        try {
            return switch (cell) {
                case TEXT, RETRY -> seen(Map.of("text", text(base, cell)));
                case STREAM -> seen(Map.of("pieces", stream(base, cell)));
                case TOOLS -> tools(base, cell);
                case STRUCTURED -> structured(base, cell);
                case ERROR -> error(base, cell);
                case CANCEL -> seen(Map.of("left", cancel(base, cell)));
            };
        } catch (Exception e) {
            return seen(Map.of("failed", e.toString()));
        }
    }

    abstract String text(String base, MatrixCell cell);

    abstract List<String> stream(String base, MatrixCell cell) throws Exception;

    abstract JsonObject tools(String base, MatrixCell cell);

    abstract JsonObject structured(String base, MatrixCell cell);

    abstract JsonObject error(String base, MatrixCell cell);

    /** Whether it left before the answer's end. */
    abstract boolean cancel(String base, MatrixCell cell) throws Exception;

    static JsonObject seen(Map<String, Object> members) {
        return Json.builders().createObjectBuilder(members).build();
    }

    static JsonObject json(String text) {
        return Json.object(text.getBytes(StandardCharsets.UTF_8));
    }

    static JsonObject called(List<String> cities, String text) {
        return seen(Map.of("cities", cities, "text", text));
    }

    static JsonObject failure(int status, String message) {
        return seen(Map.of("status", status, "message", message));
    }

    static String mild(String city) {
        return "mild in " + city;
    }
}
