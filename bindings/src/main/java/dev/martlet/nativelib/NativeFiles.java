package dev.martlet.nativelib;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Puts the native files of the class path where the dynamic linker can read them: {@code HOME/native/KEY/}. A file that
 * is there with the right checksum stays; any other is written beside it and moved over it in one step, so that several
 * JVMs may do this at once and none ever loads half a file.
 */
final class NativeFiles {

    private static final String OPERATION = "unpack native files";

    /**
     * A line of the index.
     *
     * @param sha256 lower-case hex
     */
    private record Entry(String sha256, String name) {}

    private final ClassLoader loader;
    private final String resources;

    /**
     * @param resources folder on the class path, with a slash at the end
     */
    NativeFiles(ClassLoader loader, String resources) {
        this.loader = loader;
        this.resources = resources;
    }

    /** Where unpacked and downloaded files are kept: martlet.home, MARTLET_HOME, or ~/.cache/martlet. */
    static Path home() {
        String property = System.getProperty("martlet.home", "");
        if (!property.isEmpty()) {
            return Path.of(property);
        }
        String variable = System.getenv("MARTLET_HOME");
        if (variable != null && !variable.isEmpty()) {
            return Path.of(variable);
        }
        return Path.of(System.getProperty("user.home"), ".cache", "martlet");
    }

    /** Makes sure that all files are there, and returns their directory. */
    Path unpackTo(Path home) {
        List<String> index = index();
        String key = index.get(0).strip();
        if (!key.matches("[A-Za-z0-9._-]+")) {
            throw new NativeException(OPERATION, Status.IO, "the first line of " + resources + "index is no key");
        }
        Path directory = home.resolve("native").resolve(key);
        try {
            Files.createDirectories(directory);
            for (Entry entry : entries(index)) {
                Path file = directory.resolve(entry.name());
                if (!isIntact(file, entry)) {
                    unpack(entry, file);
                }
            }
            return directory;
        } catch (IOException e) {
            throw new NativeException(
                    OPERATION,
                    Status.IO,
                    "cannot write to " + directory + ": " + e
                            + "; set MARTLET_HOME to a directory with 100 MB of room, or -Dmartlet.home=DIR",
                    e);
        }
    }

    private List<String> index() {
        try (InputStream in = loader.getResourceAsStream(resources + "index")) {
            if (in == null) {
                throw new NativeException(
                        "load",
                        Status.UNSUPPORTED,
                        "no " + resources + "index on the class path; add martlet-native-lib for this platform to it,"
                                + " or build it with: mvn -pl native-lib package,"
                                + " or name a directory that has it with -Dmartlet.native.dir=DIR");
            }
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank())
                    .toList();
            if (lines.size() < 2) {
                throw new NativeException(OPERATION, Status.IO, resources + "index is empty");
            }
            return lines;
        } catch (IOException e) {
            throw new NativeException(OPERATION, Status.IO, "cannot read " + resources + "index: " + e, e);
        }
    }

    private List<Entry> entries(List<String> index) {
        List<Entry> entries = new ArrayList<>();
        for (String line : index.subList(1, index.size())) {
            String[] words = line.strip().split("\\s+", 2);
            // A name is only a name: the index must not be able to write anywhere else.
            if (words.length != 2
                    || !words[0].matches("[0-9a-f]{64}")
                    || !words[1].matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
                throw new NativeException(OPERATION, Status.IO, "a bad line in " + resources + "index: " + line);
            }
            entries.add(new Entry(words[0], words[1]));
        }
        return entries;
    }

    private static boolean isIntact(Path file, Entry entry) throws IOException {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        MessageDigest digest = sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            byte[] buffer = new byte[1 << 16];
            while (in.read(buffer) >= 0) {
                // the digest sees every byte
            }
        }
        return hex(digest).equals(entry.sha256());
    }

    private void unpack(Entry entry, Path file) throws IOException {
        Path part = Files.createTempFile(file.getParent(), "." + entry.name(), ".part");
        try {
            MessageDigest digest = sha256();
            try (InputStream in = loader.getResourceAsStream(resources + entry.name());
                    OutputStream out = new DigestOutputStream(Files.newOutputStream(part), digest)) {
                if (in == null) {
                    throw new NativeException(
                            OPERATION, Status.IO, resources + entry.name() + " is not on the class path");
                }
                in.transferTo(out);
            }
            if (!hex(digest).equals(entry.sha256())) {
                throw new NativeException(
                        OPERATION,
                        Status.IO,
                        resources + entry.name() + " does not match its checksum; build or fetch the jar again");
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
