package dev.martlet.cli;

import dev.martlet.access.Access;
import dev.martlet.access.AccessException;
import dev.martlet.access.ApiKeys;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags of {@code serve} that are about who may use it. */
final class AccessSettings {

    @Option(
            names = "--api-key",
            paramLabel = "KEY",
            split = ",",
            description = "A key that clients need; repeatable. A file keeps it from other eyes (default: none).")
    private List<String> keys = List.of();

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "Keys, a line each, with names and limits; read again when it changes (default: none).")
    private Optional<Path> keyFile = Optional.empty();

    @Option(
            names = "--queue-per-key",
            paramLabel = "N",
            description = "Most requests of one key that wait; more get 429 (default: what --queue allows).")
    private Optional<Integer> keyQueue = Optional.empty();

    @Option(
            names = "--open-metrics",
            description = "Show /metrics and /v1/engine without a key, too (default: where keys are set, with one).")
    private boolean openMetrics;

    /** @throws CommandFailure naming the flag or the file that is wrong */
    Access toAccess() {
        try {
            Access access = Access.open().withKeys(ApiKeys.of(keys, keyFile)).withOpenMetrics(openMetrics);
            return keyQueue.map(access::withKeyQueue).orElse(access);
        } catch (AccessException | IllegalArgumentException e) {
            throw new CommandFailure(e.getMessage(), e);
        }
    }
}
