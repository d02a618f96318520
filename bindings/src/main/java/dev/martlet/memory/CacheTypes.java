package dev.martlet.memory;

import java.util.Objects;

/**
 * How a KV cache is stored.
 *
 * @param keys type of its keys
 * @param values type of its values; a quantised one needs flash attention
 */
public record CacheTypes(CacheType keys, CacheType values) {

    public CacheTypes {
        Objects.requireNonNull(keys, "keys");
        Objects.requireNonNull(values, "values");
    }

    /** Keys and values of one type. */
    public static CacheTypes of(CacheType both) {
        return new CacheTypes(both, both);
    }

    /** As in "F16", or "Q8_0 and F16" where keys and values differ. */
    @Override
    public String toString() {
        return keys == values ? keys.name() : keys + " and " + values;
    }
}
