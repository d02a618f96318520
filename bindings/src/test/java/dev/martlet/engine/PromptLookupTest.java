package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PromptLookupTest {

    /** So short that every earlier place is looked at. */
    private static final int SHORT = 18;

    private static int find(String text) {
        PromptLookup lookup = new PromptLookup();
        int[] tokens = ByteTokens.tokens(text);
        lookup.extend(tokens, tokens.length);
        return lookup.find(tokens, tokens.length);
    }

    @Test
    void shouldFindWhatFollowedTheLastTokensBefore() {
        assertThat(find("the swallow and the ")).isEqualTo(4);
        assertThat(find("abcab")).isEqualTo(2);
    }

    @Test
    void shouldFindNothingWhereTheLastPairIsNew() {
        assertThat(find("")).isEqualTo(PromptLookup.NONE);
        assertThat(find("a")).isEqualTo(PromptLookup.NONE);
        assertThat(find("aa")).isEqualTo(PromptLookup.NONE);
        assertThat(find("abcdb")).as("one token alone").isEqualTo(PromptLookup.NONE);
        assertThat(find("abcdefgh")).isEqualTo(PromptLookup.NONE);
    }

    @Test
    void shouldPreferTheLongestMatchAndThenTheLatest() {
        assertThat(find("xab1 yab2 xab")).isEqualTo(3);
        assertThat(find("ab1 ab2 ab")).as("both with nothing or a blank before").isEqualTo(6);
        assertThat(find("aaaaaaaaaaaa")).as("a run goes on").isEqualTo(11);
    }

    @Test
    void shouldFindWhatASearchOfTheWholeTextFinds() {
        long seed = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("PromptLookupTest: martlet.test.seed=" + seed);
        Random random = new Random(seed);
        int found = 0;
        for (int i = 0; i < 20_000; i++) {
            int[] tokens = tokens(random, 1 + random.nextInt(SHORT));
            int place = grown(random, tokens).find(tokens, tokens.length);
            assertThat(place).as(Arrays.toString(tokens)).isEqualTo(search(tokens));
            found += place == PromptLookup.NONE ? 0 : 1;
        }
        assertThat(found).isBetween(2_000, 18_000);
    }

    @Test
    void shouldNotDependOnHowTheTextGrew() {
        long seed = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("PromptLookupTest: martlet.test.seed=" + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            int[] tokens = tokens(random, 1 + random.nextInt(2_000));
            PromptLookup atOnce = new PromptLookup();
            atOnce.extend(tokens, tokens.length);
            int place = atOnce.find(tokens, tokens.length);
            assertThat(grown(random, tokens).find(tokens, tokens.length)).isEqualTo(place);
            if (place != PromptLookup.NONE) {
                assertThat(place).isLessThan(tokens.length);
                assertThat(Arrays.copyOfRange(tokens, place - 2, place))
                        .isEqualTo(Arrays.copyOfRange(tokens, tokens.length - 2, tokens.length));
            }
        }
    }

    private static int[] tokens(Random random, int length) {
        int kinds = 2 + random.nextInt(6);
        return random.ints(length, 0, kinds).map(kind -> kind * 40_503).toArray();
    }

    /** Fed in pieces, asked in between. */
    private static PromptLookup grown(Random random, int[] tokens) {
        PromptLookup lookup = new PromptLookup();
        for (int size = 0; size < tokens.length; ) {
            size = Math.min(tokens.length, size + random.nextInt(1 + tokens.length));
            lookup.extend(tokens, size);
            lookup.find(tokens, size);
        }
        return lookup;
    }

    private static int search(int[] tokens) {
        int best = PromptLookup.NONE;
        int matched = PromptLookup.LEAST_MATCH - 1;
        for (int at = tokens.length - 1; at > 0; at--) {
            int length = 0;
            while (length < Math.min(at, PromptLookup.GOOD_MATCH)
                    && tokens[at - 1 - length] == tokens[tokens.length - 1 - length]) {
                length++;
            }
            if (length > matched) {
                matched = length;
                best = at;
            }
        }
        return best;
    }
}
