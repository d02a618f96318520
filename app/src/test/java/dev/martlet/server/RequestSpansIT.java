package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.junit5.OpenTelemetryExtension;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.File;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A span for each request for generated text, where OpenTelemetry is on the class path. */
@Timeout(120)
class RequestSpansIT {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";

    /** Registered globally, as an application would; begins each test without spans. */
    @RegisterExtension
    static final OpenTelemetryExtension TELEMETRY = OpenTelemetryExtension.create();

    private static ServerRig start() {
        return ServerRig.start(prompt -> "an answer");
    }

    /** The spans, once there are so many: one is made when its answer is out, so that its client may be faster. */
    private static List<SpanData> spans(int count) {
        ServerRig.await(count + " spans", () -> TELEMETRY.getSpans().size() >= count);
        assertThat(TELEMETRY.getSpans()).hasSize(count);
        return TELEMETRY.getSpans();
    }

    private static String text(SpanData span, String attribute) {
        return span.getAttributes().get(AttributeKey.stringKey(attribute));
    }

    private static Long number(SpanData span, String attribute) {
        return span.getAttributes().get(AttributeKey.longKey(attribute));
    }

    private static Double decimal(SpanData span, String attribute) {
        return span.getAttributes().get(AttributeKey.doubleKey(attribute));
    }

    private static List<String> texts(SpanData span, String attribute) {
        return span.getAttributes().get(AttributeKey.stringArrayKey(attribute));
    }

    private static List<String> names(SpanData span) {
        return span.getAttributes().asMap().keySet().stream()
                .map(AttributeKey::getKey)
                .toList();
    }

    @Test
    void shouldTellWhatWasAskedAndWhatItTook() {
        Instant before = Instant.now();
        try (ServerRig rig = start()) {
            rig.send(HttpRequest.newBuilder(rig.uri("/v1/chat/completions"))
                    .header("traceparent", "00-" + TRACE + "-" + PARENT + "-01")
                    .header("tracestate", "one=1")
                    .header("tracestate", "two=2")
                    .header("x-request-id", "mine-1")
                    .POST(BodyPublishers.ofString(ServerRig.body(
                            "a secret question",
                            "\"model\":\"theirs\",\"max_tokens\":50,\"temperature\":0.5,\"top_p\":0.25,\"top_k\":7,"
                                    + "\"seed\":11,\"frequency_penalty\":0.125,\"presence_penalty\":0.375,\"n\":2")))
                    .build());
            SpanData span = spans(1).getFirst();
            assertThat(span.getName()).isEqualTo("chat " + ServerRig.MODEL);
            assertThat(span.getKind()).isEqualTo(SpanKind.SERVER);
            assertThat(span.getTraceId()).isEqualTo(TRACE);
            assertThat(span.getParentSpanId()).isEqualTo(PARENT);
            assertThat(span.getParentSpanContext().isRemote()).isTrue();
            assertThat(span.getSpanContext().getTraceState().asMap()).containsOnlyKeys("one", "two");
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
            assertThat(span.getInstrumentationScopeInfo().getName()).isEqualTo("dev.martlet");
            assertThat(text(span, "gen_ai.operation.name")).isEqualTo("chat");
            assertThat(text(span, "gen_ai.provider.name")).isEqualTo("martlet");
            assertThat(text(span, "gen_ai.request.model")).isEqualTo("theirs");
            assertThat(text(span, "gen_ai.response.model")).isEqualTo(ServerRig.MODEL);
            assertThat(number(span, "gen_ai.request.max_tokens")).isEqualTo(50);
            assertThat(number(span, "gen_ai.request.choice.count")).isEqualTo(2);
            assertThat(number(span, "gen_ai.request.seed")).isEqualTo(11);
            assertThat(decimal(span, "gen_ai.request.temperature")).isEqualTo(0.5);
            assertThat(decimal(span, "gen_ai.request.top_p")).isEqualTo(0.25);
            assertThat(decimal(span, "gen_ai.request.top_k")).isEqualTo(7);
            assertThat(decimal(span, "gen_ai.request.frequency_penalty")).isEqualTo(0.125);
            assertThat(decimal(span, "gen_ai.request.presence_penalty")).isEqualTo(0.375);
            assertThat(number(span, "gen_ai.usage.input_tokens"))
                    .isEqualTo(ServerRig.promptTokens("a secret question"));
            assertThat(number(span, "gen_ai.usage.output_tokens")).isEqualTo(2 * "an answer".length());
            assertThat(texts(span, "gen_ai.response.finish_reasons")).containsExactly("stop", "stop");
            assertThat(text(span, "http.request.method")).isEqualTo("POST");
            assertThat(text(span, "http.route")).isEqualTo("/v1/chat/completions");
            assertThat(number(span, "http.response.status_code")).isEqualTo(200);
            assertThat(texts(span, "http.response.header.x-request-id")).containsExactly("mine-1");
            assertThat(names(span)).doesNotContain("error.type");
            double queue = decimal(span, "gen_ai.latency.time_in_queue");
            double first = decimal(span, "gen_ai.latency.time_to_first_token");
            double total = Duration.ofNanos(span.getEndEpochNanos() - span.getStartEpochNanos())
                            .toNanos()
                    / 1e9;
            assertThat(queue).isNotNegative().isLessThanOrEqualTo(first);
            assertThat(first).isPositive().isLessThanOrEqualTo(total);
            assertThat(Instant.ofEpochSecond(0, span.getStartEpochNanos())).isBetween(before, Instant.now());
            assertThat(span.toString()).doesNotContain("secret").doesNotContain("an answer");
        }
    }

