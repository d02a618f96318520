package dev.martlet.openai;

import jakarta.json.JsonBuilderFactory;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonLocation;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParserFactory;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** JSON texts and trees, by factories that are looked up once (a look-up per request costs more than the parse). */
public final class Json {
    private static final JsonProvider PROVIDER = JsonProvider.provider();
    private static final JsonParserFactory PARSERS = PROVIDER.createParserFactory(Map.of());
    private static final JsonBuilderFactory BUILDERS = PROVIDER.createBuilderFactory(Map.of());

    private Json() {}

    /** Builders of trees. */
    public static JsonBuilderFactory builders() {
        return BUILDERS;
    }

    /**
     * Reads a request body.
     *
     * @throws ApiException with status 400 if it is empty, not UTF-8, not JSON or not an object
     */
    public static JsonObject object(byte[] body) {
        String text = utf8(body);
        if (text.isBlank()) {
            throw ApiError.invalid("The request body is empty; a JSON object was expected.")
                    .toException();
        }
        if (parse(text) instanceof JsonObject object) {
            return object;
        }
        throw ApiError.invalid("The request body must be a JSON object.").toException();
    }

    private static JsonValue parse(String text) {
        try (JsonParser parser = PARSERS.createParser(new StringReader(text))) {
            JsonValue value = first(parser);
            if (parser.hasNext()) {
                throw ApiError.invalid("The request body goes on after its JSON object.")
                        .toException();
            }
            return value;
        } catch (JsonException e) {
            throw ApiError.invalid("We could not parse the JSON body of your request: " + firstLine(e.getMessage()))
                    .toException();
        }
    }

    private static JsonValue first(JsonParser parser) {
        try {
            parser.next();
            return parser.getValue();
        } catch (JsonException e) {
            throw e;
        } catch (RuntimeException e) {
            // Parsson reports what is beyond its limits (nesting, digits) by plain RuntimeExceptions.
            JsonLocation at = parser.getLocation();
            throw ApiError.invalid(
                            "We could not parse the JSON body of your request: it is too deep or too large at line "
                                    + at.getLineNumber() + ", column " + at.getColumnNumber() + ".")
                    .toException();
        }
    }

    private static String utf8(byte[] body) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(body))
                    .toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw ApiError.invalid("The request body is not valid UTF-8.").toException();
        }
    }

    private static String firstLine(String message) {
        if (message == null) {
            return "malformed JSON";
        }
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }
}
