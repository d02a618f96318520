package dev.martlet.embedding;

/** How the vectors of a sequence's tokens become one. */
public enum Pooling {
    /** As the model's file says; the mean where it says nothing. */
    MODEL(-1),
    /** The mean of all tokens' vectors. */
    MEAN(1),
    /** The first token's vector. */
    CLS(2),
    /** The last token's vector. */
    LAST(3),
    /** No vector: the scores that the model's rank head gives. */
    RANK(4);

    private final int code;

    Pooling(int code) {
        this.code = code;
    }

    /** The number in martlet.h. */
    int code() {
        return code;
    }

    static Pooling of(int code) {
        for (Pooling pooling : values()) {
            if (pooling.code == code) {
                return pooling;
            }
        }
        throw new IllegalArgumentException("libmartlet names the unknown pooling " + code);
    }
}
