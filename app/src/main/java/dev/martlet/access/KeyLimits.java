package dev.martlet.access;

import java.util.OptionalInt;

/**
 * What the requests of one key may take.
 *
 * @param requests most at once, running and waiting together; empty for no bound
 * @param waiting most that wait; empty for the server's own bound
 * @param priority the lowest number, which is the most urgent, that its requests may have; empty for any
 */
public record KeyLimits(OptionalInt requests, OptionalInt waiting, OptionalInt priority) {

    /** No bounds. */
    public static final KeyLimits NONE = new KeyLimits(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());

    public KeyLimits {
        if (requests.orElse(1) < 1) {
            throw new IllegalArgumentException("max-requests is " + requests.getAsInt() + ", must be at least 1");
        }
        if (waiting.orElse(0) < 0) {
            throw new IllegalArgumentException("max-waiting is " + waiting.getAsInt() + ", must not be negative");
        }
        if (Math.abs(priority.orElse(0)) > 100) {
            throw new IllegalArgumentException("priority is " + priority.getAsInt() + ", must be -100 to 100");
        }
    }
}
