package dev.martlet.openai;

import dev.martlet.engine.GenerationRequest;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the fields that completions of chats and of plain text have in common. */
final class GenerationReader {
    private static final int MAX_STOPS = 4;

    private final Fields fields;
    private final int vocabularySize;
    private final List<String> ignored;

    /** @param ignored receives the paths of fields that have no effect */
    GenerationReader(Fields fields, int vocabularySize, List<String> ignored) {
        this.fields = fields;
        this.vocabularySize = vocabularySize;
        this.ignored = ignored;
    }

    boolean stream() {
        return fields.flag("stream").orElse(false);
    }

    /** @param stream whether there is a stream; the options have no effect otherwise */
    boolean includeUsage(boolean stream) {
        if (!stream) {
            return false;
        }
        Optional<JsonObject> options = fields.object("stream_options");
        if (options.isEmpty()) {
            return false;
        }
        Fields inner = new Fields(options.get(), "stream_options");
        boolean include = inner.flag("include_usage").orElse(false);
        ignored.addAll(inner.unread());
        return include;
    }

    int choices() {
        return fields.integer("n", 1, GenerationSettings.MAX_CHOICES).orElse(1);
    }

    SamplingFields sampling() {
        return SamplingFields.read(fields, vocabularySize);
    }

    List<String> stops() {
        Optional<JsonValue> value = fields.value("stop");
        if (value.isEmpty()) {
            return List.of();
        }
        return switch (value.get()) {
            case JsonString text -> List.of(nonEmpty(text.getString(), "stop"));
            case JsonArray array -> {
                if (array.size() > MAX_STOPS) {
                    throw Fields.invalidValue("stop", "at most " + MAX_STOPS + " texts, but got " + array.size() + ".");
                }
                List<String> stops = new ArrayList<>();
                for (int i = 0; i < array.size(); i++) {
                    String at = "stop[" + i + "]";
                    stops.add(nonEmpty(Fields.asString(array.get(i), at), at));
                }
                yield stops;
            }
            case JsonValue other -> throw Fields.wrongType("stop", "a string or an array of strings", other);
        };
    }

    private static String nonEmpty(String text, String path) {
        if (text.isEmpty()) {
            throw Fields.invalidValue(path, "an empty text stops nothing.");
        }
        return text;
    }

    Set<Integer> stopTokens() {
        JsonArray array = fields.array("stop_token_ids").orElse(JsonValue.EMPTY_JSON_ARRAY);
        return Set.copyOf(Fields.tokens(array, "stop_token_ids", vocabularySize));
    }

    boolean ignoreEndOfGeneration() {
        return fields.flag("ignore_eos").orElse(false);
    }

    int priority() {
        return fields.integer("priority", GenerationRequest.LEAST_PRIORITY, GenerationRequest.MOST_PRIORITY)
                .orElse(0);
    }

    ResponseFormat format() {
        return new FormatReader(fields, ignored).read();
    }

    /** Refuses what promises something of the answer that is not kept. */
    void refuse(List<String> promises) {
        promises.stream().filter(fields::has).findFirst().ifPresent(name -> {
            throw ApiError.unsupported(name, "'" + name + "' is not supported yet.")
                    .toException();
        });
    }

    /**
     * Notes the fields without effect: those that were not read, and some whose type is checked all the same. A field
     * that asks for what happens anyway is not told.
     */
    void noteIgnored() {
        if (!fields.flag("cache_prompt").orElse(true)) {
            ignored.add("cache_prompt");
        }
        if (fields.flag("store").orElse(false)) {
            ignored.add("store");
        }
        fields.string("service_tier")
                .filter(tier -> !tier.equals("auto") && !tier.equals("default"))
                .ifPresent(tier -> ignored.add("service_tier"));
        fields.string("user").ifPresent(user -> ignored.add("user"));
        fields.object("metadata").ifPresent(metadata -> ignored.add("metadata"));
        ignored.addAll(fields.unread());
    }
}
