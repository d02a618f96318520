package dev.martlet.cli;

import dev.martlet.model.LoadListener;
import java.io.PrintStream;
import java.time.Duration;

/** Tells of a model being loaded, a line every two seconds, so that a quick load says nothing. */
final class Progress implements LoadListener {
    private static final long STEP_NANOS = Duration.ofSeconds(2).toNanos();

    private final String what;
    private final PrintStream to;
    private long lastLine = System.nanoTime();

    Progress(String what, PrintStream to) {
        this.what = what;
        this.to = to;
    }

    @Override
    public boolean loaded(double fraction) {
        long now = System.nanoTime();
        if (now - lastLine >= STEP_NANOS) {
            lastLine = now;
            to.printf("martlet: %s, %.0f %%%n", what, fraction * 100);
        }
        return true;
    }
}
