package dev.martlet.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.martlet.anthropic.MessagesReader;
import dev.martlet.responses.ResponseRequest;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is documented of requests against what their readers take. */
class ApiDocumentTest {
    private static final JsonObject DOCUMENT = ApiDocument.of("1");
    private static final JsonObject SCHEMAS =
            DOCUMENT.getJsonObject("components").getJsonObject("schemas");
    private static final int VOCABULARY = 1000;
    private static final String HI = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    /** A request's schema, its reader, and bodies of which each makes the reader look for other fields. */
    private enum Request {
        CHAT(
                "ChatCompletionRequest",
                "/v1/chat/completions",
                fields -> new RequestReader(fields, VOCABULARY, name -> true).read(),
                HI + ",\"logprobs\":true}",
                HI + ",\"stream\":true,\"repetition_penalty\":1}",
                HI + ",\"functions\":[{\"name\":\"f\"}]}"),
        COMPLETION(
                "CompletionRequest",
                "/v1/completions",
                fields -> new CompletionReader(fields, VOCABULARY).read(),
                "{\"prompt\":\"x\",\"echo\":true}",
                "{\"prompt\":\"x\",\"stream\":true,\"repetition_penalty\":1}"),
        RESPONSE(
                "ResponseRequest",
                "/v1/responses",
                fields -> ResponseRequest.parse(fields, VOCABULARY, name -> true),
                "{\"input\":\"hi\"}",
                "{\"input\":\"hi\",\"repetition_penalty\":1}"),
        MESSAGE(
                "MessagesRequest",
                "/v1/messages",
                fields -> MessagesReader.read(fields, VOCABULARY, name -> true, false),
                HI + ",\"max_tokens\":1,\"system\":\"s\"}",
                HI + ",\"max_tokens\":1,\"repetition_penalty\":1}"),
        COUNT(
                "CountTokensRequest",
                "/v1/messages/count_tokens",
                fields -> MessagesReader.read(fields, VOCABULARY, name -> true, true),
                HI + ",\"system\":\"s\"}",
                HI + ",\"repetition_penalty\":1}"),
        EMBEDDING(
                "EmbeddingRequest",
                "/v1/embeddings",
                fields -> EmbeddingRequest.parse(fields, VOCABULARY),
                "{\"input\":\"x\"}"),
        RERANK("RerankRequest", "/v1/rerank", RerankRequest::parse, "{\"query\":\"x\",\"documents\":[\"y\"]}"),
        RERANK_SHORT("RerankRequest", "/rerank", RerankRequest::parse, "{\"query\":\"x\",\"documents\":[\"y\"]}"),
        TOKENIZE(
                "TokenizeRequest",
                "/tokenize",
                fields -> TokenizeRequest.parse(fields, name -> true),
                "{\"prompt\":\"x\"}",
                HI + "}",
                HI + ",\"functions\":[{\"name\":\"f\"}]}"),
        DETOKENIZE(
                "DetokenizeRequest",
                "/detokenize",
                fields -> DetokenizeRequest.parse(fields, VOCABULARY),
                "{\"tokens\":[1]}"),
        TEMPLATE(
                "TemplateRequest",
                "/apply-template",
                fields -> TemplateRequest.parse(fields, name -> true),
                HI + "}",
                HI + ",\"functions\":[{\"name\":\"f\"}]}");

        final String schema;
        final String path;
        final Consumer<Fields> reader;
        final List<String> bodies;

        Request(String schema, String path, Consumer<Fields> reader, String... bodies) {
            this.schema = schema;
            this.path = path;
            this.reader = reader;
            this.bodies = List.of(bodies);
        }

        Map<String, JsonObject> fields() {
            return properties(SCHEMAS.getJsonObject(schema));
        }

        /** What is wrong with a body, if anything. */
        Optional<ApiError> read(JsonObject body) {
            ApiException e = catchThrowableOfType(ApiException.class, () -> reader.accept(new Fields(body, "")));
            return Optional.ofNullable(e).map(ApiException::error);
        }

        /** What is wrong with a body that has this field too, of a kind that the field is read in. */
        Optional<ApiError> readWith(String name, JsonValue value) {
            String body = bodies.stream()
                    .filter(kind -> asked(kind).contains(name))
                    .findFirst()
                    .orElseThrow();
            return read(Json.builders()
                    .createObjectBuilder(object(body))
                    .add(name, value)
                    .build());
        }

        /** The fields that the reader looks for in a body. */
        Set<String> asked(String body) {
            Fields fields = new Fields(object(body), "");
            reader.accept(fields);
            return fields.asked();
        }
    }

