package dev.martlet.bench;

import dev.martlet.engine.SchedulerTurns;
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

/**
 * The engine's own work by the number of running requests: planning a step, taking its results in and handing each token
 * to its reader, without a model. The counter is the time of a token.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class SchedulerBenchmark {

    /** Requests at once. */
    @Param({"1", "16", "64", "255"})
    public int running;

    private SchedulerTurns turns;

    @Setup
    public void start() {
        turns = new SchedulerTurns(running);
    }

    @Benchmark
    public void step(TokenCounter counter) {
        counter.tokens += turns.turn();
    }
}
