package dev.martlet.bench.serving;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Results as if measured: two rounds of a fan-out with a reference. */
final class Results {
    static final FanOut FAN_OUT = new FanOut("fanout", 16, 900, 970, 16);

    private Results() {}

    /** Martlet 4 s, the peer's configurations "default" 12 s and "large" 8 s, "slow" none; 2 s without a server. */
    static RowResult fanOut() {
        Series slow = new Series("slow <&>", List.of("llama-server"));
        slow.leaveOut("took longer than 1 s");
        return new RowResult(
                FAN_OUT,
                4096,
                series("martlet", 3, 5),
                List.of(series("default", 12, 12), series("large", 7, 9), slow),
                Optional.of(series("C API", 2, 2)),
                List.of());
    }

    static Series series(String name, double... walls) {
        Series series = new Series(name, List.of(name, "--port", "0"));
        for (double wall : walls) {
            series.add(run(wall));
        }
        return series;
    }

    static Run run(double wall) {
        return new Run(Map.of(Figure.WALL, wall), 16_000, 100, 256, List.of(), Map.of());
    }
}
