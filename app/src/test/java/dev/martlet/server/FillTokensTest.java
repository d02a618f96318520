package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.model.ModelInfo.SpecialTokens;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class FillTokensTest {

    private static SpecialTokens special(OptionalInt middle) {
        OptionalInt none = OptionalInt.empty();
        return new SpecialTokens(none, none, none, none, OptionalInt.of(7), OptionalInt.of(8), middle, none);
    }

    @Test
    void shouldPutEachTextBehindItsMark() {
        FillTokens marks = FillTokens.of(special(OptionalInt.of(9))).orElseThrow();
        assertThat(marks.between(new int[] {1, 2}, new int[] {3})).containsExactly(7, 1, 2, 8, 3, 9);
        assertThat(marks.between(new int[0], new int[0])).containsExactly(7, 8, 9);
    }

    @Test
    void shouldWantAllThree() {
        assertThat(FillTokens.of(special(OptionalInt.empty()))).isEmpty();
    }
}
