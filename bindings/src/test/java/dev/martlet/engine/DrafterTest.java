package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DrafterTest {

    private static final StepRunner.Limits LIMITS = ScriptedStepRunner.limits(1_000);

    /** Steps cost 5 ms and 2 ms a row. */
    private static Drafter drafter(int most) {
        Drafter drafter = new Drafter(LIMITS, ByteTokens.vocabulary(), most);
        for (int i = 0; i < 100; i++) {
            int rows = 1 + i % 4;
            drafter.observe(rows, 5_000 + 2_000L * rows, 700);
        }
        return drafter;
    }

    private static Sequence sequence(String text, int maxTokens, Integer... stopTokens) {
        GenerationRequest request = new GenerationRequest(
                ByteTokens.tokens(text), Sampling.greedy(), maxTokens, -1, Set.of(stopTokens), false, Optional.empty());
        return new Sequence(request, new GenerationStream(() -> {}), 0, 0, 0);
    }

    /** Asks for drafts again and again, as if those that were foretold had come true or not. */
    private static void experience(Drafter drafter, Sequence sequence, int times, boolean comeTrue) {
        experience(drafter, sequence, 2, times, comeTrue);
    }

    private static void experience(Drafter drafter, Sequence sequence, int period, int times, boolean comeTrue) {
        for (int i = 0; i < times; i++) {
            drafter.draft(sequence, 1, 0);
            int foretold = sequence.tokens[sequence.size - period];
            sequence.drafts.learn(0, 1, comeTrue ? foretold : foretold + 1, sequence.size);
        }
    }

    private static String text(Drafter drafter, int count) {
        return ByteTokens.text(Arrays.copyOf(drafter.tokens(), count), count);
    }

    @Test
    void shouldDraftNothingBeforeAnythingIsKnown() {
        Sequence sequence = sequence("ababab", 100);
        assertThat(drafter(8).draft(sequence, 1, 100)).isZero();
        Drafter unlearned = new Drafter(LIMITS, ByteTokens.vocabulary(), 8);
        experience(unlearned, sequence, 50, true);
        assertThat(unlearned.draft(sequence, 1, 100)).isZero();
    }

    @Test
    void shouldDraftTheMoreTheMoreComesTrue() {
        Drafter drafter = drafter(8);
        Sequence sequence = sequence("ababab", 100);
        experience(drafter, sequence, 2, true);
        assertThat(drafter.draft(sequence, 1, 100)).isEqualTo(1);
        experience(drafter, sequence, 6, true);
        assertThat(drafter.draft(sequence, 1, 100)).isBetween(3, 6);
        experience(drafter, sequence, 20, true);
        assertThat(drafter.draft(sequence, 1, 100)).isEqualTo(8);
        assertThat(text(drafter, 8)).as("it goes on repeating itself").isEqualTo("abababab");
        experience(drafter, sequence, 10, false);
        assertThat(drafter.draft(sequence, 1, 100)).isZero();
    }

    @Test
    void shouldDraftTheLessTheMoreRequestsStream() {
        Drafter drafter = drafter(8);
        Sequence sequence = sequence("ababab", 100);
        experience(drafter, sequence, 8, true);
        int before = 9;
        for (int streams : new int[] {1, 4, 32}) {
            int count = drafter.draft(sequence, streams, 100);
            assertThat(count).as("beside " + streams).isLessThan(before);
            before = count;
        }
        assertThat(before).isZero();
    }

    @Test
    void shouldKeepToEveryLimit() {
        Drafter drafter = drafter(8);
        Sequence sequence = sequence("ababab", 4);
        experience(drafter, sequence, 40, true);
        assertThat(drafter.draft(sequence, 1, 2)).as("room").isEqualTo(2);
        assertThat(drafter.draft(sequence, 1, 100)).as("tokens").isEqualTo(3);
        Sequence atTheEnd = sequence("ab".repeat(499), 100);
        experience(drafter, atTheEnd, 40, true);
        assertThat(drafter.draft(atTheEnd, 1, 100)).as("context").isEqualTo(2);
        Drafter off = drafter(0);
        assertThat(off.draft(atTheEnd, 1, 100)).isZero();
    }

    @Test
    void shouldDraftUpToAnEndOnly() {
        Drafter drafter = drafter(8);
        Sequence sequence = sequence("abc;abc;ab", 100, (int) ';');
        experience(drafter, sequence, 4, 40, true);
        int count = drafter.draft(sequence, 1, 100);
        assertThat(text(drafter, count)).isEqualTo("c");
    }

    @Test
    void shouldStopWhereTooFewComeTrueThoughTheyCostNothing() {
        Drafter free = new Drafter(LIMITS, ByteTokens.vocabulary(), 8);
        free.observe(1, 5_000, 0);
        Sequence sequence = sequence("ababab", 100);
        experience(free, sequence, 30, true);
        assertThat(free.draft(sequence, 1, 100)).isEqualTo(8);
        experience(free, sequence, 8, false);
        assertThat(free.draft(sequence, 1, 100)).isZero();
    }
}
