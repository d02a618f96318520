package dev.martlet.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Gets pinned packages through the package managers of this machine, with their settings. Checksums are checked; nothing
 * that a package brings is run.
 *
 * @param pip the command that runs pip
 * @param npm the command that runs npm
 */
record Downloads(List<String> pip, List<String> npm) {
    /** As they are found on this machine. */
    static final Downloads OF_SYSTEM = new Downloads(List.of("python3", "-m", "pip"), List.of("npm"));

    Downloads {
        pip = List.copyOf(pip);
        npm = List.copyOf(npm);
    }

    /**
     * A Python wheel.
     *
     * @param requirement as in name==1.2
     * @param sha256 of the wheel, lower-case hex
     */
    record Wheel(String requirement, String sha256) {}

    /** Puts wheels into a folder and returns them; IOException with what to do where that fails. */
    List<Path> wheels(Path folder, List<Wheel> wheels) throws IOException {
        Path requirements = folder.resolve("requirements.txt");
        Files.write(
                requirements,
                wheels.stream()
                        .map(wheel -> wheel.requirement() + " --hash=sha256:" + wheel.sha256())
                        .toList());
        List<String> command = new ArrayList<>(pip);
        command.addAll(List.of("download", "--no-deps", "--only-binary=:all:", "--require-hashes"));
        command.addAll(List.of("--quiet", "--disable-pip-version-check", "-d", folder.toString()));
        command.addAll(List.of("-r", requirements.toString()));
        try {
            Tool.run(command, folder, Map.of(), line -> {});
        } catch (Tool.MissingException e) {
            throw new IOException(
                    "python3 with pip is needed (Debian, Ubuntu: apt-get install python3 python3-pip)", e);
        } catch (IOException e) {
            throw new IOException("pip could not download it: " + e.getMessage(), e);
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found =
                    files.filter(file -> file.toString().endsWith(".whl")).toList();
            if (found.size() != wheels.size()) {
                throw new IOException("pip brought " + found.size() + " of the " + wheels.size() + " wheels in "
                        + Files.readAllLines(requirements));
            }
            return found;
        }
    }

    /**
     * Puts the archive of an npm package into a folder and returns it; IOException with what to do where that fails.
     *
     * @param name as in name@1.2
     * @param integrity sha512 as npm writes it
     */
    Path npmPackage(Path folder, String name, String integrity) throws IOException {
        List<String> command = new ArrayList<>(npm);
        command.addAll(List.of("pack", "--silent", "--ignore-scripts", name));
        try {
            Tool.run(command, folder, Map.of(), line -> {});
        } catch (Tool.MissingException e) {
            throw new IOException("npm is needed (Debian, Ubuntu: apt-get install npm)", e);
        } catch (IOException e) {
            throw new IOException("npm could not download " + name + ": " + e.getMessage(), e);
        }
        Path archive;
        try (Stream<Path> files = Files.list(folder)) {
            archive = files.filter(file -> file.toString().endsWith(".tgz"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("npm brought no archive of " + name));
        }
        String actual = "sha512-" + Base64.getEncoder().encodeToString(digest(archive, "SHA-512"));
        if (!actual.equals(integrity)) {
            throw new IOException(name + " has the checksum " + actual + ", expected " + integrity
                    + "; it was changed or damaged on its way, so it is not used");
        }
        return archive;
    }

    /** Takes one file out of a wheel; IOException where it has none of that name. */
    static void unzip(Path wheel, String entry, Path target) throws IOException {
        try (ZipFile zip = new ZipFile(wheel.toFile())) {
            ZipEntry found = zip.getEntry(entry);
            if (found == null) {
                throw new IOException(wheel.getFileName() + " holds no " + entry);
            }
            try (InputStream in = zip.getInputStream(found)) {
                Files.copy(in, target);
            }
        }
    }

    /** The sha256 of a file, lower-case hex. */
    static String sha256(Path file) throws IOException {
        return HexFormat.of().formatHex(digest(file, "SHA-256"));
    }

    private static byte[] digest(Path file, String algorithm) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has " + algorithm, e);
        }
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return digest.digest();
    }
}
