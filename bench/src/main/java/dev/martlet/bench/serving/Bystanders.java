package dev.martlet.bench.serving;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How much of the machine others used during a run: with compute threads that spin, a little of that makes every figure
 * worthless. On Linux; elsewhere it tells 0.
 */
final class Bystanders {
    /** What a run tells it as, a share of all processors. */
    static final String DETAIL = "others_cpu";

    /** More than this and the run is told to be disturbed. */
    static final double TOLERABLE = 0.05;

    /** Ticks a second in {@code /proc/stat}, on every Linux there is. */
    private static final double TICKS = 100;

    private final long pid;
    private final long begin = System.nanoTime();
    private final double busy;
    private final double ours;

    private Bystanders(long pid) {
        this.pid = pid;
        this.busy = busySeconds(stat());
        this.ours = ours(pid);
    }

    /** Begins to watch. @param pid the server that is measured */
    static Bystanders watch(long pid) {
        return new Bystanders(pid);
    }

    /** The share of all processors that neither this program nor the server used since then, 0 to 1. */
    double share() {
        double seconds = (System.nanoTime() - begin) / 1e9;
        double others = busySeconds(stat()) - busy - (ours(pid) - ours);
        double all = seconds * Runtime.getRuntime().availableProcessors();
        return Math.clamp(others / all, 0.0, 1.0);
    }

    /** Seconds that all processors worked or were taken away, of the first line of {@code /proc/stat}. */
    static double busySeconds(List<String> stat) {
        if (stat.isEmpty()) {
            return 0;
        }
        String[] fields = stat.getFirst().split("\\s+");
        double ticks = 0;
        for (int i = 1; i < Math.min(fields.length, 9); i++) {
            if (i != 4 && i != 5) { // idle and waiting for a disk
                ticks += Double.parseDouble(fields[i]);
            }
        }
        return ticks / TICKS;
    }

    private static double ours(long pid) {
        return seconds(ProcessHandle.current())
                + ProcessHandle.of(pid).map(Bystanders::seconds).orElse(0.0);
    }

    private static double seconds(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9;
    }

    private static List<String> stat() {
        try {
            return Files.readAllLines(Path.of("/proc/stat"));
        } catch (IOException e) {
            return List.of(); // not Linux
        }
    }
}
