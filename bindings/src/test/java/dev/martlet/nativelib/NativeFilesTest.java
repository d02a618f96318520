package dev.martlet.nativelib;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeFilesTest {

    private static final String RESOURCES = "dev/martlet/native/test-x64/";

    @TempDir
    private Path classPath;

    @TempDir
    private Path home;

    private byte[] library;

    @BeforeEach
    void makeResources() throws Exception {
        library = new byte[300_000];
        new Random(1).nextBytes(library);
        Path folder = Files.createDirectories(classPath.resolve(RESOURCES));
        Files.write(folder.resolve("libone.so"), library);
        Files.writeString(folder.resolve("libtwo.so"), "two");
        writeIndex("key-1\n" + sha256(library) + "  libone.so\n" + sha256("two".getBytes()) + "  libtwo.so\n");
    }

    private void writeIndex(String text) throws IOException {
        Files.writeString(classPath.resolve(RESOURCES + "index"), text);
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private Path unpack() throws IOException {
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {classPath.toUri().toURL()}, null)) {
            return new NativeFiles(loader, RESOURCES).unpackTo(home);
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void shouldUnpackUnderTheKey() throws Exception {
        Path directory = unpack();
        assertThat(directory).isEqualTo(home.resolve("native").resolve("key-1"));
        assertThat(directory.resolve("libone.so")).hasBinaryContent(library);
        assertThat(directory.resolve("libtwo.so")).hasContent("two");
        assertThat(names(directory)).containsExactly("libone.so", "libtwo.so");
    }

    @Test
    void shouldLeaveIntactFilesAlone() throws Exception {
        Path file = unpack().resolve("libone.so");
        Object inode = Files.readAttributes(file, "unix:ino").get("ino");
        unpack();
        assertThat(Files.readAttributes(file, "unix:ino").get("ino")).isEqualTo(inode);
    }

    @Test
    void shouldUnpackCorruptedAndMissingFilesAgain() throws Exception {
        Path directory = unpack();
        byte[] corrupted = library.clone();
        corrupted[123_456]++;
        Files.write(directory.resolve("libone.so"), corrupted);
        Files.delete(directory.resolve("libtwo.so"));
        unpack();
        assertThat(directory.resolve("libone.so")).hasBinaryContent(library);
        assertThat(directory.resolve("libtwo.so")).hasContent("two");
    }

    @Test
    void shouldRefuseAResourceThatDoesNotMatchItsChecksum() throws Exception {
        Files.writeString(classPath.resolve(RESOURCES + "libtwo.so"), "too");
        assertThatThrownBy(this::unpack)
                .isInstanceOfSatisfying(
                        NativeException.class, e -> assertThat(e.status()).isEqualTo(Status.IO))
                .hasMessageContaining("libtwo.so does not match its checksum");
        assertThat(names(home.resolve("native").resolve("key-1"))).containsExactly("libone.so");
    }

    @Test
    void shouldRefuseAnIndexThatLeadsElsewhere() throws Exception {
        String sum = sha256(new byte[0]);
        for (String bad : List.of(
                "key\n" + sum + "  ../libone.so\n",
                "../key\n" + sum + "  libone.so\n",
                "key\nabc  libone.so\n",
                "key\n")) {
            writeIndex(bad);
            assertThatThrownBy(this::unpack).as(bad).isInstanceOf(NativeException.class);
        }
    }

    @Test
    void shouldSayWhatToDoWhenThePlatformHasNoFiles() throws Exception {
        Files.delete(classPath.resolve(RESOURCES + "index"));
        assertThatThrownBy(this::unpack)
                .isInstanceOf(NativeException.class)
                .hasMessageContaining("mvn -pl native-lib package")
                .hasMessageContaining("-Dmartlet.native.dir=DIR");
    }

    @Test
    void shouldBeSafeWhenSeveralUnpackAtOnce() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            Callable<Path> task = this::unpack;
            List<Future<Path>> all =
                    IntStream.range(0, 24).mapToObj(i -> threads.submit(task)).toList();
            for (Future<Path> one : all) {
                assertThat(one.get().resolve("libone.so")).hasBinaryContent(library);
            }
        }
        assertThat(names(home.resolve("native").resolve("key-1"))).containsExactly("libone.so", "libtwo.so");
    }

    @Test
    void shouldTakeTheHomeFromTheProperty() {
        String before = System.getProperty("martlet.home");
        try {
            System.setProperty("martlet.home", "/some/where");
            assertThat(NativeFiles.home()).isEqualTo(Path.of("/some/where"));
        } finally {
            if (before == null) {
                System.clearProperty("martlet.home");
            } else {
                System.setProperty("martlet.home", before);
            }
        }
    }
}
