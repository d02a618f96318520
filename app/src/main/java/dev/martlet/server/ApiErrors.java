package dev.martlet.server;

import dev.martlet.anthropic.Errors;
import dev.martlet.chat.template.TemplateException;
import dev.martlet.engine.EngineException;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.ApiException;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.Method;
import io.helidon.http.RequestException;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.time.Duration;

/** The one place that turns any failure into an error of the wire. */
final class ApiErrors {
    private static final System.Logger LOG = System.getLogger(ApiErrors.class.getName());

    /** Where nothing is known. */
    private static final Duration QUEUE_RETRY = Duration.ofSeconds(1);

    private static final Duration LEAST_RETRY = Duration.ofMillis(100);

    /** SDKs honour it; they would try a request again that took too long, twice. */
    private static final String SHOULD_RETRY = "x-should-retry";

    /** Paths from here on speak Anthropic's wire, all others OpenAI's. */
    private static final String ANTHROPIC = "/v1/messages";

    private ApiErrors() {}

    /** The error a client sees for a failure. */
    static ApiError of(Throwable failure) {
        return switch (failure) {
            case ApiException e -> e.error();
            case EngineException e -> of(e);
            case HttpException e -> ofStatus(e.status());
            case RequestException e -> ofStatus(e.status());
            default -> unexpected(failure);
        };
    }

    /** @param param where the conversation that the template refuses is in the request */
    static ApiError of(TemplateException failure, String param) {
        return failure.kind() == TemplateException.Cause.SYNTAX
                ? unexpected(failure)
                : ApiError.invalid(
                        param,
                        "template_error",
                        "The model's chat template refuses these messages: " + failure.detail());
    }

    private static ApiError of(EngineException failure) {
        return switch (failure.kind()) {
            case QUEUE_FULL ->
                ApiError.overloaded(
                        "queue_full", "The server is busy: its queue is full. Please retry later.", wait(failure));
            case QUEUE_TOKENS_FULL ->
                ApiError.overloaded(
                        "queue_tokens_full",
                        "The server is busy: its queue has no room for the tokens of this request. Please retry later.",
                        wait(failure));
            case TENANT_QUEUE_FULL ->
                ApiError.overloaded(
                        "key_queue_full",
                        "As many requests of this key are waiting as may. Please retry later.",
                        wait(failure));
            // A prompt that leaves no room was refused by its field's name before; the engine knows no fields.
            case PROMPT_TOO_LONG -> ApiError.http(400, "context_length_exceeded", failure.getMessage());
            case SHUTDOWN -> shuttingDown();
            case CONSTRAINT ->
                ApiError.invalid("The answer cannot go on as the request constrains it: " + failure.getMessage());
            case NATIVE -> unexpected(failure);
        };
    }

    /** As foretold, but no client is to come back in no time at all. */
    private static Duration wait(EngineException failure) {
        return failure.retryAfter()
                .filter(foretold -> !foretold.isZero())
                .map(foretold -> foretold.compareTo(LEAST_RETRY) < 0 ? LEAST_RETRY : foretold)
                .orElse(QUEUE_RETRY);
    }

    static ApiError shuttingDown() {
        return ApiError.unavailable("shutting_down", "The server is shutting down.", Duration.ofSeconds(5));
    }

    static ApiError loading() {
        return ApiError.unavailable("model_loading", "The model is still loading.", Duration.ofSeconds(2));
    }

    /** What a status of Helidon's own means; its texts stay inside. */
    private static ApiError ofStatus(Status status) {
        return switch (status.code()) {
            case 404 -> ApiError.http(404, "not_found", "There is nothing at this path.");
            case 505 -> ApiError.http(505, "http_version", "Only HTTP/1.1 is spoken here.");
            case 413 -> ApiError.http(413, "request_too_large", "The request body is too large.");
            case 503 -> ApiError.overloaded(QUEUE_RETRY);
            default ->
                status.code() < 500
                        ? ApiError.http(status.code(), "bad_request", "The request is not valid HTTP.")
                        : ApiError.internal(status.code(), "internal_error", "The server failed.");
        };
    }

