package dev.martlet.access;

import java.util.Objects;

/**
 * A key that lets in, without the key itself.
 *
 * @param name what it is called in logs and figures
 */
public record ApiKey(String name, KeyHash hash, KeyLimits limits) {
    public ApiKey {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(hash, "hash");
        Objects.requireNonNull(limits, "limits");
    }

    /** A key without limits, named by the first digits of its hash. */
    public static ApiKey of(String key) {
        KeyHash hash = KeyHash.of(key);
        return new ApiKey(hash.shown(), hash, KeyLimits.NONE);
    }
}
