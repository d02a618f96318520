package dev.martlet.openai;

import dev.martlet.chat.Part;
import jakarta.json.JsonArray;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the content of messages: a text, or parts that are texts. */
public final class ContentReader {

    /** Parts that every wire has a name for and that this model cannot read. */
    private static final Set<String> NO_TEXT = Set.of(
            "image_url",
            "input_audio",
            "file",
            "video_url",
            "audio_url",
            "input_image",
            "input_file",
            "image",
            "document",
            "search_result");

    private ContentReader() {}

    /** The content of a message that must have some. */
    public static List<Part> required(Fields fields) {
        if (!fields.has("content")) {
            throw Fields.missing(fields.path("content"));
        }
        return read(fields);
    }

    /** The content of a message; none where it has none. */
    public static List<Part> read(Fields fields) {
        return read(fields, "content");
    }

    /** The content that stands in a field of another name. */
    public static List<Part> read(Fields fields, String name) {
        Optional<JsonValue> content = fields.value(name);
        if (content.isEmpty()) {
            return List.of();
        }
        String path = fields.path(name);
        return switch (content.get()) {
            case JsonString text -> List.of(text(text.getString()));
            case JsonArray parts -> parts(parts, path);
            case JsonValue other -> throw Fields.wrongType(path, "a string or an array of parts", other);
        };
    }

    private static List<Part> parts(JsonArray parts, String path) {
        List<Part> list = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            String at = path + "[" + i + "]";
            if (parts.get(i) instanceof JsonString text) {
                list.add(text(text.getString()));
            } else {
                list.add(part(new Fields(Fields.asObject(parts.get(i), at), at)));
            }
        }
        return list;
    }

    /** One part, told by its type. */
    public static Part part(Fields fields) {
        String type = fields.requiredString("type");
        return switch (type) {
            case "text", "input_text", "output_text" -> text(fields.requiredString("text"));
            case "refusal" -> text(fields.requiredString("refusal"));
            default -> {
                if (NO_TEXT.contains(type)) {
                    throw ApiError.unsupported(
                                    fields.path("type"),
                                    "This model reads text only; a part of '" + type + "' was given.")
                            .toException();
                }
                throw Fields.invalidValue(
                        fields.path("type"), "'" + Fields.shorten(type) + "' is no kind of content part.");
            }
        };
    }

    private static Part text(String text) {
        return new Part.Text(scalars(text));
    }

    /** The text with U+FFFD for lone surrogates, which no tokenizer can encode; clients cut strings in the middle. */
    public static String scalars(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return text.codePoints()
                        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
            }
        }
        return text;
    }
}
