package dev.martlet.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The automata of words against Java's own regular expressions and arithmetic. */
class WordsRandomTest {

    private static final String[] ATOMS = {
        "a", "b", "é", "😀", ".", "[ab]", "[^a]", "[^b-é]", "\\n", "\\w", "\\D", "(?:ab)", "[\\d\\s]", "\\u00e9"
    };
    private static final String[] LETTERS = {"a", "b", "c", "é", "😀", "\n", "1", " ", "ab"};

    private final long seed = Long.getLong("martlet.seed", System.nanoTime());
    private final Random random = new Random(seed);

    private <T> T one(T[] of) {
        return of[random.nextInt(of.length)];
    }

    private String regex(int depth) {
        StringBuilder out = new StringBuilder();
        for (int i = random.nextInt(4); i >= 0; i--) {
            String atom = depth > 0 && random.nextInt(3) == 0 ? "(" + regex(depth - 1) + ")" : one(ATOMS);
            out.append(atom).append(one(new String[] {"", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,3}?", "{2,}"}));
            if (random.nextInt(6) == 0) {
                out.append('|');
            }
        }
        return out.toString();
    }

    private String anchored() {
        return switch (random.nextInt(6)) {
            case 0 -> "^" + regex(1);
            case 1 -> regex(1) + "$";
            case 2 -> "(^" + regex(1) + "|" + regex(1) + "$)";
            case 3 -> "^(?!" + regex(1) + ")" + regex(1) + "$";
            case 4 -> regex(0) + "(?=" + regex(1) + ")" + regex(1);
            default -> regex(2);
        };
    }

    private String text() {
        StringBuilder out = new StringBuilder();
        for (int i = random.nextInt(7); i > 0; i--) {
            out.append(one(LETTERS));
        }
        return out.toString();
    }

    @Test
    void shouldMatchWhatJavaMatches() {
        System.out.println("WordsRandomTest seed " + seed);
        int matches = 0;
        int refused = 0;
        for (int i = 0; i < 200; i++) {
            String regex = anchored();
            Pattern java = Pattern.compile(regex.replace("$", "\\z"), Pattern.UNIX_LINES);
            Dfa searching;
            Dfa matching;
            try {
                searching = RegexParser.searching(regex, new Budget(Budget.DEFAULT));
                matching = RegexParser.matching(regex, new Budget(Budget.DEFAULT));
            } catch (GrammarException e) {
                assertThat(e.reason()).as(regex).isEqualTo(GrammarException.Reason.TOO_COMPLEX);
                refused++;
                continue;
            }
            for (int n = 0; n < 30; n++) {
                String text = text();
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                boolean found = java.matcher(text).find();
                matches += found ? 1 : 0;
                assertThat(searching.accepts(bytes))
                        .as("seed %d: finding %s in [%s]", seed, regex, text)
                        .isEqualTo(found);
                assertThat(matching.accepts(bytes))
                        .as("seed %d: %s for all of [%s]", seed, regex, text)
                        .isEqualTo(java.matcher(text).matches());
            }
        }
        assertThat(refused).isLessThan(10);
        assertThat(matches).isBetween(300, 5_700);
    }

    private BigDecimal decimal() {
        BigDecimal value = BigDecimal.valueOf(random.nextInt(4_000) - 2_000, random.nextInt(4));
        return random.nextInt(8) == 0 ? value.movePointRight(random.nextInt(12)) : value;
    }

    @Test
    void shouldCompareNumbersAsArithmeticDoes() {
        Budget budget = new Budget(Long.MAX_VALUE);
        for (int i = 0; i < 100; i++) {
            BigDecimal bound = Numbers.decimal(decimal().toString());
            BigDecimal step =
                    Numbers.decimal(decimal().abs().max(new BigDecimal("0.01")).toString());
            boolean exclusive = random.nextBoolean();
            Numbers low = Numbers.atLeast(bound, exclusive, budget);
            Numbers high = Numbers.atMost(bound, exclusive, budget);
            Numbers equal = Numbers.of(bound, budget);
            boolean small = step.unscaledValue().bitLength() < 9 && step.scale() >= 0;
            Numbers multiples = small ? Numbers.multiplesOf(step, budget) : Numbers.ALL;
            for (int n = 0; n < 40; n++) {
                BigDecimal value = switch (n % 4) {
                    case 0 -> bound.add(BigDecimal.valueOf(random.nextInt(5) - 2, random.nextInt(5)));
                    case 1 -> step.multiply(BigDecimal.valueOf(random.nextInt(50) - 25));
                    default -> decimal();
                };
                byte[] written = value.toPlainString().getBytes(StandardCharsets.US_ASCII);
                int order = value.compareTo(bound);
                String what = "seed " + seed + ": " + value.toPlainString() + " and " + bound + " by " + step;
                assertThat(low.spellings().accepts(written)).as(what).isEqualTo(exclusive ? order > 0 : order >= 0);
                assertThat(high.spellings().accepts(written)).as(what).isEqualTo(exclusive ? order < 0 : order <= 0);
                assertThat(equal.spellings().accepts(written)).as(what).isEqualTo(order == 0);
                if (small) {
                    assertThat(multiples.spellings().accepts(written))
                            .as(what)
                            .isEqualTo(value.remainder(step).signum() == 0);
                }
            }
        }
    }
}
