package dev.martlet.bench;

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

/** Prefill throughput of the whole engine by the length of the prompt, as {@code llama-bench -p} measures it. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Benchmark)
@Fork(2)
@Warmup(iterations = 2, time = 5)
@Measurement(iterations = 3, time = 5)
public class PrefillBenchmark {

    /** Length of the prompt in tokens. */
    @Param({"64", "512", "2048"})
    public int promptTokens;

    private BenchModel model;
    private int[] prompt;

    @Setup
    public void open() {
        model = new BenchModel(1);
        prompt = model.prompt(promptTokens, 0);
    }

    @TearDown
    public void close() {
        model.close();
    }

    @Benchmark
    public void prefill(TokenCounter counter) throws InterruptedException {
        BenchModel.read(model.generate(prompt, 1));
        counter.tokens += promptTokens;
    }
}
