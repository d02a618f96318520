package dev.martlet.nativelib;

/** A call into libmartlet failed, or it could not be loaded. */
public class NativeException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String operation;
    private final Status status;

    /**
     * @param operation what was tried, e.g. "open model"
     * @param message what went wrong, and what to do about it where that is known
     */
    public NativeException(String operation, Status status, String message) {
        super(operation + ": " + message + " (" + status + ")");
        this.operation = operation;
        this.status = status;
    }

    public NativeException(String operation, Status status, String message, Throwable cause) {
        super(operation + ": " + message + " (" + status + ")", cause);
        this.operation = operation;
        this.status = status;
    }

    public String operation() {
        return operation;
    }

    public Status status() {
        return status;
    }
}
