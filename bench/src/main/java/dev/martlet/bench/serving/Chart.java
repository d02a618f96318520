package dev.martlet.bench.serving;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The results as a picture: for each row its first figure, a bar for each server and one for the work without a server,
 * to a scale of the row's own. Colours are of middle brightness and the ground is clear, for light and dark pages.
 */
final class Chart {
    private static final int WIDTH = 840;
    private static final int MARGIN = 16;
    private static final int LABEL = 120;
    private static final int BAR = 16;
    private static final int PITCH = 22;
    private static final int TITLE = 26;
    private static final int GAP = 18;
    /** Room to the right of the longest bar, for its number. */
    private static final int NUMBERS = 280;

    private static final String OURS = "#2f81f7";
    private static final String THEIRS = "#a371f7";
    private static final String BARE = "#8b949e";

    private final StringBuilder svg = new StringBuilder();
    private int y = MARGIN;

    private Chart() {}

    /** One bar. */
    private record Bar(String label, double value, String colour, String text) {}

    static String svg(List<RowResult> rows) {
        return new Chart().draw(rows);
    }

    private String draw(List<RowResult> rows) {
        rows.forEach(this::row);
        return String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" \
                aria-label="Martlet beside llama-server">
                <style>text { font: 13px system-ui, sans-serif; fill: #7d8590 } .title { font-weight: 600 }</style>
                %s</svg>
                """, WIDTH, y, WIDTH, y, svg);
    }

    private void row(RowResult row) {
        Figure figure = row.workload().figures().getFirst();
        List<Bar> bars = new ArrayList<>();
        row.martlet()
                .median(figure)
                .ifPresent(value -> bars.add(new Bar(
                        "Martlet",
                        value,
                        OURS,
                        Table.number(value) + " " + figure.unit() + better(row.ratio(figure)))));
        row.best(figure).ifPresent(best -> {
            double value = best.median(figure).orElseThrow();
            bars.add(new Bar(
                    "llama-server",
                    value,
                    THEIRS,
                    Table.number(value) + " " + figure.unit() + " (" + best.name() + ")"));
        });
        Optional<Series> reference =
                row.reference().filter(series -> series.median(figure).isPresent());
        reference.ifPresent(series -> {
            double value = series.median(figure).orElseThrow();
            bars.add(new Bar(series.name(), value, BARE, Table.number(value) + " " + figure.unit()));
        });

        text(MARGIN, y + 14, "title", row.workload().title() + ": " + figure.label());
        y += TITLE;
        double most = bars.stream().mapToDouble(Bar::value).max().orElse(0);
        for (Bar bar : bars) {
            double scale = most > 0 ? Math.max(0, bar.value()) / most : 0;
            int width = Math.max(1, (int) Math.round((WIDTH - LABEL - NUMBERS - MARGIN) * scale));
            text(MARGIN, y + 13, "label", bar.label());
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\" fill=\"%s\"/>%n",
                    LABEL,
                    y,
                    width,
                    BAR,
                    bar.colour()));
            text(LABEL + width + 6, y + 13, "value", bar.text());
            y += PITCH;
        }
        y += GAP;
    }

    private static String better(OptionalDouble ratio) {
        return ratio.isPresent() ? ", " + Table.times(ratio) : "";
    }

    private void text(int x, int baseline, String kind, String text) {
        svg.append(String.format(
                Locale.ROOT, "<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>%n", x, baseline, kind, escape(text)));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
