package dev.martlet.cli;

import dev.martlet.access.Access;
import dev.martlet.access.AccessException;
import dev.martlet.access.ApiKeys;
import dev.martlet.access.TlsIdentity;
import dev.martlet.server.ServerConfig;
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
            hideParamSyntax = true,
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
            description = "Show /metrics and /v1/engine without a key (default: where keys are set, with one).")
    private boolean openMetrics;

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "Speak HTTPS with this PEM certificate and its chain (default: plain HTTP).")
    private Optional<Path> certificate = Optional.empty();

    @Option(
            names = "--tls-key",
            paramLabel = "FILE",
            description = "Its private key, PEM and not encrypted (default: in the file of --tls-cert).")
    private Optional<Path> key = Optional.empty();

    /**
     * The configuration with these.
     *
     * @throws CommandFailure naming the flag or the file that is wrong
     */
    ServerConfig addTo(ServerConfig config) {
        try {
            Access access = Access.open().withKeys(ApiKeys.of(keys, keyFile)).withOpenMetrics(openMetrics);
            ServerConfig guarded =
                    config.withAccess(keyQueue.map(access::withKeyQueue).orElse(access));
            return identity().map(guarded::withTls).orElse(guarded);
        } catch (AccessException | IllegalArgumentException e) {
            throw new CommandFailure(e.getMessage(), e);
        }
    }

    private Optional<TlsIdentity> identity() {
        if (certificate.isEmpty() && key.isPresent()) {
            throw new CommandFailure("--tls-key needs --tls-cert");
        }
        return certificate.map(file -> TlsIdentity.read(file, key.orElse(file)));
    }
}
