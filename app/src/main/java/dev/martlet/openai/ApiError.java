package dev.martlet.openai;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * A failure as a client sees it.
 *
 * @param status the HTTP status
 * @param type the wire's error type, e.g. {@code invalid_request_error}
 * @param param the request field at fault, e.g. {@code messages[2].content}
 * @param code a short constant a program may compare
 * @param retryAfter how long to wait before the next try, where a next try makes sense
 */
public record ApiError(
        int status,
        String type,
        String message,
        Optional<String> param,
        Optional<String> code,
        Optional<Duration> retryAfter) {

    private static final String INVALID_REQUEST = "invalid_request_error";
    private static final String SERVER = "server_error";

    public ApiError {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(message, "message");
        Objects.requireNonNull(param, "param");
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(retryAfter, "retryAfter");
    }

    /** A bad request as a whole. */
    public static ApiError invalid(String message) {
        return new ApiError(400, INVALID_REQUEST, message, Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** A bad field of a request. */
    public static ApiError invalid(String param, String code, String message) {
        return new ApiError(400, INVALID_REQUEST, message, Optional.of(param), Optional.of(code), Optional.empty());
    }

    /** A field or value that this server understands and does not offer. */
    public static ApiError unsupported(String param, String message) {
        return invalid(param, "unsupported_value", message);
    }

    /** A request that HTTP itself refuses: unknown path, wrong method, too large a body. */
    public static ApiError http(int status, String code, String message) {
        return new ApiError(status, INVALID_REQUEST, message, Optional.empty(), Optional.of(code), Optional.empty());
    }

    /** A prompt, or a prompt and its answer, that is longer than the context; {@code param} is where the prompt is. */
    public static ApiError contextLength(String param, String message) {
        return invalid(param, "context_length_exceeded", message);
    }

    /** More of something than the server takes on at once. */
    public static ApiError overloaded(Duration retryAfter) {
        return overloaded("server_busy", "The server is busy. Please retry later.", retryAfter);
    }

    /** More requests than may wait, or with more tokens. */
    public static ApiError overloaded(String code, String message, Duration retryAfter) {
        return new ApiError(
                429, "rate_limit_error", message, Optional.empty(), Optional.of(code), Optional.of(retryAfter));
    }

    /** A server that is not (or no longer) able to answer for a while. */
    public static ApiError unavailable(String code, String message, Duration retryAfter) {
        return new ApiError(503, SERVER, message, Optional.empty(), Optional.of(code), Optional.of(retryAfter));
    }

    /** A failure of the server. */
    public static ApiError internal(int status, String code, String message) {
        return new ApiError(status, SERVER, message, Optional.empty(), Optional.of(code), Optional.empty());
    }

    /** The error as something to throw. */
    public ApiException toException() {
        return new ApiException(this);
    }

    /** The wire's body, {@code {"error":{"message","type","param","code"}}}, in UTF-8. */
    public byte[] body() {
        JsonBuffer out = new JsonBuffer(256);
        write(out);
        return out.toBytes();
    }

    void write(JsonBuffer out) {
        out.raw("{\"error\":");
        writeObject(out);
        out.raw("}");
    }

    /** Appends what stands within the body, {@code {"message","type","param","code"}}. */
    public void writeObject(JsonBuffer out) {
        out.raw("{\"message\":").string(message);
        out.raw(",\"type\":").string(type);
        out.raw(",\"param\":").stringOrNull(param);
        out.raw(",\"code\":").stringOrNull(code).raw("}");
    }
}
