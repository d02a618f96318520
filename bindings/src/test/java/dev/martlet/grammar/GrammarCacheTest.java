package dev.martlet.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class GrammarCacheTest {

    private static final JsonSchemaOptions OPTIONS = JsonSchemaOptions.standard();

    @Test
    void shouldKeepWhatWasUsedLast() {
        GrammarCache cache = new GrammarCache(new TokenIndex(Vocabularies.bytesAnd()), 2);
        CompiledGrammar first = cache.jsonSchema("{\"type\":\"null\"}", OPTIONS);
        CompiledGrammar second = cache.jsonSchema("true", OPTIONS);

        assertThat(cache.jsonSchema("{\"type\":\"null\"}", OPTIONS)).isSameAs(first);
        assertThat(cache.jsonSchema("true", new JsonSchemaOptions(true, false))).isNotSameAs(second);
        assertThat(cache.jsonSchema("{\"type\":\"null\"}", OPTIONS)).isSameAs(first);
        assertThat(cache.jsonSchema("true", OPTIONS)).isNotSameAs(second);
    }

    @Test
    void shouldNotKeepFailures() {
        GrammarCache cache = new GrammarCache(new TokenIndex(Vocabularies.bytesAnd()), 2);

        assertThatThrownBy(() -> cache.jsonSchema("false", OPTIONS)).isInstanceOf(GrammarException.class);
        assertThatThrownBy(() -> cache.compiled("key", () -> Grammar.ofRegex("(")))
                .isInstanceOf(GrammarException.class);
        assertThat(cache.compiled("key", () -> Grammar.literal("a")).matcher().accept('a'))
                .isTrue();
    }

    @Test
    void shouldGiveTheSameMasksToManyThreads() throws Exception {
        TokenIndex index = new TokenIndex(Vocabularies.random(new Random(3)));
        GrammarCache cache = new GrammarCache(index, 2);
        String schema = "{\"properties\":{\"a\":{\"items\":{\"anyOf\":[{\"pattern\":\"^[ab1]*$\"},{\"minimum\":-7}]}},"
                + "\"b\":{\"maxLength\":4}},\"required\":[\"b\"]}";
        byte[] text = "{\"xé\": [true], \"a\":[\"ab\", 12, \"1\"], \"b\":\"a\\n\"}".getBytes(StandardCharsets.UTF_8);
        try (var threads = Executors.newFixedThreadPool(4)) {
            List<Future<List<long[]>>> futures = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                futures.add(threads.submit(() -> masks(cache.jsonSchema(schema, OPTIONS), text)));
            }
            List<long[]> alone = masks(Grammar.ofJsonSchema(schema).compile(index), text);
            assertThat(alone).hasSize(text.length + 1);
            for (Future<List<long[]>> future : futures) {
                List<long[]> masks = future.get();
                for (int i = 0; i < alone.size(); i++) {
                    assertThat(masks.get(i)).containsExactly(alone.get(i));
                }
            }
        }
    }

    private static List<long[]> masks(CompiledGrammar grammar, byte[] text) {
        GrammarMatcher matcher = grammar.matcher();
        List<long[]> out = new ArrayList<>();
        for (int i = 0; i <= text.length; i++) {
            long[] mask = new long[grammar.index().words()];
            matcher.mask(mask);
            out.add(mask);
            if (i < text.length) {
                assertThat(matcher.accept(text[i] & 0xff)).isTrue();
            }
        }
        return out;
    }
}
