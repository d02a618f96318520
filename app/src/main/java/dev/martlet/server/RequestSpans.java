package dev.martlet.server;

import dev.martlet.openai.ApiError;
import dev.martlet.openai.Fields;
import dev.martlet.openai.GenerationSettings;
import dev.martlet.openai.SamplingFields;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Makes a span of OpenTelemetry of each request for generated text, when it has ended, so that samplers see all of its
 * attributes. They are those of the semantic conventions for generative AI and for HTTP; times, in seconds, have vLLM's
 * names. No text of prompts or answers is among them. Not to be touched where the API is not on the class path:
 * {@link Tracing}.
 */
final class RequestSpans implements RequestListener {
    private static final AttributeKey<List<String>> REQUEST_ID =
            AttributeKey.stringArrayKey("http.response.header.x-request-id");
    private static final AttributeKey<List<String>> FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

    /** In the place of an error's code, when the client left before the end. */
    private static final String CANCELLED = "cancelled";

    private final Tracer tracer;

    private RequestSpans(Tracer tracer) {
        this.tracer = tracer;
    }

    /** Spans for what is registered with {@link GlobalOpenTelemetry} by now, or what that then finds by itself. */
    static RequestSpans ofGlobal() {
        String version = RequestSpans.class.getPackage().getImplementationVersion();
        return new RequestSpans(GlobalOpenTelemetry.get()
                .tracerBuilder("dev.martlet")
                .setInstrumentationVersion(version == null ? "" : version)
                .build());
    }

    @Override
    public void ended(RequestNote note, RoutingRequest request, RoutingResponse response) {
        note.operation().ifPresent(operation -> tell(operation, note, request, response));
    }

    private void tell(String operation, RequestNote note, RoutingRequest request, RoutingResponse response) {
        Duration total = note.until(System.nanoTime());
        AttributesBuilder attributes = Attributes.builder();
        attributes.put("gen_ai.operation.name", operation).put("gen_ai.provider.name", "martlet");
        http(attributes, request, response);
        note.job().ifPresent(job -> asked(attributes, job));
        note.answer().ifPresent(answer -> answered(attributes, note, answer));
        failure(note, response).ifPresent(type -> attributes.put("error.type", type));

        Context parent = parent(Context.current(), request.headers());
        Span span = tracer.spanBuilder(name(operation, note))
                .setParent(parent)
                .setSpanKind(kind(parent))
                .setStartTimestamp(note.time())
                .setAllAttributes(attributes.build())
                .startSpan();
        // As OpenTelemetry has it, a client's own mistake is no error of a server's span.
        note.failure()
                .filter(error -> error.status() >= 500)
                .ifPresent(error -> span.setStatus(StatusCode.ERROR, error.message()));
        span.end(note.time().plus(total));
    }

    /** What the headers tell, unless there is a span here already: of an agent that follows HTTP and has read them. */
    static Context parent(Context here, ServerRequestHeaders headers) {
        return Span.fromContext(here).getSpanContext().isValid()
                ? here
                : W3CTraceContextPropagator.getInstance().extract(Context.root(), headers, RequestSpans::header);
    }

    static SpanKind kind(Context parent) {
        SpanContext of = Span.fromContext(parent).getSpanContext();
        return of.isValid() && !of.isRemote() ? SpanKind.INTERNAL : SpanKind.SERVER;
    }

    /** A list may be spread over several headers; a {@code traceparent} that is a list is not valid, as it must be. */
    private static String header(ServerRequestHeaders headers, String name) {
        HeaderName header = HeaderNames.create(name);
        return headers.contains(header) ? String.join(",", headers.values(header)) : null;
    }

    /** With the model that answers: what clients call it is any text where any name will do. */
    private static String name(String operation, RequestNote note) {
        return note.job().map(job -> operation + " " + job.model().card().id()).orElse(operation);
    }

    private static void http(AttributesBuilder attributes, RoutingRequest request, RoutingResponse response) {
        attributes.put("http.request.method", request.prologue().method().text());
        attributes.put("http.route", Metrics.route(request));
        if (response.isSent()) {
            attributes.put("http.response.status_code", response.status().code());
        }
        response.headers().first(RequestIds.HEADER).ifPresent(id -> attributes.put(REQUEST_ID, List.of(id)));
    }

    private static void asked(AttributesBuilder attributes, Job job) {
        GenerationSettings settings = job.settings();
        settings.model().ifPresent(model -> attributes.put("gen_ai.request.model", Fields.shorten(model)));
        attributes.put("gen_ai.response.model", job.model().card().id());
        attributes.put("gen_ai.request.stream", settings.stream());
        settings.maxTokens().ifPresent(tokens -> attributes.put("gen_ai.request.max_tokens", tokens));
        if (job.choicesPerPrompt() > 1) {
            attributes.put("gen_ai.request.choice.count", job.choicesPerPrompt());
        }
        SamplingFields sampling = settings.sampling();
        sampling.temperature().ifPresent(value -> attributes.put("gen_ai.request.temperature", value));
        sampling.topP().ifPresent(value -> attributes.put("gen_ai.request.top_p", value));
        sampling.topK().ifPresent(value -> attributes.put("gen_ai.request.top_k", (double) value));
        sampling.frequencyPenalty().ifPresent(value -> attributes.put("gen_ai.request.frequency_penalty", value));
        sampling.presencePenalty().ifPresent(value -> attributes.put("gen_ai.request.presence_penalty", value));
        sampling.seed().ifPresent(value -> attributes.put("gen_ai.request.seed", value));
    }

    private static void answered(AttributesBuilder attributes, RequestNote note, Answer answer) {
        attributes.put("gen_ai.usage.input_tokens", answer.usage().promptTokens());
        attributes.put("gen_ai.usage.cache_read.input_tokens", answer.usage().cachedTokens());
        attributes.put("gen_ai.usage.output_tokens", answer.usage().completionTokens());
        attributes.put(FINISH_REASONS, answer.finishReasons());
        answer.queueWait().ifPresent(wait -> attributes.put("gen_ai.latency.time_in_queue", seconds(wait)));
        answer.firstToken()
                .ifPresent(moment -> attributes.put("gen_ai.latency.time_to_first_token", seconds(note.until(moment))));
    }

    private static Optional<String> failure(RequestNote note, RoutingResponse response) {
        boolean whole = response.isSent()
                && note.job().isPresent()
                && note.answer().isPresent()
                && note.answer().get().finishReasons().size()
                        == note.job().get().generations().size();
        return note.failure().map(RequestSpans::type).or(() -> whole ? Optional.empty() : Optional.of(CANCELLED));
    }

    private static String type(ApiError error) {
        return error.code().orElse(error.type());
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }
}
