package dev.martlet.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.toolcall.ChatEvent;
import dev.martlet.openai.AnswerEnd;
import dev.martlet.openai.AnswerSink;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.Json;
import dev.martlet.openai.UsageReport;
import jakarta.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessageStreamTest {
    private static final MessageHead HEAD = new MessageHead("msg_1", "tiny", 10, false);
    private static final UsageReport USAGE = new UsageReport(10, 4, 20, 5);
    private static final String TOLD =
            "\"usage\":{\"input_tokens\":6,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":4,"
                    + "\"output_tokens\":20,\"output_tokens_details\":{\"thinking_tokens\":5}}";

    private static void answer(AnswerSink sink, AnswerEnd end) {
        sink.begin(0);
        for (ChatEvent event : List.of(
                new ChatEvent.Reasoning("\nhm"),
                new ChatEvent.Content("\n\n"),
                new ChatEvent.Content("H\u00e9"),
                new ChatEvent.Content(" \"x\"\n"),
                new ChatEvent.CallBegin(0, "call_a", "f"),
                new ChatEvent.CallArguments(0, "{\"x\":"),
                new ChatEvent.CallArguments(0, "1}"),
                new ChatEvent.CallEnd(0, true),
                new ChatEvent.CallBegin(1, "functions.g:1", "g"),
                new ChatEvent.CallArguments(1, "{\"y"),
                new ChatEvent.CallEnd(1, end != AnswerEnd.LENGTH))) {
            sink.event(0, event, List.of());
        }
        sink.end(0, end);
    }

    private static String sent(MessageStream stream) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            stream.sendTo(out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String event(String type, String members) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + members + "}\n\n";
    }

    private static String start(int index, String block) {
        return event("content_block_start", ",\"index\":" + index + ",\"content_block\":" + block);
    }

    private static String delta(int index, String type, String member, String json) {
        return event(
                "content_block_delta",
                ",\"index\":" + index + ",\"delta\":{\"type\":\"" + type + "\",\"" + member + "\":" + json + "}");
    }

    private static String stop(int index) {
        return event("content_block_stop", ",\"index\":" + index);
    }

    private static String toolUse(String id, String name, String input) {
        return "{\"type\":\"tool_use\",\"id\":\"" + id + "\",\"name\":\"" + name
                + "\",\"caller\":{\"type\":\"direct\"},\"input\":" + input + "}";
    }

    @Test
    void shouldTellTheEventsInTheirOrder() {
        MessageStream stream = new MessageStream(HEAD);
        answer(stream, AnswerEnd.TOOL_CALLS);
        stream.finish(USAGE);
        assertThat(sent(stream))
                .isEqualTo(event(
                                "message_start",
                                ",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","
                                        + "\"model\":\"tiny\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
                                        + "\"usage\":{\"input_tokens\":10,\"cache_creation_input_tokens\":0,"
                                        + "\"cache_read_input_tokens\":0,\"output_tokens\":0,"
                                        + "\"output_tokens_details\":{\"thinking_tokens\":0}}}")
                        + event("ping", "")
                        + start(0, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
                        + delta(0, "thinking_delta", "thinking", "\"hm\"")
                        + delta(0, "signature_delta", "signature", "\"\"")
                        + stop(0)
                        + start(1, "{\"type\":\"text\",\"text\":\"\"}")
                        + delta(1, "text_delta", "text", "\"H\u00e9\"")
                        + delta(1, "text_delta", "text", "\" \\\"x\\\"\"")
                        + stop(1)
                        + start(2, toolUse("toolu_a", "f", "{}"))
                        + delta(2, "input_json_delta", "partial_json", "\"{\\\"x\\\":\"")
                        + delta(2, "input_json_delta", "partial_json", "\"1}\"")
                        + stop(2)
                        + start(3, toolUse("functions.g:1", "g", "{}"))
                        + delta(3, "input_json_delta", "partial_json", "\"{\\\"y\"")
                        + stop(3)
                        + event(
                                "message_delta",
                                ",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null}," + TOLD)
                        + event("message_stop", ""));
    }

    @Test
    void shouldFoldToOneMessage() {
        MessageBody body = new MessageBody(HEAD);
        answer(body, AnswerEnd.LENGTH);
        assertThat(new String(body.body(USAGE), StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"tiny\",\"content\":["
                                + "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"\"},"
                                + "{\"type\":\"text\",\"text\":\"H\u00e9 \\\"x\\\"\"},"
                                + toolUse("toolu_a", "f", "{\"x\":1}") + "," + toolUse("functions.g:1", "g", "{}")
                                + "],\"stop_reason\":\"max_tokens\",\"stop_sequence\":null," + TOLD + "}");
    }

    @ParameterizedTest
    @CsvSource({
        "STOP,false,end_turn,false",
        "STOP,true,stop_sequence,true",
        "LENGTH,false,max_tokens,false",
        "TOOL_CALLS,true,tool_use,false"
    })
    void shouldSayWhyItEnded(AnswerEnd end, boolean stopped, String reason, boolean told) {
        MessageBody body = new MessageBody(HEAD);
        body.begin(0);
        if (stopped) {
            body.stopped(0, "END");
        }
        body.end(0, end);
        JsonObject message = Json.object(body.body(USAGE));
        assertThat(message.getString("stop_reason")).isEqualTo(reason);
        assertThat(message.isNull("stop_sequence")).isEqualTo(!told);
        assertThat(message.getJsonArray("content")).isEmpty();
    }

    @Test
    void shouldKeepTheSpaceThatAnAnswerGoesOnWith() {
        MessageBody body = new MessageBody(new MessageHead("msg_1", "tiny", 10, true));
        body.begin(0);
        body.event(0, new ChatEvent.Content(" and more "), List.of());
        body.end(0, AnswerEnd.STOP);
        assertThat(Json.object(body.body(USAGE))
                        .getJsonArray("content")
                        .getJsonObject(0)
                        .getString("text"))
                .isEqualTo(" and more");
    }

    @Test
    void shouldKeepAliveByPings() {
        MessageStream stream = new MessageStream(HEAD);
        stream.keepAlive();
        assertThat(sent(stream)).isEqualTo("event: ping\ndata: {\"type\":\"ping\"}\n\n");
    }

    @Test
    void shouldTellAFailureInTheStream() {
        MessageStream stream = new MessageStream(HEAD);
        stream.error(ApiError.unavailable("shutting_down", "Bye.", Duration.ofSeconds(1)));
        assertThat(sent(stream))
                .isEqualTo(event("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Bye.\"}"));
    }

    @ParameterizedTest
    @CsvSource({
        "400,400,invalid_request_error",
        "401,401,authentication_error",
        "403,403,permission_error",
        "404,404,not_found_error",
        "405,405,invalid_request_error",
        "413,413,request_too_large",
        "429,429,rate_limit_error",
        "500,500,api_error",
        "503,529,overloaded_error",
        "504,504,timeout_error"
    })
    void shouldNameFailuresAsAnthropicDoes(int status, int told, String type) {
        ApiError error = status < 500 ? ApiError.http(status, "x", "No.") : ApiError.internal(status, "x", "No.");
        assertThat(Errors.status(error)).isEqualTo(told);
        assertThat(new String(Errors.body(error), StandardCharsets.UTF_8))
                .isEqualTo("{\"type\":\"error\",\"error\":{\"type\":\"" + type + "\",\"message\":\"No.\"}}");
    }

    @Test
    void shouldNameTheFieldInTheMessage() {
        assertThat(new String(Errors.body(ApiError.invalid("a[0].b", "c", "No.")), StandardCharsets.UTF_8))
                .contains("\"a[0].b: No.\"");
        assertThat(new String(Errors.body(ApiError.invalid("a[0].b", "c", "No 'a[0].b'.")), StandardCharsets.UTF_8))
                .contains("\"No 'a[0].b'.\"");
    }
}
