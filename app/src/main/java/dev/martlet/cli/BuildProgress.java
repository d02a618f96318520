package dev.martlet.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads along with ninja or make, and tells now and then how far they are. */
final class BuildProgress implements Consumer<String> {
    private static final Pattern NINJA = Pattern.compile("^\\[(\\d+)/(\\d+)] .*");
    private static final Pattern MAKE = Pattern.compile("^\\[ *(\\d+)%] .*");
    private static final long STEP_NANOS = Duration.ofSeconds(10).toNanos();

    private final PrintStream to;
    private final LongSupplier clock;
    private long lastLine;

    /** @param clock nanoseconds, as System.nanoTime gives them */
    BuildProgress(PrintStream to, LongSupplier clock) {
        this.to = to;
        this.clock = clock;
        this.lastLine = clock.getAsLong();
    }

    @Override
    public void accept(String line) {
        Matcher ninja = NINJA.matcher(line);
        Matcher make = MAKE.matcher(line);
        if (ninja.matches()) {
            tell(
                    "%s of %s files".formatted(ninja.group(1), ninja.group(2)),
                    ninja.group(1).equals(ninja.group(2)));
        } else if (make.matches()) {
            tell(make.group(1) + " %", make.group(1).equals("100"));
        }
    }

    private void tell(String state, boolean last) {
        long now = clock.getAsLong();
        if (last || now - lastLine >= STEP_NANOS) {
            lastLine = now;
            to.println("martlet:   " + state);
        }
    }
}