    @Test
    void shouldLeaveOutWhatTheRequestDoesNotSay() {
        try (ServerRig rig = start()) {
            // A span ends a moment after its answer: the next request may be faster.
            rig.post("/v1/completions", "{\"prompt\":\"once\",\"stream\":true}");
            spans(1);
            rig.get("/v1/models");
            rig.post("/tokenize", "{\"prompt\":\"once\"}");
            rig.post("/v1/responses", "{\"input\":\"hi\"}");
            spans(2);
            rig.post(
                    "/v1/messages",
                    "{\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"model\":\"m\"}");
            List<SpanData> spans = spans(3);
            SpanData text = spans.get(0);
            assertThat(text.getName()).isEqualTo("text_completion " + ServerRig.MODEL);
            assertThat(text.getParentSpanContext().isValid()).isFalse();
            assertThat(text.getAttributes().get(AttributeKey.booleanKey("gen_ai.request.stream")))
                    .isTrue();
            assertThat(text(text, "gen_ai.operation.name")).isEqualTo("text_completion");
            assertThat(names(text))
                    .doesNotContain("error.type", "gen_ai.request.model", "gen_ai.request.choice.count")
                    .doesNotContain("gen_ai.request.max_tokens", "gen_ai.request.temperature", "gen_ai.request.seed");
            assertThat(spans.stream().map(span -> text(span, "http.route")))
                    .containsExactly("/v1/completions", "/v1/responses", "/v1/messages");
            assertThat(texts(spans.get(2), "gen_ai.response.finish_reasons")).containsExactly("length");
        }
    }

    @Test
    void shouldTellWhyARequestFailed() {
        try (ServerRig rig = ServerRig.start(prompt -> {
            throw new IllegalStateException("a bug of the test's model");
        })) {
            rig.post("{\"temperature\":9}");
            SpanData refused = spans(1).getFirst();
            assertThat(refused.getName()).isEqualTo("chat");
            assertThat(number(refused, "http.response.status_code")).isEqualTo(400);
            assertThat(text(refused, "error.type")).isNotBlank().isNotEqualTo("cancelled");
            assertThat(refused.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
            assertThat(names(refused)).doesNotContain("gen_ai.response.model", "gen_ai.usage.output_tokens");

            rig.post(ServerRig.body("hi", ""));
            SpanData broken = spans(2).getLast();
            assertThat(number(broken, "http.response.status_code")).isEqualTo(500);
            assertThat(text(broken, "error.type")).isEqualTo("internal_error");
            assertThat(broken.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
            assertThat(texts(broken, "gen_ai.response.finish_reasons")).isEmpty();
        }
    }

    @Test
    void shouldTellWhyAStreamEndedEarly() {
        // How soon an answer without tokens notices that it is no longer wanted.
        ServerConfig config = ServerRig.config().withKeepAlive(Duration.ofMillis(20));
        try (ServerRig rig = ServerRig.start(config, prompt -> "a long story")) {
            Gate gate = rig.gate();
            try (RawClient client = rig.raw()) {
                client.post(ServerRig.body("hi", "\"stream\":true"));
                ServerRig.await("a running request", () -> gate.holds() && rig.server.running() == 1);
            }
            SpanData left = spans(1).getFirst();
            assertThat(text(left, "error.type")).isEqualTo("cancelled");
            assertThat(names(left)).doesNotContain("gen_ai.latency.time_to_first_token");
            try (RawClient client = rig.raw()) {
                client.post(ServerRig.body("hi", "\"stream\":true"));
                ServerRig.await("a running request", () -> rig.server.running() == 1);
                rig.server.close();
                SpanData ended = spans(2).getLast();
                assertThat(text(ended, "error.type")).isEqualTo("shutting_down");
                assertThat(ended.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
            }
        }
    }

    /** The process: a server that answers one request, and says whether it makes spans. No class of theirs is touched here. */
    static final class Main {
        public static void main(String[] args) {
            try (ServerRig rig = ServerRig.start(prompt -> "an answer")) {
                int status = rig.post(ServerRig.body("hi", "")).statusCode();
                System.out.println(status + (Tracing.ofClassPath().isPresent() ? " with spans" : " without spans"));
            }
        }
    }

    @Test
    void shouldServeWithoutTheApiToo() throws Exception {
        assertThat(answerOf("opentelemetry-.*\\.jar")).isEqualTo("200 without spans\n");
        assertThat(answerOf("opentelemetry-context-.*\\.jar"))
                .as("a part of the API alone")
                .isEqualTo("200 without spans\n");
    }

    /** What the process says without the files of such names on its class path. */
    private static String answerOf(String without) throws Exception {
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).getFileName().toString().matches(without))
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classPath,
                        Main.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("gone in time").isTrue();
            return out;
        } finally {
            process.destroyForcibly();
        }
    }
}
