package dev.martlet.bench.serving;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A row as it was measured.
 *
 * @param cells of the KV cache that each server was given
 * @param martlet our runs
 * @param peers the peer's, one series a configuration
 * @param reference the same work without a server, where there is such a thing
 * @param mismatches rounds in that the servers did not get the same prompts, a line each
 */
record RowResult(
        Workload workload,
        int cells,
        Series martlet,
        List<Series> peers,
        Optional<Series> reference,
        List<String> mismatches) {

    RowResult {
        peers = List.copyOf(peers);
        mismatches = List.copyOf(mismatches);
    }

    /** The peer's configuration that is best by this figure's median; none where none came to it. */
    Optional<Series> best(Figure figure) {
        Series best = null;
        for (Series peer : peers) {
            OptionalDouble value = peer.median(figure);
            if (value.isPresent()
                    && (best == null
                            || figure.isBetter(
                                    value.getAsDouble(), best.median(figure).getAsDouble()))) {
                best = peer;
            }
        }
        return Optional.ofNullable(best);
    }

    /** How many times better Martlet is than the best configuration of the peer. */
    OptionalDouble ratio(Figure figure) {
        Optional<Series> best = best(figure);
        OptionalDouble ours = martlet.median(figure);
        if (best.isEmpty() || ours.isEmpty()) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(
                figure.ratio(ours.getAsDouble(), best.get().median(figure).getAsDouble()));
    }

    /** Runs that others disturbed. */
    long disturbed() {
        return all().stream()
                .flatMap(series -> series.runs().stream())
                .filter(Run::isDisturbed)
                .count();
    }

    /** What went wrong, a line each; a configuration of the peer that took too long is no failure. */
    List<String> failures() {
        List<String> failures = new ArrayList<>();
        mismatches.forEach(why -> failures.add(workload.id() + ": " + why));
        for (Series series : all()) {
            for (Run run : series.runs()) {
                run.failures().forEach(why -> failures.add(workload.id() + ", " + series.name() + ": " + why));
            }
        }
        return failures;
    }

    private List<Series> all() {
        List<Series> all = new ArrayList<>(List.of(martlet));
        all.addAll(peers);
        reference.ifPresent(all::add);
        return all;
    }
}
