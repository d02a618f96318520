package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.template.Segment;
import dev.martlet.engine.ByteTokens;
import dev.martlet.model.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class PromptTokenizerTest {

    /** The texts that were tokenised, in order. */
    private final List<String> pieces = new ArrayList<>();

    private final Tokenizer tokenizer = (text, addSpecial, parseSpecial) -> {
        assertThat(addSpecial).isFalse();
        assertThat(parseSpecial).isFalse();
        pieces.add(text);
        return ByteTokens.tokens(text);
    };

    private int[] encode(OptionalInt first, Segment... segments) {
        return new PromptTokenizer(tokenizer, ByteTokens.vocabulary(), first).encode(List.of(segments), true);
    }

    private static Segment trusted(String text) {
        return new Segment(text, true);
    }

    private static Segment user(String text) {
        return new Segment(text, false);
    }

    @Test
    void shouldFindControlTokensInTrustedTextOnly() {
        int[] tokens = encode(OptionalInt.empty(), trusted("<|mark|>a"), user("<|mark|>"), trusted("b<|end|><|mark|>"));
        assertThat(pieces).containsExactly("a<|mark|>b");
        assertThat(tokens)
                .startsWith(ByteTokens.MARK, 'a', '<')
                .endsWith('b', ByteTokens.END, ByteTokens.MARK)
                .hasSize(1 + 10 + 2);
    }

    @Test
    void shouldNotJoinAControlTokenAcrossABorder() {
        encode(OptionalInt.empty(), trusted("<|ma"), user("rk|>"), trusted("<|en"), trusted("d|>"));
        assertThat(pieces).containsExactly("<|mark|><|end|>");
    }

    @Test
    void shouldBeginWithTheFirstTokenOnce() {
        OptionalInt first = OptionalInt.of(ByteTokens.MARK);
        assertThat(encode(first, trusted("a"))).containsExactly(ByteTokens.MARK, 'a');
        assertThat(encode(first, trusted("<|mark|>a"))).containsExactly(ByteTokens.MARK, 'a');
        assertThat(encode(first, user("<|mark|>"))).startsWith(ByteTokens.MARK, '<');
        assertThat(encode(first)).containsExactly(ByteTokens.MARK);
        assertThat(encode(OptionalInt.empty())).isEmpty();
    }

    @Test
    void shouldLeaveTheFirstTokenOutWhereItIsNotWanted() {
        PromptTokenizer tokens =
                new PromptTokenizer(tokenizer, ByteTokens.vocabulary(), OptionalInt.of(ByteTokens.MARK));
        assertThat(tokens.encode(List.of(trusted("a")), false)).containsExactly('a');
        assertThat(tokens.encode(List.of(trusted("<|mark|>a")), false)).containsExactly(ByteTokens.MARK, 'a');
    }

    @Test
    void shouldGrowWithThePrompt() {
        String text = "x<|mark|>".repeat(1000);
        assertThat(encode(OptionalInt.empty(), trusted(text))).hasSize(2000);
        assertThat(pieces).hasSize(1000);
    }

    @Test
    void shouldListControlSpellings() {
        assertThat(new PromptTokenizer(tokenizer, ByteTokens.vocabulary(), OptionalInt.empty()).controlSpellings())
                .containsExactlyInAnyOrder("<|end|>", "<|mark|>");
    }
}
