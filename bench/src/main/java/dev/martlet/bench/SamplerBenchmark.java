package dev.martlet.bench;

import dev.martlet.engine.SamplerRows;
import dev.martlet.engine.Sampling;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Choosing a token from a row of logits, without a model, by the request's settings. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class SamplerBenchmark {
    /** The GGUF file whose vocabulary is chosen from. */
    static final String VOCABULARY = "martlet.bench.vocabulary";

    /** Tokens that a request with penalties has so far. */
    private static final int OUTPUT = 1_000;

    /** What the request asks for. */
    public enum Settings {
        GREEDY(0, 0, 1, 1),
        /** As when a request says nothing. */
        DEFAULT(1, 0, 1, 1),
        TOP_P(0.8f, 0, 0.95f, 1),
        TOP_K_TOP_P(0.8f, 40, 0.95f, 1),
        PENALTIES(0.8f, 0, 1, 1.1f);

        private final Sampling sampling;

        Settings(float temperature, int topK, float topP, float penalty) {
            float frequency = penalty == 1 ? 0 : 0.2f;
            sampling = new Sampling(temperature, topK, topP, 0, penalty, frequency, 0, 0, Map.of(), 1);
        }
    }

    @Param
    public Settings settings;

    /** Whether a few tokens stand out. */
    @Param({"true", "false"})
    public boolean sure;

    private SamplerRows rows;

    @Setup(Level.Trial)
    public void open() {
        rows = new SamplerRows(Path.of(System.getProperty(VOCABULARY)), settings.sampling, OUTPUT, sure);
    }

    @TearDown(Level.Trial)
    public void close() {
        rows.close();
    }

    @Benchmark
    public int row() {
        return rows.sample();
    }
}
