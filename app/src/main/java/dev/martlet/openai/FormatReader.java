package dev.martlet.openai;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the shape of the answer: {@code response_format}, and what llama-server and vLLM have for it beside that
 * ({@code grammar}, {@code json_schema}, {@code guided_json} and its like, {@code structured_outputs}). At most one of
 * them may be there.
 */
public final class FormatReader {
    private static final int MAX_OPTIONS = 10_000;

    private final Fields fields;
    private final List<String> ignored;
    private final List<ResponseFormat> found = new ArrayList<>();

    /** @param ignored receives the paths of fields that have no effect */
    FormatReader(Fields fields, List<String> ignored) {
        this.fields = fields;
        this.ignored = ignored;
    }

    ResponseFormat read() {
        fields.object("response_format")
                .map(object -> responseFormat(new Fields(object, "response_format")))
                .filter(format -> !(format instanceof ResponseFormat.Text))
                .ifPresent(found::add);
        schema(fields, "json_schema").ifPresent(found::add);
        gbnf(fields, "grammar");
        guides(fields, "guided_json", "guided_regex", "guided_choice", "guided_grammar");
        fields.object("structured_outputs")
                .map(object -> new Fields(object, "structured_outputs"))
                .ifPresent(inner -> {
                    guides(inner, "json", "regex", "choice", "grammar");
                    ignored.addAll(inner.unread());
                });
        if (found.size() > 1) {
            throw Fields.invalidValue(
                    found.get(1).path(),
                    "the answer's shape is already given by '" + found.get(0).path() + "'.");
        }
        return found.isEmpty() ? new ResponseFormat.Text() : found.getFirst();
    }

    private ResponseFormat responseFormat(Fields format) {
        String type = format.requiredString("type");
        return switch (type) {
            case "text" -> new ResponseFormat.Text();
            case "json_object" ->
                schema(format, "schema").orElseGet(() -> new ResponseFormat.JsonObject("response_format"));
            case "json_schema" -> {
                JsonObject inner =
                        format.object("json_schema").orElseThrow(() -> Fields.missing(format.path("json_schema")));
                Fields named = new Fields(inner, format.path("json_schema"));
                named.string("name");
                named.string("description");
                named.flag("strict"); // Every schema is kept to, whether it must be or not.
                ResponseFormat schema = schema(named, "schema").orElseThrow(() -> Fields.missing(named.path("schema")));
                ignored.addAll(named.unread());
                yield schema;
            }
            case "grammar", "regex", "structural_tag" ->
                throw ApiError.unsupported(
                                "response_format.type", "'response_format' of type '" + type + "' is not offered.")
                        .toException();
            default ->
                throw Fields.invalidValue(
                        "response_format.type",
                        "'" + Fields.shorten(type) + "' is not one of 'text', 'json_object' and 'json_schema'.");
        };
    }

    /** A schema, also as the text of one. */
    public static Optional<ResponseFormat> schema(Fields fields, String name) {
        String path = fields.path(name);
        return fields.value(name).map(value -> switch (value.getValueType()) {
            case OBJECT, TRUE, FALSE -> new ResponseFormat.JsonSchema(value.toString(), path);
            case STRING -> new ResponseFormat.JsonSchema(((JsonString) value).getString(), path);
            case NUMBER, ARRAY, NULL -> throw Fields.wrongType(path, "a schema", value);
        });
    }

    private void guides(Fields in, String json, String regex, String choice, String gbnf) {
        schema(in, json).ifPresent(found::add);
        in.string(regex)
                .map(text -> new ResponseFormat.Regex(text, in.path(regex)))
                .ifPresent(found::add);
        in.array(choice).map(array -> choice(array, in.path(choice))).ifPresent(found::add);
        gbnf(in, gbnf);
    }

    private void gbnf(Fields in, String name) {
        in.string(name)
                .map(text -> new ResponseFormat.Gbnf(text, in.path(name)))
                .ifPresent(found::add);
    }

    private static ResponseFormat choice(JsonArray array, String path) {
        if (array.isEmpty() || array.size() > MAX_OPTIONS) {
            throw Fields.invalidValue(path, "expected 1 to " + MAX_OPTIONS + " texts, but got " + array.size() + ".");
        }
        List<String> options = new ArrayList<>();
        for (JsonValue option : array) {
            options.add(Fields.asString(option, path + "[" + options.size() + "]"));
        }
        return new ResponseFormat.Choice(options, path);
    }
}
