package dev.martlet.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.martlet.openai.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * OpenAI's own description of its API, and what of a server's answers keeps to it. It is the excerpt that
 * {@link OpenAiExcerpt} makes; the text beside it tells where it is from.
 */
final class OpenAiDocument {
    static final String FILE = "openai-openapi.json";

    private final JsonNode document;
    private final Map<String, JsonSchema> schemas = new HashMap<>();
    private int answers;
    private int chunks;

    OpenAiDocument() {
        try (InputStream in = OpenAiDocument.class.getResourceAsStream(FILE)) {
            document = new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        permitNulls(document);
    }

    /**
     * Has {@code nullable} mean what it meant in OpenAPI 3.0: the document is 3.1, where validators pass over it, but
     * still says it of 111 places, the usage of chunks among them, whose words tell when it is null.
     */
    private static void permitNulls(JsonNode node) {
        node.forEach(OpenAiDocument::permitNulls);
        if (node.path("nullable").asBoolean()) {
            ObjectNode schema = (ObjectNode) node;
            ObjectNode other = schema.deepCopy().without("nullable");
            schema.removeAll();
            schema.putArray("anyOf").add(other).addObject().put("type", "null");
        }
    }

    /** Whole answers, errors among them, that were found to be valid. */
    int answers() {
        return answers;
    }

    /** Events of streams that were found to be valid. */
    int chunks() {
        return chunks;
    }

    /** What of an exchange is not as the document has it; empty when all is. */
    List<String> faults(Exchange exchange) {
        List<String> faults = new ArrayList<>();
        if (!exchange.streamed()) {
            String schema = exchange.status() == 200
                    ? schema(exchange, "application/json").path("$ref").textValue()
                    : OpenAiExcerpt.ERROR;
            faults.addAll(check(schema, exchange.answer()));
            answers += faults.isEmpty() ? 1 : 0;
            return faults;
        }
        JsonNode schema = schema(exchange, "text/event-stream");
        for (JsonObject event : exchange.events()) {
            boolean error = event.containsKey("error") && event.size() == 1;
            List<String> found = check(error ? OpenAiExcerpt.ERROR : variant(schema, event), tolerated(event));
            faults.addAll(found);
            chunks += found.isEmpty() ? 1 : 0;
        }
        return faults;
    }

    /**
     * The event without the nulls that OpenAI's servers send and the schemas do not take. The usage of a response that
     * has not ended is null in all of the document's examples of such events. Of a completion that goes on, the reason why
     * it ended and the usage are: streamed completions have no schema but that of whole ones, and the words about
     * {@code include_usage} tell of the null.
     */
    private static JsonObject tolerated(JsonObject event) {
        JsonObjectBuilder kept = Json.builders().createObjectBuilder(event);
        if (event.containsKey("response") && isNull(event.getJsonObject("response"), "usage")) {
            kept.add("response", without(event.getJsonObject("response"), "usage"));
        }
        if (event.getString("object", "").equals("text_completion")) {
            if (isNull(event, "usage")) {
                kept.remove("usage");
            }
            JsonArrayBuilder choices = Json.builders().createArrayBuilder();
            for (JsonObject choice : event.getJsonArray("choices").getValuesAs(JsonObject.class)) {
                choices.add(isNull(choice, "finish_reason") ? ended(choice) : choice);
            }
            kept.add("choices", choices);
        }
        return kept.build();
    }

    private static JsonObject without(JsonObject object, String name) {
        return Json.builders().createObjectBuilder(object).remove(name).build();
    }

    private static JsonObject ended(JsonObject choice) {
        return Json.builders()
                .createObjectBuilder(choice)
                .add("finish_reason", "stop")
                .build();
    }

    private static boolean isNull(JsonObject object, String name) {
        return object.getOrDefault(name, JsonValue.TRUE) == JsonValue.NULL;
    }

    /** Of a schema that lists one for each type of events, the one of this event. */
    private String variant(JsonNode schema, JsonObject event) {
        String whole = schema.path("$ref").textValue();
        for (JsonNode one : document.at(whole.substring(1)).path("anyOf")) {
            String reference = one.path("$ref").asText();
            JsonNode type = document.at(reference.substring(1) + "/properties/type/enum/0");
            if (type.asText().equals(event.getString("type", ""))) {
                return reference;
            }
        }
        return whole;
    }

    /** Where the schema of a good answer is. Streamed completions have the schema of whole ones. */
    private JsonNode schema(Exchange exchange, String type) {
        String path = exchange.path().replaceFirst("^/v1", "").replaceFirst("^/models/.+", "/models/{model}");
        JsonNode content = document.path("paths")
                .path(path)
                .path(exchange.method().toLowerCase(Locale.ROOT))
                .path("responses")
                .path("200")
                .path("content");
        JsonNode found =
                content.path(content.has(type) ? type : "application/json").path("schema");
        if (!found.has("$ref")) {
            throw new AssertionError("the document does not know " + exchange.method() + " " + path + " " + type);
        }
        return found;
    }

    private List<String> check(String reference, JsonObject value) {
        JsonSchema schema = schemas.computeIfAbsent(reference, this::compile);
        return schema.validate(value.toString(), InputFormat.JSON).stream()
                .map(fault -> reference + " " + fault.getMessage() + " in " + value)
                .toList();
    }

    private JsonSchema compile(String reference) {
        ObjectNode schema = document.withObject("/components").objectNode();
        schema.put("$ref", reference);
        schema.set("components", document.path("components"));
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(schema);
    }
}
