package dev.martlet.chat.toolcall;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The known formats by id. */
public final class ToolCallFormats {
    private static final Map<String, ToolCallFormat> BY_ID = new LinkedHashMap<>();

    static {
        Stream.of(JsonFormats.ALL, NamedFormats.ALL, TaggedFormats.ALL, PythonicFormats.ALL, MessageFormats.ALL)
                .flatMap(List::stream)
                .forEach(format -> {
                    if (BY_ID.put(format.id(), format) != null) {
                        throw new IllegalStateException("two formats are called " + format.id());
                    }
                });
    }

    private ToolCallFormats() {}

    /** The format of this id. */
    public static Optional<ToolCallFormat> byId(String id) {
        return Optional.ofNullable(BY_ID.get(id));
    }

    /** All formats, by family. */
    public static Collection<ToolCallFormat> all() {
        return Collections.unmodifiableCollection(BY_ID.values());
    }
}
