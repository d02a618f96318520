package dev.martlet.anthropic;

import dev.martlet.openai.ApiError;
import dev.martlet.openai.JsonBuffer;

/** Failures in Anthropic's shape: {@code {"type":"error","error":{"type","message"}}}. */
public final class Errors {
    private static final int OVERLOADED = 529;

    private Errors() {}

    /** The HTTP status of a failure. */
    public static int status(ApiError error) {
        return error.status() == 503 ? OVERLOADED : error.status();
    }

    /** The whole body, in UTF-8. */
    public static byte[] body(ApiError error) {
        JsonBuffer out = new JsonBuffer(256).raw("{\"type\":\"error\"");
        members(out, error);
        return out.raw("}").toBytes();
    }

    /** Appends what follows the type. */
    static void members(JsonBuffer out, ApiError error) {
        out.raw(",\"error\":{\"type\":").string(type(error));
        out.raw(",\"message\":").string(message(error)).raw("}");
    }

    private static String type(ApiError error) {
        return switch (status(error)) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 504 -> "timeout_error";
            case OVERLOADED -> "overloaded_error";
            default -> error.status() < 500 ? "invalid_request_error" : "api_error";
        };
    }

    /** There is no member for the field at fault, so the message names it. */
    private static String message(ApiError error) {
        return error.param()
                .filter(param -> !error.message().contains(param))
                .map(param -> param + ": " + error.message())
                .orElse(error.message());
    }
}