    /** The details are for the log alone. */
    private static ApiError unexpected(Throwable failure) {
        LOG.log(System.Logger.Level.ERROR, "a request failed", failure);
        return ApiError.internal(500, "internal_error", "The server failed to answer this request.");
    }

    /** Sends an error as the whole answer, in the shape that the path's clients know. */
    static void send(ServerRequest request, ServerResponse response, ApiError error) {
        request.context().get(RequestNote.class).ifPresent(note -> note.failed(error));
        boolean anthropic = isAnthropic(request.prologue().uriPath().rawPath());
        response.status(anthropic ? Errors.status(error) : error.status());
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        error.retryAfter().ifPresent(wait -> {
            long millis = wait.toMillis();
            response.header(HeaderNames.RETRY_AFTER, Long.toString(Math.max(1, (millis + 999) / 1000)));
            response.header("retry-after-ms", Long.toString(millis));
        });
        if (error.status() == Status.GATEWAY_TIMEOUT_504.code()) {
            response.header(SHOULD_RETRY, "false");
        }
        RequestBody.discard(request, response);
        if (request.prologue().method().equals(Method.HEAD)) {
            response.send();
        } else {
            response.send(anthropic ? Errors.body(error) : error.body());
        }
    }

    private static boolean isAnthropic(String path) {
        return path.equals(ANTHROPIC) || path.startsWith(ANTHROPIC + "/") || path.startsWith(ANTHROPIC + "?");
    }

    /** The handler; what it throws is sent, and a client that has gone gets nothing. */
    static Handler guarding(Handler handler) {
        return (request, response) -> {
            try {
                handle(handler, request, response);
            } catch (UncheckedIOException | DataReader.InsufficientDataAvailableException e) {
                throw new CloseConnectionException("the client has gone", e);
            }
        };
    }

    private static void handle(Handler handler, ServerRequest request, ServerResponse response) {
        try {
            if (!request.prologue().method().equals(Method.POST)) {
                RequestBody.discard(request, response);
            }
            handler.handle(request, response);
        } catch (CloseConnectionException | UncheckedIOException | DataReader.InsufficientDataAvailableException e) {
            throw e;
        } catch (Exception | Error e) {
            send(request, response, of(e));
        }
    }

    /** Sends what a filter threw. */
    private static void handle(ServerRequest request, ServerResponse response, Throwable failure) {
        send(request, response, of(failure));
    }

    /** Errors of filters, and of Helidon's own between them. */
    static void install(HttpRouting.Builder routing) {
        // Helidon looks for a class's own handler first, so its exceptions do not fall to the last line.
        routing.error(ApiException.class, ApiErrors::handle);
        routing.error(HttpException.class, ApiErrors::handle);
        routing.error(Throwable.class, ApiErrors::handle);
    }

    /** Errors of requests that reach no handler: bad HTTP, too many at once. */
    static DirectHandlers directHandlers() {
        DirectHandler handler = new DirectHandler() {
            @Override
            public TransportResponse handle(
                    TransportRequest request,
                    EventType type,
                    Status status,
                    ServerResponseHeaders headers,
                    String message) {
                // Helidon takes what ends within its head for a failure of its own.
                boolean noRequest = request.path().isEmpty() && type == EventType.INTERNAL_ERROR;
                Status told = noRequest ? Status.BAD_REQUEST_400 : status;
                ApiError error = ofStatus(told);
                headers.set(HeaderValues.CONTENT_TYPE_JSON);
                return TransportResponse.builder()
                        .status(told)
                        .headers(headers)
                        .keepAlive(false)
                        .entity(body(request, error))
                        .build();
            }

            private byte[] body(TransportRequest request, ApiError error) {
                if (request.method().equals(Method.HEAD.text())) {
                    return new byte[0];
                }
                return isAnthropic(request.path()) ? Errors.body(error) : error.body();
            }
        };
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
            handlers.addHandler(type, handler);
        }
        return handlers.build();
    }
}
