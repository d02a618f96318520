package dev.martlet.access;

import java.util.Objects;

/**
 * Who may use a server, and how much of it.
 *
 * @param keys the keys that let in
 * @param keyQueue most requests that may wait of a key, where the key has no bound of its own
 * @param openMetrics whether the figures of the server and the engine are for everybody, where keys are needed
 */
public record Access(ApiKeys keys, int keyQueue, boolean openMetrics) {
    public Access {
        Objects.requireNonNull(keys, "keys");
        if (keyQueue < 0) {
            throw new IllegalArgumentException("keyQueue is " + keyQueue + ", must not be negative");
        }
    }

    /** For everybody, without bounds. */
    public static Access open() {
        return new Access(ApiKeys.none(), Integer.MAX_VALUE, false);
    }

    public Access withKeys(ApiKeys value) {
        return new Access(value, keyQueue, openMetrics);
    }

    public Access withKeyQueue(int value) {
        return new Access(keys, value, openMetrics);
    }

    public Access withOpenMetrics(boolean value) {
        return new Access(keys, keyQueue, value);
    }
}
