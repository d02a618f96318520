package dev.martlet.bench;

import java.nio.file.Path;

/** The model that the benchmarks' forked JVMs run, handed over as system properties. */
final class BenchModel {
    static final String FILE = "martlet.bench.model";
    static final String THREADS = "martlet.bench.threads";

    private BenchModel() {}

    static Path file() {
        return Path.of(System.getProperty(FILE));
    }

    static int threads() {
        return Integer.getInteger(THREADS);
    }
}
