package dev.martlet.bench.serving;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** The runs of one row on one server. Not thread-safe. */
final class Series {
    private final String name;
    private final List<String> command;
    private final List<Run> runs = new ArrayList<>();
    private Optional<String> leftOut = Optional.empty();

    /** @param command as it was started; the port differs from run to run */
    Series(String name, List<String> command) {
        this.name = name;
        this.command = List.copyOf(command);
    }

    String name() {
        return name;
    }

    List<String> command() {
        return command;
    }

    List<Run> runs() {
        return List.copyOf(runs);
    }

    void add(Run run) {
        runs.add(run);
    }

    /** Why no more runs were made, where that is so. */
    Optional<String> leftOut() {
        return leftOut;
    }

    void leaveOut(String why) {
        leftOut = Optional.of(why);
    }

    /** The median of the runs that gave this figure. */
    OptionalDouble median(Figure figure) {
        List<Double> values = runs.stream()
                .filter(run -> run.figures().containsKey(figure))
                .map(run -> run.figures().get(figure))
                .toList();
        return values.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Stats.median(values));
    }
}
