package dev.martlet.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.chat.toolcall.ChatEvent;
import dev.martlet.chat.toolcall.OutputParser;
import dev.martlet.chat.toolcall.StopCause;
import dev.martlet.engine.ByteTokens;
import dev.martlet.engine.TokenEvent;
import dev.martlet.model.Vocabulary;
import dev.martlet.text.StopSequences;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Tokens are single bytes here, so every text comes in the smallest pieces there are. */
class ChoiceTest {
    private static final Vocabulary VOCABULARY = ByteTokens.vocabulary();

    /** Text is content, but {@code [..]} is reasoning and {@code {}} a call without arguments; notes what it gets. */
    private static final class Bracketed implements OutputParser {
        final List<String> pushed = new ArrayList<>();
        StopCause cause;
        private boolean thinking;
        private int calls;

        @Override
        public void push(CharSequence text, boolean control, Consumer<ChatEvent> out) {
            pushed.add(control ? "control " + text : text.toString());
            if (control) {
                return;
            }
            for (char c : text.toString().toCharArray()) {
                switch (c) {
                    case '[' -> thinking = true;
                    case ']' -> thinking = false;
                    case '{' -> out.accept(new ChatEvent.CallBegin(calls, "call_" + calls, "f"));
                    case '}' -> {
                        out.accept(new ChatEvent.CallArguments(calls, "{}"));
                        out.accept(new ChatEvent.CallEnd(calls++, true));
                    }
                    default ->
                        out.accept(
                                thinking
                                        ? new ChatEvent.Reasoning(String.valueOf(c))
                                        : new ChatEvent.Content(String.valueOf(c)));
                }
            }
        }

        @Override
        public void finish(StopCause cause, Consumer<ChatEvent> out) {
            assertThat(this.cause).isNull();
            this.cause = cause;
        }

        @Override
        public boolean callEnded() {
            return calls > 0;
        }
    }

    private final Bracketed parser = new Bracketed();
    private final CompletionAssembler sink =
            new CompletionAssembler(new AnswerHeader("chatcmpl-1", Instant.EPOCH, "tiny", "b1", true, false));

    private Choice choice(boolean logprobs, boolean singleCall, String... stops) {
        sink.begin(0);
        return new Choice(
                0,
                new Choice.Rules(VOCABULARY, StopSequences.of(List.of(stops)), logprobs, singleCall, false),
                parser,
                sink);
    }

    private static TokenEvent.Token token(int id) {
        return new TokenEvent.Token(id, -id, new int[] {id, 'z'}, new float[] {-id, -1000});
    }

    private static void feed(Choice choice, String text) {
        for (int id : ByteTokens.tokens(text)) {
            choice.accept(token(id));
        }
    }

    private JsonObject folded() {
        return Json.object(sink.body(new UsageReport(0, 0, 0, 0)))
                .getJsonArray("choices")
                .getJsonObject(0);
    }

    private String content() {
        return folded().getJsonObject("message").getString("content");
    }

    @Test
    void shouldPassWholeCharactersOnly() {
        Choice choice = choice(false, false);
        feed(choice, "a\u00e9\ud83d\ude00");
        assertThat(parser.pushed).containsExactly("a", "\u00e9", "\ud83d\ude00");
        choice.finish(StopCause.STOP);
        assertThat(content()).isEqualTo("a\u00e9\ud83d\ude00");
        assertThat(choice.tokens()).isEqualTo(7);
        assertThat(parser.cause).isEqualTo(StopCause.STOP);
    }

    @Test
    void shouldReplaceACharacterThatIsCutOff() {
        Choice choice = choice(false, false);
        choice.accept(token(0xC3));
        choice.finish(StopCause.LENGTH);
        assertThat(content()).isEqualTo("\ufffd");
        assertThat(folded().getString("finish_reason")).isEqualTo("length");
    }

