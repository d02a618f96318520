package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.gpu.CudaModule;
import dev.martlet.gpu.CudaVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaStoreTest {
    @TempDir
    Path home;

    @TempDir
    Path system;

    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();
    private final Map<String, String> environment = new HashMap<>();
    private Path archive;
    private String integrity;

    @BeforeEach
    void makePackage() throws Exception {
        Path files = Files.createDirectories(system.resolve("npm/package/bins"));
        Files.writeString(files.resolve("libggml-cuda.so"), "the module");
        Files.writeString(files.resolve("libggml-base.so"), "not wanted");
        archive = system.resolve("module.tgz");
        Tool.run(
                List.of(
                        "tar",
                        "-czf",
                        archive.toString(),
                        "-C",
                        system.resolve("npm").toString(),
                        "package"),
                system,
                Map.of(),
                line -> {});
        byte[] digest = MessageDigest.getInstance("SHA-512").digest(Files.readAllBytes(archive));
        integrity = "sha512-" + Base64.getEncoder().encodeToString(digest);
    }

    @Test
    void shouldFetchOnlyTheModuleAndDescribeIt() throws IOException {
        CudaStore store = store(TestDownloads.npm("cp " + archive + " \"$target\""));

        CudaModule module = store.fetch(13);

        assertThat(module).isEqualTo(store.offered(13).orElseThrow());
        assertThat(module.folder()).isEqualTo(home.resolve("cuda/v0.5.0/package-13"));
        assertThat(module.file()).hasContent("the module");
        assertThat(module.toolkit()).isEqualTo(new CudaVersion(13, 1));
        assertThat(module.sass()).containsExactly("86", "120a");
        assertThat(module.ptx()).containsExactly("75");
        assertThat(files(module.folder())).containsExactly("libggml-cuda.so", "module.properties");
        assertThat(files(module.folder().getParent())).containsExactly(".lock", "package-13");
        assertThat(progress.toString()).contains("143 MB").contains("some-package@1.0");
        assertThat(store(TestDownloads.without()).fetch(13)).isEqualTo(module);
    }

    @Test
    void shouldRefuseAPackageOfAnotherChecksum() {
        integrity = "sha512-AAAA";

        assertThatThrownBy(() -> store(TestDownloads.npm("cp " + archive + " \"$target\""))
                        .fetch(13))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("some-package@1.0")
                .hasMessageContaining("expected sha512-AAAA");
        assertNothingHalfWritten();
    }

    @Test
    void shouldNameTheToolThatIsMissing() {
        assertThatThrownBy(() -> store(TestDownloads.without()).fetch(13))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("npm is needed");
        assertThatThrownBy(() -> store(TestDownloads.without()).fetchRuntime(13))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("python3 with pip is needed");
        assertNothingHalfWritten();
    }

    @Test
    void shouldTellTheLastLineOfAToolThatFails() {
        assertThatThrownBy(() ->
                        store(TestDownloads.npm("echo offline >&2; exit 1")).fetch(13))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("offline");
        assertThatThrownBy(
                        () -> store(TestDownloads.pip("echo no route; exit 1")).fetchRuntime(13))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no route");
        assertNothingHalfWritten();
    }

    @Test
    void shouldOfferAndFetchNothingWhereNothingIsPinned() {
        CudaStore store = store(TestDownloads.without());

        assertThat(store.offered(11)).isEmpty();
        assertThatThrownBy(() -> store.fetch(11))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("natives build");
        assertThatThrownBy(() -> store.fetchRuntime(11))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("CUDA_HOME");
    }

    @Test
    void shouldOfferNothingOnOtherPlatforms() {
        CudaStore store =
                new CudaStore(home, pins(), libraries(), TestDownloads.without(), false, new PrintStream(progress));

        assertThat(store.offered(13)).isEmpty();
        assertThatThrownBy(() -> store.fetchRuntime(13)).hasMessageContaining("this platform");
    }

    @Test
    void shouldFetchOnlyTheRuntimeLibraries() throws IOException {
        CudaStore store = store(TestDownloads.pip(wheels("libcublas.so.13")));

        Path folder = store.fetchRuntime(13);

        assertThat(folder).isEqualTo(home.resolve("cuda/runtime/13"));
        assertThat(files(folder)).containsExactly("libcublas.so.13", "libcublasLt.so.13", "libcudart.so.13");
        assertThat(folder.resolve("libcudart.so.13")).hasContent("nvidia/cu13/lib/libcudart.so.13");
        assertThat(store.runtime(13)).contains(folder);
        assertThat(store.runtime(12)).isEmpty();
    }

    @Test
    void shouldRefuseWheelsWithoutOneOfTheLibraries() {
        assertThatThrownBy(() -> store(TestDownloads.pip(wheels("other.so.13"))).fetchRuntime(13))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("libcublas.so.13");
        assertNothingHalfWritten();
    }

    @Test
    void shouldPreferTheSystemsLibrariesInTheOrderOfTheirPlaces() throws IOException {
        CudaStore store = store(TestDownloads.without());
        Path fetched = library(home.resolve("cuda/runtime/13"), 13);
        assertThat(store.runtime(13)).contains(fetched);

        Path cached = library(system.resolve("cached"), 13);
        assertThat(store.runtime(13)).contains(cached);

        Path older = library(system.resolve("local/cuda-13.0/targets/x86_64-linux/lib"), 13);
        assertThat(store.runtime(13)).contains(older);
        Path newer = library(system.resolve("local/cuda-13.1/lib64"), 13);
        assertThat(store.runtime(13)).contains(newer);
        library(system.resolve("local/cuda/lib64"), 12);
        assertThat(store.runtime(13)).contains(newer);
        assertThat(store.runtime(12)).contains(system.resolve("local/cuda/lib64"));

        environment.put("CUDA_HOME", system.resolve("mine").toString());
        assertThat(store.runtime(13)).contains(newer);
        Path mine = library(system.resolve("mine/lib64"), 13);
        assertThat(store.runtime(13)).contains(mine);

        Files.delete(mine.resolve("libcublasLt.so.13"));
        assertThat(store.runtime(13)).contains(newer);
    }

    @Test
    void shouldListBuiltModulesFirstAndSkipWhatIsNoModule() throws IOException {
        CudaStore store = store(TestDownloads.npm("cp " + archive + " \"$target\""));
        assertThat(store.installed()).isEmpty();
        CudaModule fetched = store.fetch(13);
        CudaModule built = new CudaModule(
                Files.createDirectories(store.modules().resolve("built-12.9-sm90")),
                new CudaVersion(12, 9),
                List.of("90"),
                List.of(),
                "built");
        CudaStore.describe(built.folder(), built);
        assertThat(store.installed()).containsExactly(fetched);

        Files.writeString(built.file(), "library");
        assertThat(store.installed()).containsExactly(built, fetched);
    }

    @Test
    void shouldRemoveWhatAKilledRunLeft() throws IOException {
        Path leftover = Files.createDirectories(home.resolve("cuda/v0.5.0/.fetch-123/module"));
        Files.writeString(leftover.resolve("libggml-cuda.so"), "half");

        store(TestDownloads.npm("cp " + archive + " \"$target\"")).fetch(13);

        assertThat(files(home.resolve("cuda/v0.5.0"))).containsExactly(".lock", "package-13");
    }

    @Test
    void shouldPinAModuleAndItsRuntimeForBothMajorVersions() {
        CudaPins pins = CudaPins.ofBuild();

        assertThat(pins.release()).matches("v[0-9.]+");
        for (int major : List.of(12, 13)) {
            CudaPins.Module module = pins.module(major).orElseThrow();
            assertThat(module.toolkit().major()).isEqualTo(major);
            assertThat(module.npmPackage()).matches("@[a-z-]+/[a-z0-9-]+@[0-9.]+");
            assertThat(module.integrity()).matches("sha512-[A-Za-z0-9+/]{86}==");
            assertThat(module.sass()).isNotEmpty();
            assertThat(module.ptx()).isNotEmpty();
            assertThat(pins.runtime(major).orElseThrow().wheels()).hasSize(2).allSatisfy(wheel -> {
                assertThat(wheel.requirement()).matches("nvidia-[a-z0-9-]+==[0-9.]+");
                assertThat(wheel.sha256()).matches("[0-9a-f]{64}");
            });
        }
        assertThat(pins.module(11)).isEmpty();
    }

    private CudaStore store(Downloads downloads) {
        return new CudaStore(home, pins(), libraries(), downloads, true, new PrintStream(progress));
    }

    private CudaPins pins() {
        return new CudaPins(
                "v0.5.0",
                "# a comment\nmodule 13 13.1 143 some-package@1.0 " + integrity + " package/bins/libggml-cuda.so\n"
                        + "sass 13 86 120a\nptx 13 75\n\n"
                        + "runtime 13 2 one==1.0 " + "0".repeat(64) + "\nruntime 13 422 two==2.0 " + "1".repeat(64));
    }

    private CudaLibraries libraries() {
        String listing =
                "printf '\\tlibcudart.so.13 (libc6,x86-64) => %s\\n' " + system.resolve("cached/libcudart.so.13");
        return new CudaLibraries(system.resolve("local"), environment::get, List.of("sh", "-c", listing));
    }

    /** A shell script that makes two wheels, the second with this library. */
    private static String wheels(String library) {
        return "python3 -c \"import sys, zipfile\n"
                + "for wheel, names in {'a': ['libcudart.so.13'], 'b': ['" + library
                + "', 'libcublasLt.so.13', 'libnvblas.so.13']}.items():\n"
                + "    with zipfile.ZipFile(sys.argv[1] + '/' + wheel + '.whl', 'w') as z:\n"
                + "        [z.writestr('nvidia/cu13/lib/' + n, 'nvidia/cu13/lib/' + n) for n in names]\n"
                + "\" \"$target\"";
    }

    private static Path library(Path folder, int major) throws IOException {
        Files.createDirectories(folder);
        for (String name : CudaLibraries.names(major)) {
            Files.writeString(folder.resolve(name), name);
        }
        return folder;
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private void assertNothingHalfWritten() {
        try (Stream<Path> files = Files.walk(home)) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> file.getFileName().toString()))
                    .allMatch(name -> name.equals(".lock"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
