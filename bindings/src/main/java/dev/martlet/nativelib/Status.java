package dev.martlet.nativelib;

/** What a call into libmartlet came to. */
public enum Status {
    OK(0),
    /** An argument is out of its range; nothing was done. */
    INVALID_ARGUMENT(-1),
    /** Not now: not initialised, or something is still open. */
    STATE(-2),
    /** Out of host or device memory. */
    OUT_OF_MEMORY(-3),
    /** A file is missing, unreadable or not a valid GGUF. */
    IO(-4),
    /** This model, build or machine cannot do that. */
    UNSUPPORTED(-5),
    /** The KV cache is full; nothing was changed. */
    NO_SPACE(-6),
    /** It was cancelled. */
    ABORTED(-7),
    /** The context failed inside a kernel and can only be closed. */
    POISONED(-8),
    /** The libraries below failed in a way that is none of the above. */
    INTERNAL(-9),
    /** The buffer was too small; nothing was written. */
    BUFFER(-10);

    private static final Status[] BY_CODE = values();

    private final int code;

    Status(int code) {
        this.code = code;
    }

    /** The number in martlet.h. */
    public int code() {
        return code;
    }

    /**
     * The status of a number.
     *
     * @throws IllegalArgumentException for a number this build does not know
     */
    public static Status of(int code) {
        if (code > 0 || -code >= BY_CODE.length) {
            throw new IllegalArgumentException("libmartlet returned the unknown code " + code);
        }
        return BY_CODE[-code];
    }
}