    @Test
    void shouldEndBeforeAStopString() {
        Choice choice = choice(false, false, "END", "xyz");
        feed(choice, "one ENx EN");
        assertThat(choice.ended()).isFalse();
        choice.accept(token('D'));
        assertThat(choice.ended()).isTrue();
        assertThat(content()).isEqualTo("one ENx");
        assertThat(folded().getString("finish_reason")).isEqualTo("stop");
        assertThatThrownBy(() -> choice.accept(token('a'))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldReleaseWhatIsHeldBackAtTheEnd() {
        Choice choice = choice(false, false, "END");
        feed(choice, "the EN");
        assertThat(parser.pushed.toString()).doesNotContain("E");
        choice.finish(StopCause.STOP);
        assertThat(content()).isEqualTo("the EN");
    }

    @Test
    void shouldSpellControlTokensToTheParser() {
        Choice choice = choice(false, false, "ab<");
        feed(choice, "ab");
        choice.accept(token(ByteTokens.MARK));
        feed(choice, "c");
        choice.accept(token(ByteTokens.END));
        choice.finish(StopCause.STOP);
        assertThat(parser.pushed).containsExactly("ab", "control <|mark|>", "c");
    }

    @Test
    void shouldTakeAControlTokenForAStopString() {
        Choice choice = choice(false, false, "<|mark|>");
        feed(choice, "a");
        choice.accept(token(ByteTokens.MARK));
        assertThat(choice.ended()).isTrue();
        assertThat(parser.pushed).containsExactly("a");
    }

    @Test
    void shouldSayToolCalls() {
        Choice choice = choice(false, false);
        feed(choice, "x{}{}");
        assertThat(choice.ended()).isFalse();
        choice.finish(StopCause.STOP);
        assertThat(folded().getString("finish_reason")).isEqualTo("tool_calls");
        assertThat(folded().getJsonObject("message").getJsonArray("tool_calls")).hasSize(2);
    }

    @Test
    void shouldRatherSayLengthThanToolCalls() {
        Choice choice = choice(false, false);
        feed(choice, "{}");
        choice.finish(StopCause.LENGTH);
        assertThat(folded().getString("finish_reason")).isEqualTo("length");
    }

    @Test
    void shouldEndAfterASingleCall() {
        Choice choice = choice(false, true);
        feed(choice, "x{");
        assertThat(choice.ended()).isFalse();
        choice.accept(token('}'));
        assertThat(choice.ended()).isTrue();
        assertThat(folded().getString("finish_reason")).isEqualTo("tool_calls");
    }

    @Test
    void shouldCountReasoningTokens() {
        Choice choice = choice(false, false);
        feed(choice, "[why]so");
        choice.finish(StopCause.STOP);
        assertThat(choice.tokens()).isEqualTo(7);
        assertThat(choice.reasoningTokens()).isEqualTo(4);
        assertThat(folded().getJsonObject("message").getString("reasoning")).isEqualTo("why");
    }

    @Test
    void shouldGiveLogprobsOfContentAlone() {
        Choice choice = choice(true, false, "E");
        feed(choice, "[r]\u00e9a{}E");
        List<JsonValue> logprobs = folded().getJsonObject("logprobs").getJsonArray("content");
        // The closing bracket waits for the content after it; the two bytes of one character come together.
        assertThat(logprobs)
                .extracting(value -> value.asJsonObject().getJsonArray("bytes").toString())
                .containsExactly("[93]", "[195]", "[169]", "[97]");
        assertThat(logprobs.getLast().asJsonObject().getJsonArray("top_logprobs"))
                .hasSize(2);
        assertThat(logprobs.getLast().asJsonObject().getJsonNumber("logprob").doubleValue())
                .isEqualTo(-97);
    }

    @Test
    void shouldLoseNothingOfRandomText() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            StringBuilder text = new StringBuilder("<");
            for (int i = random.nextInt(30); i > 0; i--) {
                text.append(random.nextBoolean() ? "ab" : "a").append((char) (0xC0 + random.nextInt(0x400)));
            }
            Bracketed plain = new Bracketed();
            CompletionAssembler assembler =
                    new CompletionAssembler(new AnswerHeader("chatcmpl-1", Instant.EPOCH, "tiny", "b1", false, false));
            assembler.begin(0);
            Choice choice = new Choice(
                    0,
                    new Choice.Rules(VOCABULARY, StopSequences.of(List.of("abab!", "aaaa")), false, false, false),
                    plain,
                    assembler);
            feed(choice, text.toString());
            choice.finish(StopCause.STOP);
            assertThat(String.join("", plain.pushed)).as("seed %d", seed).isEqualTo(text.toString());
        }
    }
}
