package dev.martlet.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.toolcall.ChatEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunkWriterTest {
    private static final String HEAD =
            "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"tiny\","
                    + "\"system_fingerprint\":\"b1\",\"choices\":[";

    private static AnswerHeader header(boolean logprobs, boolean functionsForm) {
        return new AnswerHeader(
                "chatcmpl-1", Instant.ofEpochSecond(1_700_000_000), "tiny", "b1", logprobs, functionsForm);
    }

    private static String sent(ChunkWriter writer) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            writer.sendTo(out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        assertThat(writer.pending()).isZero();
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String chunk(int index, String delta) {
        return "data: " + HEAD + "{\"index\":" + index + ",\"delta\":" + delta
                + ",\"logprobs\":null,\"finish_reason\":null}]}\n\n";
    }

    @Test
    void shouldWriteATextAnswer() {
        ChunkWriter writer = new ChunkWriter(header(false, false), false);
        writer.begin(0);
        writer.event(0, new ChatEvent.Content("H\u00e9\n"), List.of());
        writer.end(0, AnswerEnd.STOP);
        writer.finish(new UsageReport(7, 3, 2, 1));
        assertThat(sent(writer))
                .isEqualTo(chunk(0, "{\"role\":\"assistant\",\"content\":\"\"}")
                        + chunk(0, "{\"content\":\"H\u00e9\\n\"}")
                        + "data: " + HEAD
                        + "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n"
                        + "data: [DONE]\n\n");
    }

    @Test
    void shouldNameACallOnceOnly() {
        ChunkWriter writer = new ChunkWriter(header(false, false), false);
        writer.event(1, new ChatEvent.CallBegin(0, "call_a", "f"), List.of());
        writer.event(1, new ChatEvent.CallArguments(0, "{\"x\":"), List.of());
        writer.event(1, new ChatEvent.CallArguments(0, "1}"), List.of());
        writer.event(1, new ChatEvent.CallEnd(0, true), List.of());
        writer.event(1, new ChatEvent.CallBegin(1, "call_b", "g"), List.of());
        writer.event(1, new ChatEvent.CallArguments(1, "{}"), List.of());
        assertThat(sent(writer))
                .isEqualTo(chunk(
                                1,
                                "{\"tool_calls\":[{\"index\":0,\"id\":\"call_a\",\"type\":\"function\","
                                        + "\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}")
                        + chunk(1, "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":\"}}]}")
                        + chunk(1, "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}")
                        + chunk(
                                1,
                                "{\"tool_calls\":[{\"index\":1,\"id\":\"call_b\",\"type\":\"function\","
                                        + "\"function\":{\"name\":\"g\",\"arguments\":\"\"}}]}")
                        + chunk(1, "{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"{}\"}}]}"));
    }

    @Test
    void shouldSpeakTheOldForm() {
        ChunkWriter writer = new ChunkWriter(header(false, true), false);
        writer.event(0, new ChatEvent.CallBegin(0, "call_a", "f"), List.of());
        writer.event(0, new ChatEvent.CallArguments(0, "{}"), List.of());
        writer.end(0, AnswerEnd.FUNCTION_CALL);
        assertThat(sent(writer))
                .startsWith(chunk(0, "{\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}}")
                        + chunk(0, "{\"function_call\":{\"arguments\":\"{}\"}}"))
                .endsWith("\"finish_reason\":\"function_call\"}]}\n\n");
    }

    @Test
    void shouldGiveReasoningUnderBothNames() {
        ChunkWriter writer = new ChunkWriter(header(false, false), false);
        writer.event(0, new ChatEvent.Reasoning("hm"), List.of());
        assertThat(sent(writer)).isEqualTo(chunk(0, "{\"reasoning_content\":\"hm\",\"reasoning\":\"hm\"}"));
    }

    @Test
    void shouldPutUsageIntoALastChunkOnly() {
        ChunkWriter writer = new ChunkWriter(header(false, false), true);
        writer.event(0, new ChatEvent.Content("a"), List.of());
        writer.end(0, AnswerEnd.LENGTH);
        writer.finish(new UsageReport(7, 3, 2, 1));
        assertThat(sent(writer))
                .isEqualTo("data: " + HEAD
                        + "{\"index\":0,\"delta\":{\"content\":\"a\"},\"logprobs\":null,\"finish_reason\":null}],"
                        + "\"usage\":null}\n\n"
                        + "data: " + HEAD
                        + "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"length\"}],"
                        + "\"usage\":null}\n\n"
                        + "data: " + HEAD + "],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,"
                        + "\"total_tokens\":9,\"prompt_tokens_details\":{\"cached_tokens\":3,\"audio_tokens\":0},"
                        + "\"completion_tokens_details\":{\"reasoning_tokens\":1,\"audio_tokens\":0,"
                        + "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}}\n\n"
                        + "data: [DONE]\n\n");
    }

    @Test
    void shouldWriteLogprobs() {
        ChunkWriter writer = new ChunkWriter(header(true, false), false);
        TokenLogprob best = new TokenLogprob(new byte[] {'a'}, -0.5f, List.of());
        TokenLogprob never = new TokenLogprob(new byte[] {(byte) 0xC3}, Float.NEGATIVE_INFINITY, List.of());
        writer.event(
                0,
                new ChatEvent.Content("a"),
                List.of(new TokenLogprob(new byte[] {'a'}, -0.5f, List.of(best, never))));
        assertThat(sent(writer))
                .contains(
                        "\"logprobs\":{\"content\":[{\"token\":\"a\",\"logprob\":-0.5,\"bytes\":[97],\"top_logprobs\":["
                                + "{\"token\":\"a\",\"logprob\":-0.5,\"bytes\":[97]},"
                                + "{\"token\":\"\ufffd\",\"logprob\":-9999.0,\"bytes\":[195]}]}],\"refusal\":null},"
                                + "\"finish_reason\":null");
    }

    @Test
    void shouldNameAnErrorEvent() {
        ChunkWriter writer = new ChunkWriter(header(false, false), false);
        writer.keepAlive();
        writer.error(ApiError.overloaded(Duration.ofSeconds(1)));
        assertThat(sent(writer))
                .isEqualTo(": keep-alive\n\nevent: error\ndata: {\"error\":{\"message\":\"The server is busy."
                        + " Please retry later.\",\"type\":\"rate_limit_error\",\"param\":null,"
                        + "\"code\":\"server_busy\"}}\n\n");
    }

    @Test
    void shouldNeverWriteAnErrorMemberInGoodChunks() {
        ChunkWriter writer = new ChunkWriter(header(true, false), true);
        writer.begin(0);
        writer.event(0, new ChatEvent.Reasoning("r"), List.of());
        writer.event(0, new ChatEvent.Content("c"), List.of());
        writer.end(0, AnswerEnd.STOP);
        writer.finish(new UsageReport(1, 0, 1, 0));
        assertThat(sent(writer)).doesNotContain("\"error\"");
    }
}
