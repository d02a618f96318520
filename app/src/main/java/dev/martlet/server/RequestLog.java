package dev.martlet.server;

import dev.martlet.access.ApiKey;
import dev.martlet.engine.GenerationRequest;
import dev.martlet.openai.Json;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import jakarta.json.JsonObjectBuilder;
import java.io.PrintStream;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A line of JSON for each request: when, whose, what for, how it ended, how many tokens and how long. No text of prompts,
 * unless that is asked for, and none of answers. Safe from any thread.
 */
public final class RequestLog {
    private static final RequestLog NONE = new RequestLog(Optional.empty(), false);
    private static final HeaderName TRACE_PARENT = HeaderNames.create("traceparent");

    private final Optional<PrintStream> out;
    private final boolean prompts;

    /** Whoever writes a line. */
    private final ReentrantLock lock = new ReentrantLock();

    private RequestLog(Optional<PrintStream> out, boolean prompts) {
        this.out = out;
        this.prompts = prompts;
    }

    /** Nothing is logged. */
    public static RequestLog none() {
        return NONE;
    }

    /**
     * A log to this stream, in UTF-8.
     *
     * @param prompts whether the text of prompts goes there as well
     */
    public static RequestLog to(PrintStream out, boolean prompts) {
        return new RequestLog(Optional.of(Objects.requireNonNull(out, "out")), prompts);
    }

    /** What writes the lines; empty where nothing is logged. */
    Optional<RequestListener> listener() {
        return out.map(stream -> (note, request, response) -> write(stream, line(note, request, response)));
    }

    private void write(PrintStream stream, String line) {
        lock.lock();
        try {
            stream.print(line + "\n");
            stream.flush();
        } finally {
            lock.unlock();
        }
    }

    private String line(RequestNote note, RoutingRequest request, RoutingResponse response) {
        JsonObjectBuilder line = Json.builders()
                .createObjectBuilder()
                .add("time", Instant.now().toString())
                .add("request_id", response.headers().first(RequestIds.HEADER).orElse(""));
        request.headers()
                .first(TRACE_PARENT)
                .flatMap(TraceParent::of)
                .ifPresent(trace -> line.add("trace_id", trace.traceId()));
        request.context().get(ApiKey.class).ifPresent(key -> line.add("key", key.name()));
        line.add("method", request.prologue().method().text()).add("route", Metrics.route(request));
        if (response.isSent()) {
            line.add("status", response.status().code());
        } else {
            line.addNull("status");
        }
        note.job().ifPresent(job -> describe(line, job));
        note.input().ifPresent(read -> line.add("model", read.model()).add("prompt_tokens", read.tokens()));
        note.answer().ifPresent(answer -> describe(line, note, answer));
        return line.add("total_ms", EngineView.millis(note.until(System.nanoTime())))
                .build()
                .toString();
    }

    private void describe(JsonObjectBuilder line, Job job) {
        line.add("model", job.model().card().id()).add("stream", job.settings().stream());
        if (prompts) {
            GenerationRequest first = job.generations().getFirst();
            line.add("prompt", job.model().text(first.prompt()));
        }
    }

    private static void describe(JsonObjectBuilder line, RequestNote note, Answer answer) {
        line.add("prompt_tokens", answer.usage().promptTokens())
                .add("cached_tokens", answer.usage().cachedTokens())
                .add("completion_tokens", answer.usage().completionTokens());
        answer.queueWait().ifPresent(wait -> line.add("queue_ms", EngineView.millis(wait)));
        answer.firstToken().ifPresent(moment -> line.add("ttft_ms", EngineView.millis(note.until(moment))));
        line.add("finish_reasons", Json.builders().createArrayBuilder(answer.finishReasons()));
    }
}
