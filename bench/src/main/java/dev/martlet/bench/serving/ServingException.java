package dev.martlet.bench.serving;

/** A measurement cannot go on; its message says why and what to do. */
final class ServingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ServingException(String message) {
        super(message);
    }

    ServingException(String message, Throwable cause) {
        super(message, cause);
    }
}
