package dev.martlet.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The formula against llama.cpp's own account, for models of realistic size whose weights are holes in files. */
@Timeout(120)
class MemoryEstimateIT {

    private static final CacheTypes F16 = CacheTypes.of(CacheType.F16);
    private static final SparseModel MHA = new SparseModel("llama", 4_096, 32, 32, 32, 128, 11_008, 0, 0, 32_000, true);
    private static final SparseModel GQA = new SparseModel("llama", 4_096, 32, 32, 8, 128, 14_336, 0, 0, 32_000, true);
    private static final SparseModel SMALL =
            new SparseModel("llama", 3_072, 28, 24, 8, 128, 8_192, 0, 0, 32_000, false);
    private static final SparseModel WORDS =
            new SparseModel("qwen2", 1_536, 28, 12, 2, 128, 8_960, 0, 0, 151_936, false);
    private static final SparseModel MOE =
            new SparseModel("qwen3moe", 2_048, 48, 32, 4, 128, 768, 128, 8, 32_000, true);
    private static final SparseModel WINDOWS =
            new SparseModel("gemma3", 2_560, 34, 8, 4, 256, 10_240, 0, 0, 64_000, false);

    private static final List<String> TABLE = new ArrayList<>();

    @TempDir
    private Path folder;

    private static Arguments shape(String name, SparseModel model, int tokens, CacheTypes types, boolean flash) {
        return Arguments.of(name, model, new ContextShape(tokens, 512, 128, 36, types, flash));
    }

    static List<Arguments> shapes() {
        return List.of(
                shape("dense, all heads", MHA, 4_096, F16, true),
                shape("grouped heads", GQA, 8_192, F16, true),
                shape("grouped heads, no flash attention", GQA, 8_192, F16, false),
                shape("large vocabulary", WORDS, 8_192, F16, true),
                shape("quantised cache", GQA, 16_384, CacheTypes.of(CacheType.Q8_0), true),
                shape(
                        "quantised keys, no flash attention",
                        GQA,
                        4_096,
                        new CacheTypes(CacheType.Q8_0, CacheType.F16),
                        false),
                shape("long context", SMALL, 65_536, F16, true),
                shape("experts", MOE, 16_384, F16, true),
                shape("sliding windows", WINDOWS, 8_192, F16, true));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shapes")
    void shouldBeWhatLlamaCppWouldTake(String name, SparseModel model, ContextShape context) throws IOException {
        Path file = model.write(folder.resolve("model.gguf"));
        MemoryUse ours = MemoryEstimate.onHost(ModelShape.read(file), context);
        MemoryUse theirs = DryRun.of(file, 0, context).getFirst();
        TABLE.add(row(name, ours, theirs));
        assertThat(ours.total()).as("all").isCloseTo(theirs.total(), withinPercentage(5));
        assertThat(ours.weights()).as("weights").isCloseTo(theirs.weights(), withinPercentage(5));
        assertThat(ours.cache()).as("cache").isEqualTo(theirs.cache());
    }

    @AfterAll
    static void show() {
        System.out.println("memory in MB: shape, part, ours, llama.cpp's, off by");
        TABLE.forEach(System.out::print);
    }

    private static String row(String name, MemoryUse ours, MemoryUse theirs) {
        return part(name, "all", ours.total(), theirs.total())
                + part(name, "weights", ours.weights(), theirs.weights())
                + part(name, "cache", ours.cache(), theirs.cache())
                + part(name, "compute", ours.compute(), theirs.compute());
    }

    private static String part(String name, String part, long ours, long theirs) {
        return String.format(
                Locale.ROOT,
                "%-36s %-8s %9.1f %9.1f %6.1f %%%n",
                name,
                part,
                ours / 1e6,
                theirs / 1e6,
                100.0 * (ours - theirs) / Math.max(theirs, 1));
    }
}
