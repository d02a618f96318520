package dev.martlet.openai;

import java.util.Objects;

/** A request ended by an {@link ApiError}. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient ApiError error;

    public ApiException(ApiError error) {
        // No stack trace: it is an answer to a client, thrown on every bad request.
        super(Objects.requireNonNull(error, "error").message(), null, false, false);
        this.error = error;
    }

    public ApiError error() {
        return error;
    }
}
