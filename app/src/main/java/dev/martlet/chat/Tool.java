package dev.martlet.chat;

import jakarta.json.JsonObject;
import java.util.Objects;
import java.util.Optional;

/** A tool the model may call. */
public sealed interface Tool {

    /** The name the model calls it by. */
    String name();

    /**
     * A function of the client.
     *
     * @param parameters JSON Schema of the arguments object; empty means any object
     * @param strict whether the arguments must follow the schema exactly
     * @param definition the tool as the client sent it ({@code {"type":"function","function":{...}}}), for templates
     */
    record Function(
            String name,
            Optional<String> description,
            Optional<JsonObject> parameters,
            boolean strict,
            JsonObject definition)
            implements Tool {
        public Function {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(definition, "definition");
        }
    }

    /**
     * A tool that a model family knows by name alone, such as GLM-4's {@code simple_browser}, {@code cogview} and
     * {@code python}.
     *
     * @param definition the tool as the client sent it ({@code {"type":"simple_browser"}})
     */
    record BuiltIn(String name, JsonObject definition) implements Tool {
        public BuiltIn {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(definition, "definition");
        }
    }
}
