package dev.martlet.server;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The trace that a request is a part of, as the header {@code traceparent} tells it (W3C Trace Context, level 1).
 *
 * @param traceId 32 hexadecimal digits
 * @param spanId 16 of them: the caller's own part
 */
record TraceParent(String traceId, String spanId) {
    private static final Pattern HEADER =
            Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?");

    /** Empty where the header is not as it must be: then it counts as absent. */
    static Optional<TraceParent> of(String header) {
        Matcher matcher = HEADER.matcher(header.strip());
        boolean valid = matcher.matches() && (!header.strip().startsWith("00") || matcher.group(3) == null);
        return valid ? Optional.of(new TraceParent(matcher.group(1), matcher.group(2))) : Optional.empty();
    }
}
