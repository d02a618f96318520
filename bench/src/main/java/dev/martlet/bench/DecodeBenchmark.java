package dev.martlet.bench;

import dev.martlet.engine.Generation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Decode throughput of the whole engine by the number of requests at once: each makes 128 tokens from a one-token
 * prompt, as {@code llama-bench -n 128} does for one.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Benchmark)
@Fork(2)
@Warmup(iterations = 2, time = 5)
@Measurement(iterations = 3, time = 5)
public class DecodeBenchmark {
    private static final int TOKENS = 128;

    /** Requests at once. */
    @Param({"1", "2", "4", "8", "16"})
    public int batch;

    private BenchModel model;
    private final List<int[]> prompts = new ArrayList<>();

    @Setup
    public void open() {
        model = new BenchModel(batch);
        for (int i = 0; i < batch; i++) {
            prompts.add(model.prompt(1, i));
        }
    }

    @TearDown
    public void close() {
        model.close();
    }

    @Benchmark
    public void decode(TokenCounter counter) throws InterruptedException {
        List<Generation> generations = new ArrayList<>(batch);
        for (int[] prompt : prompts) {
            generations.add(model.generate(prompt, TOKENS));
        }
        for (Generation generation : generations) {
            counter.tokens += BenchModel.read(generation);
        }
    }
}
