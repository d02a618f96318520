package dev.martlet.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.model.Vocabulary;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Real schemas of MaskBench (guidance-ai/jsonschemabench) with instances, token by token. */
class MaskBenchTest {

    /** Longest match first, as good a tokenisation as any. */
    private static int[] tokens(Vocabulary vocabulary, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] out = new int[bytes.length];
        int count = 0;
        for (int at = 0; at < bytes.length; ) {
            int best = bytes[at] & 0xff;
            for (int token = 256; token < vocabulary.size(); token++) {
                byte[] spelled = vocabulary.bytes(token);
                if (!vocabulary.isControl(token)
                        && spelled.length > vocabulary.length(best)
                        && at + spelled.length <= bytes.length
                        && Arrays.equals(spelled, 0, spelled.length, bytes, at, at + spelled.length)) {
                    best = token;
                }
            }
            out[count++] = best;
            at += vocabulary.length(best);
        }
        return Arrays.copyOf(out, count);
    }

    @Test
    void shouldPassTheSampleAndAcceptNothingInvalid() throws IOException {
        Vocabulary vocabulary = Vocabularies.random(new Random(7));
        MaskBench bench = new MaskBench(vocabulary, text -> tokens(vocabulary, text));
        Map<MaskBench.Outcome, Integer> counts = new EnumMap<>(MaskBench.Outcome.class);
        StringBuilder failures = new StringBuilder();
        for (String line : lines()) {
            MaskBench.Result result = bench.run(line);
            counts.merge(result.outcome(), 1, Integer::sum);
            if (result.outcome() != MaskBench.Outcome.PASSED) {
                failures.append(result).append('\n');
            }
            if (result.outcome() == MaskBench.Outcome.COMPILE_ERROR) {
                assertThat(result.detail()).as(result.id()).matches("[A-Z_]+ .+ \\(at (/\\S*|the root)\\)");
            }
        }

        assertThat(counts)
                .as(failures.toString())
                .isEqualTo(Map.of(MaskBench.Outcome.PASSED, 62, MaskBench.Outcome.COMPILE_ERROR, 8));
    }

    private static List<String> lines() throws IOException {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                MaskBenchTest.class.getResourceAsStream("maskbench-sample.jsonl"), StandardCharsets.UTF_8))) {
            return in.lines().toList();
        }
    }
}
