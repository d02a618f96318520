package dev.martlet.bench;

import dev.martlet.engine.PrefixTurns;
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
import org.openjdk.jmh.annotations.Warmup;

/** The prefix tree's operations, by the number of conversations of 4,000 tokens that it holds. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class PrefixTreeBenchmark {

    @Param({"16", "64", "240"})
    public int held;

    private PrefixTurns turns;

    @Setup
    public void fill() {
        turns = new PrefixTurns(held);
    }

    @Benchmark
    public int match() {
        return turns.match();
    }

    @Benchmark
    public int replace() {
        return turns.replace();
    }

    @Benchmark
    public int oldest() {
        return turns.oldest();
    }

    @Benchmark
    public int idleTokens() {
        return turns.idleTokens();
    }
}
