package dev.martlet.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.ByteTokens;
import dev.martlet.model.ModelInfo;
import dev.martlet.model.Tokenizer;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class RankPromptTest {
    private static final int BOS = 1000;
    private static final int EOS = 1001;
    private static final int SEP = 1002;

    /** A token a byte; {@code #} is a control token where that is allowed, and {@code ab} is one token. */
    private static final Tokenizer TOKENIZER = (text, addSpecial, parseSpecial) -> {
        String merged = text.replace("ab", "\u0001");
        return merged.chars()
                .map(c -> c == '#' && parseSpecial ? 2000 : c == 1 ? 300 : c)
                .toArray();
    };

    private static RankPrompt prompt(boolean bos, boolean eos, boolean separator, String template) {
        OptionalInt none = OptionalInt.empty();
        ModelInfo info = new ModelInfo(
                "test",
                "F32",
                1,
                1,
                3_000,
                512,
                8,
                1,
                1,
                1,
                false,
                true,
                false,
                false,
                bos,
                eos,
                separator,
                1,
                new ModelInfo.SpecialTokens(
                        OptionalInt.of(BOS), OptionalInt.of(EOS), none, none, none, none, none, OptionalInt.of(SEP)));
        return new RankPrompt(info, TOKENIZER, Optional.of(template).filter(text -> !text.isEmpty()));
    }

    @Test
    void shouldPutTheModelsSeparatorsAroundAPair() {
        assertThat(prompt(true, true, true, "").tokens("q", "d")).containsExactly(BOS, 'q', EOS, SEP, 'd', EOS);
        assertThat(prompt(true, false, true, "").tokens("q", "d")).containsExactly(BOS, 'q', SEP, 'd', SEP);
        assertThat(prompt(false, true, false, "").tokens("q", "d")).containsExactly('q', EOS, 'd', EOS);
        assertThat(prompt(false, false, false, "").tokens("#", "d")).containsExactly('#', 'd');
        assertThat(prompt(true, true, true, "").tokens("", "")).containsExactly(BOS, EOS, SEP, EOS);
    }

    @Test
    void shouldFillTheFilesTemplate() {
        RankPrompt prompt = prompt(true, true, true, "#Q:{query}a{document}#");
        assertThat(prompt.tokens("x", "y")).containsExactly(2000, 'Q', ':', 'x', 'a', 'y', 2000);
        // As one text, so that tokens reach over the joints.
        assertThat(prompt.tokens("x", "b")).containsExactly(2000, 'Q', ':', 'x', 300, 2000);
        // What stands in a text is no place, and no pattern either.
        assertThat(prompt.tokens("{document}", "$1"))
                .containsExactly(
                        ByteTokens.tokens("#Q:{document}a$1#").length == 17
                                ? TOKENIZER.encode("#Q:{document}a$1#", false, true)
                                : new int[0]);
    }

    @Test
    void shouldNeverMakeAControlTokenOfAText() {
        RankPrompt prompt = prompt(true, true, true, "#Q:{query}a{document}#");
        assertThat(prompt.tokens("#", "b")).containsExactly(2000, 'Q', ':', '#', 'a', 'b', 2000);
        assertThat(prompt.tokens("x", "#b")).containsExactly(2000, 'Q', ':', 'x', 'a', '#', 'b', 2000);
    }
}
