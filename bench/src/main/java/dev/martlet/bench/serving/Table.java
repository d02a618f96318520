package dev.martlet.bench.serving;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** The results as lines of text: medians, and how many times better Martlet is than the peer's best configuration. */
final class Table {
    private static final String FORMAT = "%-10s %-26s %12s %12s %8s  %-26s %s";

    private Table() {}

    static List<String> lines(List<RowResult> rows) {
        List<String> lines = new ArrayList<>();
        lines.add(line("row", "figure", "Martlet", "llama-server", "ratio", "its configuration", "without a server"));
        for (RowResult row : rows) {
            for (Figure figure : row.workload().figures()) {
                lines.add(line(
                        row.workload().id(),
                        figure.label() + ", " + figure.unit(),
                        number(row.martlet().median(figure)),
                        number(row.best(figure).map(best -> best.median(figure)).orElse(OptionalDouble.empty())),
                        times(row.ratio(figure)),
                        row.best(figure).map(Series::name).orElse("none came to an end"),
                        reference(row.reference(), figure)));
            }
        }
        return lines;
    }

    /** A number with three digits that count. */
    static String number(double value) {
        double size = Math.abs(value);
        String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }

    static String number(OptionalDouble value) {
        return value.isPresent() ? number(value.getAsDouble()) : "-";
    }

    static String times(OptionalDouble ratio) {
        return ratio.isPresent() ? String.format(Locale.ROOT, "%.2fx", ratio.getAsDouble()) : "-";
    }

    private static String reference(Optional<Series> reference, Figure figure) {
        return reference
                .filter(series -> series.median(figure).isPresent())
                .map(series -> number(series.median(figure)) + " (" + series.name() + ")")
                .orElse("");
    }

    private static String line(Object... cells) {
        return String.format(Locale.ROOT, FORMAT, cells).stripTrailing();
    }
}
