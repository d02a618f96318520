package dev.martlet.openai;

import java.util.List;
import java.util.Objects;

/** The shape that a request wants its answer's text in. */
public sealed interface ResponseFormat {

    /** The field of the request that asks for it. */
    String path();

    /** Any text. */
    record Text() implements ResponseFormat {
        @Override
        public String path() {
            return "response_format";
        }
    }

    /** Any JSON object. */
    record JsonObject(String path) implements ResponseFormat {
        public JsonObject {
            Objects.requireNonNull(path, "path");
        }
    }

    /**
     * JSON under a schema.
     *
     * @param schema the schema as JSON text
     */
    record JsonSchema(String schema, String path) implements ResponseFormat {
        public JsonSchema {
            Objects.requireNonNull(schema, "schema");
            Objects.requireNonNull(path, "path");
        }
    }

    /** A text that matches a regular expression of ECMA-262 as a whole. */
    record Regex(String regex, String path) implements ResponseFormat {
        public Regex {
            Objects.requireNonNull(regex, "regex");
            Objects.requireNonNull(path, "path");
        }
    }

    /** A text of a grammar in llama.cpp's notation. */
    record Gbnf(String grammar, String path) implements ResponseFormat {
        public Gbnf {
            Objects.requireNonNull(grammar, "grammar");
            Objects.requireNonNull(path, "path");
        }
    }

    /** One of some texts. */
    record Choice(List<String> options, String path) implements ResponseFormat {
        public Choice {
            options = List.copyOf(options);
            Objects.requireNonNull(path, "path");
        }
    }
}
