package dev.martlet.cli;

import java.nio.file.Path;

/** The folder that holds everything fetched: {@code MARTLET_HOME}, or {@code ~/.cache/martlet}. */
final class MartletHome {
    private MartletHome() {}

    static Path path() {
        String configured = System.getenv("MARTLET_HOME");
        return configured == null || configured.isBlank()
                ? Path.of(System.getProperty("user.home"), ".cache", "martlet")
                : Path.of(configured);
    }
}