    private static JsonObject object(String json) {
        return Json.object(json.getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, JsonObject> properties(JsonObject schema) {
        Map<String, JsonObject> all = new TreeMap<>();
        if (schema.containsKey("allOf")) {
            schema.getJsonArray("allOf").getValuesAs(JsonObject.class).forEach(part -> {
                String name = part.getString("$ref").substring("#/components/schemas/".length());
                all.putAll(properties(SCHEMAS.getJsonObject(name)));
            });
        }
        if (schema.containsKey("properties")) {
            schema.getJsonObject("properties").forEach((name, field) -> all.put(name, field.asJsonObject()));
        }
        return all;
    }

    @ParameterizedTest
    @EnumSource
    void shouldDocumentTheFieldsThatAreRead(Request request) {
        Set<String> asked = new HashSet<>();
        request.bodies.forEach(body -> asked.addAll(request.asked(body)));
        assertThat(request.fields().keySet()).containsExactlyInAnyOrderElementsOf(asked);
    }

    @Test
    void shouldDocumentTheReaderOfEachRequest() {
        List<String> documented = new ArrayList<>();
        DOCUMENT.getJsonObject("paths").forEach((path, item) -> {
            JsonObject post = item.asJsonObject().getJsonObject("post");
            if (post != null) {
                JsonObject schema = content(post).getJsonObject("schema");
                documented.add(path + " " + schema.getString("$ref"));
            }
        });
        assertThat(documented)
                .containsExactlyInAnyOrderElementsOf(List.of(Request.values()).stream()
                        .map(request -> request.path + " #/components/schemas/" + request.schema)
                        .toList());
    }

    private static JsonObject content(JsonObject operation) {
        return operation.getJsonObject("requestBody").getJsonObject("content").getJsonObject("application/json");
    }

    @ParameterizedTest
    @EnumSource
    void shouldTakeTheExample(Request request) {
        JsonObject post =
                DOCUMENT.getJsonObject("paths").getJsonObject(request.path).getJsonObject("post");
        assertThat(request.read(content(post).getJsonObject("example"))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void shouldWantWhatIsRequired(Request request) {
        JsonValue required = SCHEMAS.getJsonObject(request.schema).get("required");
        if (required == null) {
            return;
        }
        required.asJsonArray().getValuesAs(JsonString.class).forEach(name -> {
            JsonObjectBuilder body = Json.builders()
                    .createObjectBuilder(object(request.bodies.getFirst()))
                    .remove(name.getString());
            assertThat(request.read(body.build()).orElseThrow().param()).contains(name.getString());
        });
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseOtherTypes(Request request) {
        JsonValue wrong = object("{\"a\":{\"b\":[]}}");
        request.fields().forEach((name, field) -> {
            if (!field.toString().contains("object")) {
                assertThat(request.readWith(name, wrong).flatMap(ApiError::param))
                        .as(name)
                        .contains(name);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepToTheBounds(Request request) {
        request.fields().forEach((name, field) -> {
            bound(field, "minimum").ifPresent(least -> {
                assertThat(request.readWith(name, number(least))).as(name).isEmpty();
                refused(request, name, least.subtract(BigDecimal.ONE));
            });
            bound(field, "maximum").ifPresent(most -> {
                assertThat(request.readWith(name, number(most))).as(name).isEmpty();
                refused(request, name, most.add(BigDecimal.ONE));
            });
            bound(field, "exclusiveMinimum").ifPresent(least -> refused(request, name, least));
            if (field.containsKey("enum")) {
                field.getJsonArray("enum")
                        .forEach(value -> assertThat(request.readWith(name, value))
                                .as("%s %s", name, value)
                                .isEmpty());
                assertThat(request.readWith(
                                        name,
                                        Json.builders()
                                                .createArrayBuilder()
                                                .add("other")
                                                .build()
                                                .get(0))
                                .flatMap(ApiError::param))
                        .contains(name);
            }
        });
    }

    private static void refused(Request request, String name, BigDecimal value) {
        assertThat(request.readWith(name, number(value)).flatMap(ApiError::param))
                .as("%s %s", name, value)
                .contains(name);
    }

    private static JsonValue number(BigDecimal value) {
        return Json.builders().createArrayBuilder().add(value).build().getFirst();
    }

    private static Optional<BigDecimal> bound(JsonObject field, String name) {
        return Optional.ofNullable(field.getJsonNumber(name)).map(JsonNumber::bigDecimalValue);
    }
}
