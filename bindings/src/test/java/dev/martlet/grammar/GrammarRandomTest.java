package dev.martlet.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.model.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random schemas against a plain validator, and masks against trying each token. */
class GrammarRandomTest {

    private static final int SCHEMAS = 1_000;
    private static final int INSTANCES = 12;
    private static final int STEPS = 25;

    @Test
    void shouldAcceptJustWhatAValidatorDoesAndNeverRunIntoADeadEnd() {
        long seed = Long.getLong("martlet.seed", System.nanoTime());
        System.out.println("GrammarRandomTest seed " + seed);
        Random random = new Random(seed);
        Vocabulary vocabulary = Vocabularies.random(random);
        TokenIndex index = new TokenIndex(vocabulary);
        RandomSchemas schemas = new RandomSchemas(random);
        Map<GrammarException.Reason, Integer> refused = new EnumMap<>(GrammarException.Reason.class);
        int accepted = 0;
        for (int i = 0; i < SCHEMAS; i++) {
            JsonValue schema = schemas.schema();
            String text = MaskBench.written(schema);
            SchemaReference reference = new SchemaReference(schema);
            CompiledGrammar grammar;
            try {
                grammar = Grammar.ofJsonSchema(text).compile(index);
            } catch (GrammarException e) {
                refused.merge(e.reason(), 1, Integer::sum);
                if (e.reason() == GrammarException.Reason.UNSATISFIABLE) {
                    for (int n = 0; n < INSTANCES; n++) {
                        JsonValue value = schemas.value(3);
                        assertThat(reference.valid(value))
                                .as("seed %d: %s for the unsatisfiable %s", seed, MaskBench.written(value), text)
                                .isFalse();
                    }
                }
                continue;
            }
            for (int n = 0; n < INSTANCES; n++) {
                JsonValue value = schemas.value(3);
                String instance = MaskBench.written(value);
                GrammarMatcher matcher = grammar.matcher();
                boolean taken = matcher.acceptBytes(instance.getBytes(StandardCharsets.UTF_8)) && matcher.mayEnd();
                assertThat(taken)
                        .as("seed %d: %s under %s", seed, instance, text)
                        .isEqualTo(reference.valid(value));
                accepted += taken ? 1 : 0;
            }
            walk(grammar, random, "seed " + seed + ": " + text);
        }
        System.out.println("refused " + refused + ", instances accepted " + accepted);
        assertThat(refused.getOrDefault(GrammarException.Reason.UNSUPPORTED, 0)).isZero();
        assertThat(refused.values().stream().mapToInt(n -> n).sum()).isLessThan(SCHEMAS / 2);
        assertThat(accepted).isGreaterThan(SCHEMAS);
    }

    private static void walk(CompiledGrammar grammar, Random random, String what) {
        GrammarMatcher matcher = grammar.matcher();
        Vocabulary vocabulary = grammar.index().vocabulary();
        long[] mask = new long[grammar.index().words()];
        StringBuilder path = new StringBuilder();
        for (int step = 0; step < STEPS && !matcher.finished(); step++) {
            matcher.mask(mask);
            int[] allowed = new int[vocabulary.size()];
            int count = 0;
            for (int token = 0; token < vocabulary.size(); token++) {
                boolean fast = (mask[token >> 6] >>> token & 1) != 0;
                boolean slow = matcher.copy().accept(token);
                if (fast != slow) {
                    assertThat(fast)
                            .as(
                                    "%s: token %s after %s",
                                    what, new String(vocabulary.bytes(token), StandardCharsets.UTF_8), path)
                            .isEqualTo(slow);
                }
                if (fast) {
                    allowed[count++] = token;
                }
            }
            assertThat(count).as("%s: allowed after %s", what, path).isPositive();
            int next = allowed[random.nextInt(count)];
            path.append(new String(vocabulary.bytes(next), StandardCharsets.UTF_8));
            assertThat(matcher.accept(next)).isTrue();
        }
    }
}
