package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class AnswerTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void shouldTellTimes() {
        Answer answer = answer(9, 2, 3, 6, 7);

        assertThat(answer.timeToFirst()).isEqualTo(2);
        assertThat(answer.worstGap()).isEqualTo(3);
        assertThat(answer.decodeRate()).isEqualTo(3.0 / 5);
    }

    @Test
    void shouldTellSilenceWithinAWindow() {
        Answer answer = answer(20, 2, 3, 6, 12);

        assertThat(answer.longestSilence(3 * SECOND, 7 * SECOND)).isEqualTo(3);
        assertThat(answer.longestSilence(6 * SECOND, 11 * SECOND))
                .as("still silent")
                .isEqualTo(5);
        assertThat(answer.longestSilence(12 * SECOND, 40 * SECOND))
                .as("no longer than the answer")
                .isEqualTo(8);
        assertThat(answer.longestSilence(30 * SECOND, 40 * SECOND)).as("over").isZero();
    }

    @Test
    void shouldCountAnAnswerThatHasNotBegunAsSilent() {
        assertThat(answer(20).longestSilence(5 * SECOND, 11 * SECOND)).isEqualTo(6);
    }

    @Test
    void shouldTellWhatHasNoPieces() {
        Answer answer = answer(4);

        assertThat(answer.timeToFirst()).isEqualTo(4);
        assertThat(answer.worstGap()).isZero();
        assertThat(answer.decodeRate()).isZero();
    }

    /** Sent at 0, a token a piece. */
    private static Answer answer(long end, long... pieces) {
        return new Answer(
                0,
                LongStream.of(pieces).mapToObj(second -> second * SECOND).toList(),
                end * SECOND,
                10,
                0,
                pieces.length,
                "",
                Optional.<String>empty());
    }

    @Test
    void shouldCopyItsPieces() {
        List<Long> pieces = new ArrayList<>(List.of(SECOND));
        Answer answer = new Answer(0, pieces, SECOND, 1, 0, 1, "", Optional.empty());
        pieces.clear();

        assertThat(answer.timeToFirst()).isEqualTo(1);
    }
}
