package dev.martlet.bench.serving;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What one run of a row gave.
 *
 * @param figures by kind; empty where the run has nothing to tell
 * @param promptTokens of all requests, as the server counted them
 * @param cachedTokens those of them that it re-used
 * @param outputTokens of all whole answers
 * @param failures what went wrong, one a request
 * @param details more numbers, by name
 */
record Run(
        Map<Figure, Double> figures,
        long promptTokens,
        long cachedTokens,
        long outputTokens,
        List<String> failures,
        Map<String, Double> details) {

    Run {
        figures = Map.copyOf(figures);
        failures = List.copyOf(failures);
        details = Map.copyOf(details);
    }

    /** A run that came to nothing. */
    static Run failed(String why) {
        return new Run(Map.of(), 0, 0, 0, List.of(why), Map.of());
    }

    /** Counts the answers; the figures are added by {@link #with}. */
    static Run of(List<Answer> answers) {
        List<String> failures = new ArrayList<>();
        answers.forEach(answer -> answer.failure().ifPresent(failures::add));
        return new Run(
                Map.of(),
                answers.stream().mapToLong(Answer::promptTokens).sum(),
                answers.stream().mapToLong(Answer::cachedTokens).sum(),
                answers.stream().mapToLong(Answer::outputTokens).sum(),
                failures,
                Map.of());
    }

    Run with(Figure figure, double value) {
        Map<Figure, Double> more = new EnumMap<>(Figure.class);
        more.putAll(figures);
        more.put(figure, value);
        return new Run(more, promptTokens, cachedTokens, outputTokens, failures, details);
    }

    Run withFailuresOf(List<Answer> answers) {
        List<String> more = new ArrayList<>(failures);
        answers.forEach(answer -> answer.failure().ifPresent(more::add));
        return new Run(figures, promptTokens, cachedTokens, outputTokens, more, details);
    }

    Run withDetails(Map<String, Double> more) {
        Map<String, Double> all = new HashMap<>(details);
        all.putAll(more);
        return new Run(figures, promptTokens, cachedTokens, outputTokens, failures, all);
    }

    /** Whether others used so much of the machine meanwhile that the figures say little. */
    boolean isDisturbed() {
        return details.getOrDefault(Bystanders.DETAIL, 0.0) > Bystanders.TOLERABLE;
    }

    boolean isWhole() {
        return failures.isEmpty() && !figures.isEmpty();
    }
}
