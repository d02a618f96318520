package dev.martlet.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopSequencesTest {

    private static final int ROUNDS = 5_000;

    @Test
    void shouldHoldBackOnlyWhatMayBecomeAStop() {
        StopSequences.Matcher matcher =
                StopSequences.of(List.of("\nUser:", "END")).matcher();
        assertThat(matcher.push("Hello")).isEqualTo("Hello");
        assertThat(matcher.push(" E")).isEqualTo(" ");
        assertThat(matcher.push("N")).isEmpty();
        assertThat(matcher.push("T\n")).isEqualTo("ENT");
        assertThat(matcher.push("Use")).isEmpty();
        assertThat(matcher.matched()).isFalse();
        assertThat(matcher.push("r: and more")).isEmpty();
        assertThat(matcher.match()).contains("\nUser:");
        assertThat(matcher.push("nothing more")).isEmpty();
        assertThat(matcher.finish()).isEmpty();
    }

    @Test
    void shouldGiveHeldTextBackAtTheEnd() {
        StopSequences.Matcher matcher = StopSequences.of(List.of("END")).matcher();
        assertThat(matcher.push("the EN")).isEqualTo("the ");
        assertThat(matcher.finish()).isEqualTo("EN");
        assertThat(matcher.match()).isEmpty();
    }

    @Test
    void shouldTakeTheStopThatEndsFirstAndOfTheseTheLongest() {
        StopSequences.Matcher first = StopSequences.of(List.of("abcd", "bc")).matcher();
        assertThat(first.push("xabcd")).isEqualTo("xa");
        assertThat(first.match()).contains("bc");
        StopSequences.Matcher longest =
                StopSequences.of(List.of("c", "abc", "bc")).matcher();
        assertThat(longest.push("xabc")).isEqualTo("x");
        assertThat(longest.match()).contains("abc");
    }

    @Test
    void shouldPassEverythingWithoutStops() {
        StopSequences.Matcher matcher = StopSequences.of(List.of()).matcher();
        assertThat(matcher.push("all of it")).isEqualTo("all of it");
        assertThat(matcher.finish()).isEmpty();
    }

    @Test
    void shouldRefuseAnEmptyStop() {
        assertThatThrownBy(() -> StopSequences.of(List.of("a", ""))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldAgreeWithASearchHoweverTheTextIsCut() {
        long base = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("StopSequencesTest: martlet.test.seed=" + base);
        int found = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long seed = base + round;
            Random random = new Random(seed);
            List<String> stops = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                stops.add(word(random, 1 + random.nextInt(5)));
            }
            String text = word(random, random.nextInt(40));
            Optional<String> expected = earliest(text, stops);
            StopSequences.Matcher matcher = StopSequences.of(stops).matcher();
            StringBuilder out = new StringBuilder();
            int at = 0;
            while (at < text.length()) {
                int next = Math.min(text.length(), at + 1 + random.nextInt(4));
                out.append(matcher.push(text.substring(at, next)));
                at = next;
                checkHeld(text.substring(0, at), out, stops, matcher, seed);
            }
            out.append(matcher.finish());
            assertThat(matcher.match()).as("seed %d", seed).isEqualTo(expected);
            int length = expected.map(stop -> end(text, stops) - stop.length()).orElse(text.length());
            assertThat(out.toString()).as("seed %d", seed).isEqualTo(text.substring(0, length));
            found += expected.isPresent() ? 1 : 0;
        }
        assertThat(found).as("rounds with a stop").isBetween(ROUNDS / 10, ROUNDS - ROUNDS / 10);
    }

    /** What is held back is the start of a stop, and nothing longer at the end of the text is. */
    private static void checkHeld(
            String text, StringBuilder out, List<String> stops, StopSequences.Matcher matcher, long seed) {
        if (matcher.matched()) {
            return;
        }
        int longest = 0;
        for (int length = 1; length <= text.length(); length++) {
            String tail = text.substring(text.length() - length);
            if (stops.stream().anyMatch(stop -> stop.startsWith(tail))) {
                longest = length;
            }
        }
        assertThat(text.length() - out.length()).as("held, seed %d", seed).isEqualTo(longest);
    }

    private static int end(String text, List<String> stops) {
        for (int end = 1; end <= text.length(); end++) {
            String head = text.substring(0, end);
            if (stops.stream().anyMatch(head::endsWith)) {
                return end;
            }
        }
        return -1;
    }

    private static Optional<String> earliest(String text, List<String> stops) {
        int end = end(text, stops);
        return end < 0
                ? Optional.empty()
                : stops.stream()
                        .filter(text.substring(0, end)::endsWith)
                        .max((a, b) -> Integer.compare(a.length(), b.length()));
    }

    private static String word(Random random, int length) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < length; i++) {
            word.append((char) ('a' + random.nextInt(3)));
        }
        return word.toString();
    }
}
