package dev.martlet.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Cuts out of OpenAI's description of its API what good answers and errors of the operations that Martlet has look like:
 * a small description of the same form, with all schemas that those refer to, without words and examples.
 */
final class OpenAiExcerpt {
    /** The schema of errors, which the document names at no operation. */
    static final String ERROR = "#/components/schemas/ErrorResponse";

    private static final Map<String, String> OPERATIONS = new TreeMap<>(Map.of(
            "/chat/completions", "post",
            "/completions", "post",
            "/responses", "post",
            "/embeddings", "post",
            "/models", "get",
            "/models/{model}", "get"));

    /** What tells readers something, and validators nothing. */
    private static final Set<String> WORDS = Set.of(
            "title",
            "description",
            "example",
            "examples",
            "default",
            "deprecated",
            "externalDocs",
            "discriminator",
            "readOnly",
            "writeOnly");

    /** Keywords whose value is a map of names to schemas. */
    private static final Set<String> NAMED = Set.of("properties", "patternProperties", "$defs");

    /** Keywords whose value is data. */
    private static final Set<String> DATA = Set.of("enum", "const", "required", "type");

    private final JsonNode document;
    private final Map<String, JsonNode> schemas = new TreeMap<>();

    private OpenAiExcerpt(JsonNode document) {
        this.document = document;
    }

    /** @return nothing but what is needed; of an excerpt, the same again */
    static ObjectNode of(JsonNode document) {
        OpenAiExcerpt excerpt = new OpenAiExcerpt(document);
        ObjectNode all = JsonNodeFactory.instance.objectNode();
        all.set("openapi", document.path("openapi"));
        all.set("paths", excerpt.paths());
        excerpt.follow(ERROR);
        all.withObject("/components").putObject("schemas").setAll(excerpt.schemas);
        return all;
    }

    /** As text, a line for each schema. */
    static String written(ObjectNode excerpt) {
        StringBuilder text = new StringBuilder("{\"openapi\":")
                .append(excerpt.path("openapi"))
                .append(",\n\"paths\":{");
        lines(excerpt.path("paths"), text);
        text.append("},\n\"components\":{\"schemas\":{");
        lines(excerpt.path("components").path("schemas"), text);
        return text.append("}}}\n").toString();
    }

    private static void lines(JsonNode object, StringBuilder text) {
        String comma = "\n";
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            text.append(comma).append('"').append(entry.getKey()).append("\":").append(entry.getValue());
            comma = ",\n";
        }
    }

    private ObjectNode paths() {
        ObjectNode paths = JsonNodeFactory.instance.objectNode();
        OPERATIONS.forEach((path, method) -> {
            JsonNode content = document.path("paths").path(path).path(method).at("/responses/200/content");
            ObjectNode kept = paths.putObject(path)
                    .putObject(method)
                    .putObject("responses")
                    .putObject("200")
                    .putObject("content");
            for (String type : List.of("application/json", "text/event-stream")) {
                JsonNode schema = content.path(type).path("schema");
                if (!schema.isMissingNode()) {
                    kept.putObject(type).set("schema", bare(schema));
                }
            }
        });
        return paths;
    }

    private void follow(String reference) {
        String name = reference.replaceFirst("^#/components/schemas/", "");
        if (!schemas.containsKey(name)) {
            JsonNode schema = document.at(reference.substring(1));
            if (schema.isMissingNode()) {
                throw new IllegalArgumentException("the document has no " + reference);
            }
            schemas.put(name, schema); // before it is followed: schemas refer to themselves
            schemas.put(name, bare(schema));
        }
    }

    private JsonNode bare(JsonNode schema) {
        if (schema.isArray()) {
            var list = JsonNodeFactory.instance.arrayNode();
            schema.forEach(item -> list.add(bare(item)));
            return list;
        }
        if (!schema.isObject()) {
            return schema;
        }
        if (schema.path("$ref").isTextual()) {
            follow(schema.path("$ref").textValue());
        }
        ObjectNode kept = JsonNodeFactory.instance.objectNode();
        for (Iterator<Map.Entry<String, JsonNode>> fields = schema.fields(); fields.hasNext(); ) {
            Map.Entry<String, JsonNode> field = fields.next();
            String keyword = field.getKey();
            if (NAMED.contains(keyword)) {
                ObjectNode named = kept.putObject(keyword);
                field.getValue().properties().forEach(one -> named.set(one.getKey(), bare(one.getValue())));
            } else if (!WORDS.contains(keyword) && !keyword.startsWith("x-")) {
                kept.set(keyword, DATA.contains(keyword) ? field.getValue() : bare(field.getValue()));
            }
        }
        return kept;
    }
}
