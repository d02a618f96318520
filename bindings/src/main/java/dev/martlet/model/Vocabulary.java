package dev.martlet.model;

import java.util.Arrays;
import java.util.Objects;

/**
 * A model's vocabulary: for each token its bytes and its kind. Immutable; safe from any thread.
 *
 * <p>One flat byte table, so that detokenising and grammar tries need no native call.
 */
public final class Vocabulary {

    private static final int CONTROL = 1;
    private static final int END_OF_GENERATION = 2;

    private final int[] offsets;
    private final byte[] bytes;
    private final int[] flags;

    /**
     * Takes the tables over; the caller must not write to them again.
     *
     * @param offsets {@code size + 1} rising offsets into {@code bytes}
     * @param bytes the bytes of all tokens in order, control tokens spelled out
     * @param flags per token a sum of 1 control, 2 ends a generation, 4 user-defined, 8 single byte, 16 unused
     */
    public Vocabulary(int[] offsets, byte[] bytes, int[] flags) {
        this.offsets = Objects.requireNonNull(offsets, "offsets");
        this.bytes = Objects.requireNonNull(bytes, "bytes");
        this.flags = Objects.requireNonNull(flags, "flags");
        if (offsets.length != flags.length + 1) {
            throw new IllegalArgumentException(
                    "offsets has " + offsets.length + " entries for " + flags.length + " tokens");
        }
        if (offsets[0] != 0 || offsets[flags.length] != bytes.length) {
            throw new IllegalArgumentException("offsets do not span the byte table");
        }
    }

    /** Number of tokens; ids are 0 to this, exclusive. */
    public int size() {
        return flags.length;
    }

    /** Number of bytes of a token. */
    public int length(int token) {
        return offsets[token + 1] - offsets[token];
    }

    /** Copies a token's bytes to {@code target} from {@code at} on and returns their number. */
    public int copyBytes(int token, byte[] target, int at) {
        int length = length(token);
        System.arraycopy(bytes, offsets[token], target, at, length);
        return length;
    }

    /** A copy of a token's bytes. */
    public byte[] bytes(int token) {
        return Arrays.copyOfRange(bytes, offsets[token], offsets[token + 1]);
    }

    /** Whether the token is a marker of the model's protocol and never part of an answer's text. */
    public boolean isControl(int token) {
        return (flags[token] & CONTROL) != 0;
    }

    /** Whether the token ends a generation. */
    public boolean isEndOfGeneration(int token) {
        return (flags[token] & END_OF_GENERATION) != 0;
    }
}
