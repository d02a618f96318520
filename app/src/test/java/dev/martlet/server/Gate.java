package dev.martlet.server;

import dev.martlet.engine.ScriptedStepRunner;
import java.util.concurrent.Semaphore;

/** Holds an engine before each of its steps until a test lets it go on. */
final class Gate {
    private final Semaphore steps = new Semaphore(0);
    private final ScriptedStepRunner runner;

    Gate(ScriptedStepRunner runner) {
        this.runner = runner;
        runner.beforeStep(steps::acquireUninterruptibly);
    }

    /** Lets some steps run. */
    void step(int count) {
        steps.release(count);
    }

    /** Whether the engine waits here. */
    boolean holds() {
        return steps.hasQueuedThreads();
    }

    /** Holds no longer. */
    void open() {
        runner.beforeStep(() -> {});
        steps.release(1_000_000);
    }
}
