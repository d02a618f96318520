package dev.martlet.chat.template;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;

/** The model templates of llama.cpp's bundle, which the build unpacks, and the golden prompts made with them. */
final class Bundle {
    private static final String PROPERTY = "martlet.llama.templates";

    private Bundle() {}

    static Path directory() {
        String directory = System.getProperty(PROPERTY);
        assertThat(directory)
                .as("system property %s: the directory of llama.cpp's models/templates", PROPERTY)
                .isNotNull();
        assertThat(Path.of(directory)).isDirectory();
        return Path.of(directory);
    }

    static List<Path> files() {
        try (var files = Files.list(directory())) {
            return files.filter(file -> file.toString().endsWith(".jinja"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String source(String name) {
        try {
            return Files.readString(directory().resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonObject golden() {
        try (var in = Bundle.class.getResourceAsStream("templates.json");
                var reader = Json.createReader(in)) {
            return reader.readObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Clock clock(String now) {
        return Clock.fixed(LocalDateTime.parse(now).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
    }
}
