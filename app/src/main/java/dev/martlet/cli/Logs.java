package dev.martlet.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.logging.LogManager;

/** The log's set-up: that of {@code logging.properties}, unless the user names a file of his own. */
final class Logs {
    private static final String OWN_FILE = "java.util.logging.config.file";

    private Logs() {}

    static void configure() {
        if (System.getProperty(OWN_FILE) != null) {
            return;
        }
        try (InputStream settings = Logs.class.getResourceAsStream("logging.properties")) {
            LogManager.getLogManager().readConfiguration(settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
