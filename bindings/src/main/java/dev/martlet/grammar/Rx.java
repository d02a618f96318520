package dev.martlet.grammar;

import java.util.Arrays;
import java.util.List;

/**
 * A regular expression over bytes, extended by intersection and complement; made only by {@link RxPool}, where equal
 * expressions are the same object.
 */
final class Rx {

    enum Kind {
        /** Matches nothing. */
        NEVER,
        /** Matches the empty string. */
        EMPTY,
        SET,
        CONCAT,
        ALT,
        AND,
        NOT,
        REPEAT
    }

    static final int UNBOUNDED = Integer.MAX_VALUE;

    final Kind kind;
    final ByteSet set;
    final Rx[] parts;
    final int min;
    final int max;
    final boolean nullable;
    final int id;

    Rx(Kind kind, ByteSet set, Rx[] parts, int min, int max, int id) {
        this.kind = kind;
        this.set = set;
        this.parts = parts;
        this.min = min;
        this.max = max;
        this.id = id;
        this.nullable = switch (kind) {
            case NEVER, SET -> false;
            case EMPTY -> true;
            case CONCAT, AND -> Arrays.stream(parts).allMatch(p -> p.nullable);
            case ALT -> Arrays.stream(parts).anyMatch(p -> p.nullable);
            case NOT -> !parts[0].nullable;
            case REPEAT -> min == 0 || parts[0].nullable;
        };
    }

    /** What makes two expressions of one pool equal. */
    record Key(Kind kind, ByteSet set, List<Integer> parts, int min, int max) {}
}
