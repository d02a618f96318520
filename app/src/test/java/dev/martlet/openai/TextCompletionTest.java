package dev.martlet.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.toolcall.ChatEvent;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The two shapes of a completion of plain text: a body, and a stream. */
class TextCompletionTest {
    private static final String HEAD = "{\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"created\":1700000000,"
            + "\"model\":\"tiny\",\"system_fingerprint\":\"b1\",\"choices\":[";
    private static final String USAGE = "{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":3,\"audio_tokens\":0},"
            + "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
            + "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}";

    private static AnswerHeader header(boolean logprobs) {
        return new AnswerHeader("cmpl-1", Instant.ofEpochSecond(1_700_000_000), "tiny", "b1", logprobs, false);
    }

    private static TokenLogprob token(String text, float logprob, int offset, TokenLogprob... top) {
        return new TokenLogprob(text.getBytes(StandardCharsets.UTF_8), logprob, List.of(top), offset);
    }

    private static String body(TextCompletionAssembler assembler) {
        return new String(assembler.body(new UsageReport(7, 3, 2, 0)), StandardCharsets.UTF_8);
    }

    private static void say(AnswerSink sink, int choice, String text, TokenLogprob... tokens) {
        sink.event(choice, new ChatEvent.Content(text), List.of(tokens));
    }

    private static String sent(TextChunkWriter writer) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            writer.sendTo(out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void shouldWriteTheWholeBodyAndTrimNothing() {
        TextCompletionAssembler assembler = new TextCompletionAssembler(header(false), List.of(), 1, 1);
        assembler.begin(0);
        say(assembler, 0, "\n He");
        say(assembler, 0, "y ");
        assembler.end(0, AnswerEnd.LENGTH);
        assertThat(body(assembler))
                .isEqualTo(HEAD
                        + "{\"index\":0,\"text\":\"\\n Hey \",\"logprobs\":null,\"finish_reason\":\"length\"}],"
                        + "\"usage\":" + USAGE + "}");
    }

    @Test
    void shouldEchoEachPrompt() {
        TextCompletionAssembler assembler = new TextCompletionAssembler(header(false), List.of("A", "B"), 1, 1);
        TextChunkWriter writer = new TextChunkWriter(header(false), false, List.of("A", "B"), false);
        for (AnswerSink sink : List.of(assembler, writer)) {
            sink.begin(0);
            sink.begin(1);
            say(sink, 1, "b");
            say(sink, 0, "a");
        }
        assertThat(body(assembler)).contains("{\"index\":0,\"text\":\"Aa\",").contains("{\"index\":1,\"text\":\"Bb\",");
        assertThat(sent(writer)).startsWith("data: " + HEAD + "{\"index\":0,\"text\":\"A\",");
    }

    @Test
    void shouldStreamChunksOfText() {
        TextChunkWriter writer = new TextChunkWriter(header(false), true, List.of(), false);
        writer.begin(0);
        assertThat(writer.pending()).isZero();
        say(writer, 0, "a\"");
        writer.end(0, AnswerEnd.STOP);
        writer.finish(new UsageReport(7, 3, 2, 0));
        assertThat(sent(writer))
                .isEqualTo("data: " + HEAD
                        + "{\"index\":0,\"text\":\"a\\\"\",\"logprobs\":null,\"finish_reason\":null}],"
                        + "\"usage\":null}\n\ndata: " + HEAD
                        + "{\"index\":0,\"text\":\"\",\"logprobs\":null,\"finish_reason\":\"stop\"}],"
                        + "\"usage\":null}\n\ndata: " + HEAD + "],\"usage\":" + USAGE + "}\n\ndata: [DONE]\n\n");
    }

    @Test
    void shouldWriteLogprobsInTheOldShape() {
        TextCompletionAssembler assembler = new TextCompletionAssembler(header(true), List.of(), 1, 1);
        assembler.begin(0);
        TokenLogprob half = new TokenLogprob(new byte[] {(byte) 0xE2, (byte) 0x82}, -2f, List.of(), 1);
        say(assembler, 0, "a", token("a", -0.5f, 0, token("a", -0.5f, 0), token("b", Float.NEGATIVE_INFINITY, 0)));
        say(assembler, 0, "\ufffd", half);
        say(assembler, 0, "c", token("c", -3f, 2, token("d", -1f, 0), token("d", -4f, 0)));
        JsonObject logprobs = Json.object(assembler.body(new UsageReport(1, 0, 3, 0)))
                .getJsonArray("choices")
                .getJsonObject(0)
                .getJsonObject("logprobs");
        assertThat(logprobs.toString())
                .isEqualTo("{\"tokens\":[\"a\",\"bytes:\\\\xe2\\\\x82\",\"c\"],\"token_logprobs\":[-0.5,-2.0,-3.0],"
                        + "\"top_logprobs\":[{\"a\":-0.5,\"b\":-9999.0},{\"bytes:\\\\xe2\\\\x82\":-2.0},"
                        + "{\"d\":-1.0,\"c\":-3.0}],\"text_offset\":[0,1,2]}");
    }

    @Test
    void shouldStreamLogprobsBesideTheirText() {
        TextChunkWriter writer = new TextChunkWriter(header(true), false, List.of(), false);
        say(writer, 0, "a", token("a", -0.5f, 4));
        assertThat(sent(writer))
                .contains("\"text\":\"a\",\"logprobs\":{\"tokens\":[\"a\"],\"token_logprobs\":[-0.5],"
                        + "\"top_logprobs\":[{\"a\":-0.5}],\"text_offset\":[4]},\"finish_reason\":null");
    }

    @Test
    void shouldGiveTheLikeliestCandidatesPerToken() {
        TextCompletionAssembler assembler = new TextCompletionAssembler(header(false), List.of(), 3, 2);
        for (int i = 0; i < 6; i++) {
            assembler.begin(i);
        }
        say(assembler, 0, "unlikely", token("unlikely", -3, 0));
        say(assembler, 1, "ab", token("a", -1, 0), token("b", -1, 1));
        say(assembler, 2, "best", token("best", -0.5f, 0));
        say(assembler, 3, "only", token("only", -9, 0));
        say(assembler, 4, "", new TokenLogprob[0]);
        say(assembler, 5, "second", token("second", -8, 0));
        JsonArray choices =
                Json.object(assembler.body(new UsageReport(1, 0, 3, 0))).getJsonArray("choices");
        assertThat(choices.getValuesAs(JsonObject.class))
                .extracting(choice -> choice.getInt("index") + choice.getString("text") + choice.isNull("logprobs"))
                .containsExactly("0besttrue", "1abtrue", "2secondtrue", "3onlytrue");
    }
}
