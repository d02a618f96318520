package dev.martlet.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiKeysTest {
    private static final Logger LOGGER = Logger.getLogger(ApiKeys.class.getName());

    @TempDir
    private Path folder;

    private Path file;
    private final AtomicLong clock = new AtomicLong();
    private final List<String> logged = new ArrayList<>();
    private final Handler listener = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            logged.add(entry.getLevel() + " " + new SimpleFormatter().formatMessage(entry));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        file = folder.resolve("keys");
        LOGGER.addHandler(listener);
    }

    @AfterEach
    void stopListening() {
        LOGGER.removeHandler(listener);
    }

    /** Writes the file at another time than before, so that it has changed for sure. */
    private void write(String text) throws IOException {
        FileTime before = Files.exists(file) ? Files.getLastModifiedTime(file) : FileTime.fromMillis(0);
        Files.writeString(file, text);
        Files.setLastModifiedTime(file, FileTime.fromMillis(before.toMillis() + 1_000));
    }

    private ApiKeys keys(String... given) {
        return new ApiKeys(List.of(given), Optional.of(file), clock::get);
    }

    private void second() {
        clock.addAndGet(Duration.ofSeconds(1).toNanos());
    }

    @Test
    void shouldKnowItsKeysAndNoOthers() throws IOException {
        write("sk-filed name=filed\n");
        ApiKeys keys = keys("sk-given");
        assertThat(keys.areNeeded()).isTrue();
        assertThat(keys.find("sk-given").orElseThrow().name())
                .isEqualTo(KeyHash.of("sk-given").shown());
        assertThat(keys.find("sk-filed").orElseThrow().name()).isEqualTo("filed");
        for (String other : List.of("", "sk-", "sk-give", "sk-given ", "SK-GIVEN", "sk-givenn", "sha256:")) {
            assertThat(keys.find(other)).as(other).isEmpty();
        }
        assertThat(keys.find(KeyHash.of("sk-filed").written()))
                .as("the hash is no key")
                .isEmpty();
        assertThat(ApiKeys.none().areNeeded()).isFalse();
    }

    @Test
    void shouldTakeAChangedFileWithinASecond() throws IOException {
        write("sk-old\n");
        ApiKeys keys = keys("sk-given");
        write("sk-new\nsk-newer\n");
        second();
        assertThat(keys.find("sk-old")).isEmpty();
        assertThat(keys.find("sk-new")).isPresent();
        assertThat(keys.find("sk-given")).isPresent();
        assertThat(logged).containsExactly("INFO read " + file + " again: 3 keys");
    }

    @Test
    void shouldNotLookAtTheFileForEachRequest() throws IOException {
        write("sk-old\n");
        ApiKeys keys = keys();
        write("sk-new\n");
        clock.addAndGet(Duration.ofSeconds(1).toNanos() - 1);
        assertThat(keys.find("sk-old")).isPresent();
        clock.addAndGet(1);
        assertThat(keys.find("sk-old")).isEmpty();
    }

    @Test
    void shouldKeepItsKeysWhileTheFileIsBrokenAndSaySoOnce() throws IOException {
        write("sk-old\n");
        ApiKeys keys = keys();
        write("sk-new color=red\n");
        second();
        assertThat(keys.find("sk-old")).isPresent();
        second();
        assertThat(keys.find("sk-new")).isEmpty();
        assertThat(logged).hasSize(1);
        assertThat(logged.getFirst())
                .startsWith("WARNING the keys stay as they were")
                .contains(file + ", line 1: word 2 is none of");
        Files.delete(file);
        second();
        assertThat(keys.find("sk-old")).isPresent();
        assertThat(logged).hasSize(2).last().asString().contains("no such key file: " + file);
        Files.writeString(file, "");
        second();
        assertThat(keys.find("sk-old"))
                .as("an empty file opens nothing and shuts nobody out")
                .isPresent();
        assertThat(keys.find("")).isEmpty();
        assertThat(logged).hasSize(3).last().asString().contains("has no keys");
        write("sk-new\n");
        second();
        assertThat(keys.find("sk-old")).isEmpty();
        assertThat(keys.find("sk-new")).isPresent();
    }

    @Test
    void shouldNotStartWithWhatIsNoKey() {
        assertThatThrownBy(() -> ApiKeys.of(List.of("sk a"), Optional.empty()))
                .isInstanceOf(AccessException.class)
                .hasMessage("a key must not be empty nor have white space in it");
        assertThatThrownBy(() -> ApiKeys.of(List.of(""), Optional.empty())).isInstanceOf(AccessException.class);
        assertThatThrownBy(() -> ApiKeys.of(List.of(), Optional.of(file))).hasMessage("no such key file: " + file);
    }
}
