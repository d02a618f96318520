package dev.martlet.server;

import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.stream.Collectors;

/** Tells clients which fields of their request had no effect, in a response header. */
final class IgnoredFields {
    static final String HEADER = "x-martlet-ignored";
    private static final int MOST = 32;
    private static final int LONGEST = 64;

    private IgnoredFields() {}

    static void tell(List<String> fields, ServerResponse response) {
        if (!fields.isEmpty()) {
            response.header(HEADER, value(fields));
        }
    }

    /** Names come from the client: only what is harmless in a header stays of them. */
    static String value(List<String> fields) {
        String names = fields.stream()
                .limit(MOST)
                .map(name -> name.replaceAll("[^A-Za-z0-9_.\\[\\]-]", "?"))
                .map(name -> name.length() > LONGEST ? name.substring(0, LONGEST) : name)
                .collect(Collectors.joining(", "));
        return fields.size() > MOST ? names + ", ..." : names;
    }
}
