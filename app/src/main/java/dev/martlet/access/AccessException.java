package dev.martlet.access;

/** Keys or certificates that cannot be used; the message names the file and says what is wrong. */
public final class AccessException extends RuntimeException {
    private static final long serialVersionUID = 1;

    AccessException(String message) {
        super(message);
    }

    AccessException(String message, Throwable cause) {
        super(message, cause);
    }
}
