package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PredictionTest {

    /** What became of a prediction: tokens that were foretold at their place, and tokens that were seen. */
    private record Course(int foretold, int seen) {}

    private static Course course(String predicted, String answer) {
        return course(ByteTokens.tokens(predicted), ByteTokens.tokens(answer));
    }

    private static Course course(int[] predicted, int[] answer) {
        Prediction prediction = new Prediction(predicted);
        int foretold = 0;
        int seen = 0;
        for (int size = 1; size <= answer.length; size++) {
            int next = prediction.next();
            foretold += next != Prediction.NONE && predicted[next] == answer[size - 1] ? 1 : 0;
            seen += prediction.follow(answer, size);
        }
        return new Course(foretold, seen);
    }

    @Test
    void shouldForetellEveryTokenOfAnAnswerThatIsThePrediction() {
        assertThat(course("a swallow that never lands", "a swallow that never lands"))
                .isEqualTo(new Course(26, 26));
        assertThat(course("a", "a")).isEqualTo(new Course(1, 1));
        assertThat(course("ab", "ab")).isEqualTo(new Course(2, 2));
    }

    @Test
    void shouldGoOnBehindATokenThatIsOtherOrMissingOrNew() {
        assertThat(course("0123456789", "0123x56789")).as("other").isEqualTo(new Course(8, 9));
        assertThat(course("0123456789", "012356789")).as("missing").isEqualTo(new Course(7, 9));
        assertThat(course("0123456789", "0123x456789")).as("new").isEqualTo(new Course(9, 10));
    }

    @Test
    void shouldFindItselfAgainByTwoTokensAfterALongerWayOfItsOwn() {
        assertThat(course("0123456789", "01_______456789"))
                .as("all but 2 and 3; the first two of the rest find the place")
                .isEqualTo(new Course(6, 8));
        assertThat(course("0123456789", "456789")).as("a later beginning").isEqualTo(new Course(4, 6));
        assertThat(course("0123456789", "_________")).isEqualTo(new Course(0, 0));
    }

    @Test
    void shouldGoOnAtTheNextOfManyLikePlaces() {
        assertThat(course("ab1 ab2 ab3 ab4", "ab1 ____ab2 ab3 ab4"))
                .as("ab stands in three places ahead")
                .isEqualTo(new Course(4 + 9, 4 + 11));
        String like = "x".repeat(1_000);
        assertThat(course("x" + "y".repeat(8) + like, "x" + like).foretold())
                .as("it does not begin at the end")
                .isGreaterThan(950);
    }

    @Test
    void shouldCountATokenOnceThoughTheAnswerRepeatsIt() {
        assertThat(course("0123456789", "01234567890123456789")).isEqualTo(new Course(18, 10));
    }

    @Test
    void shouldNeverSeeMoreThanThereIsNorMoreThanTheAnswerHas() {
        long seed = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("PredictionTest: martlet.test.seed=" + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            int kinds = 2 + random.nextInt(8);
            int[] predicted = random.ints(1 + random.nextInt(20), 0, kinds).toArray();
            int[] answer = random.ints(random.nextInt(30), 0, kinds).toArray();
            Course course = course(predicted, answer);
            assertThat(course.seen()).isBetween(0, Math.min(predicted.length, common(predicted, answer)));
            assertThat(course.foretold()).isLessThanOrEqualTo(answer.length);
        }
    }

    /** How many tokens of the first are in the second, each for itself: as many of a kind as the first has, if any. */
    private static int common(int[] predicted, int[] answer) {
        Map<Integer, Integer> there = new HashMap<>();
        for (int token : answer) {
            there.merge(token, 1, Integer::sum);
        }
        int common = 0;
        for (int token : predicted) {
            common += there.containsKey(token) ? 1 : 0;
        }
        return common;
    }
}
