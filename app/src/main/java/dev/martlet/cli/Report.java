package dev.martlet.cli;

import dev.martlet.openai.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** A part of what {@code doctor} looks at. */
interface Report {

    JsonProvider PROVIDER = JsonProvider.provider();

    /** A line of the picture: what, and how it is. */
    record Row(String topic, String text) {}

    List<Row> rows();

    /** The same for programs, member by member. */
    JsonObject json();

    List<Finding> findings();

    static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%,.0f MB", bytes / 1e6);
    }

    static JsonValue orNull(OptionalLong number) {
        return number.isPresent() ? PROVIDER.createValue(number.getAsLong()) : JsonValue.NULL;
    }

    static JsonValue orNull(Optional<String> text) {
        return text.isPresent() ? PROVIDER.createValue(text.get()) : JsonValue.NULL;
    }

    static JsonArrayBuilder strings(Collection<String> texts) {
        return Json.builders().createArrayBuilder(texts);
    }
}
