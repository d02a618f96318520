package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.gpu.CudaModule;
import dev.martlet.gpu.CudaVersion;
import dev.martlet.gpu.DeviceCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaBuildTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();
    private final CudaToolkit toolkit = new CudaToolkit(Path.of("/toolkit"), new CudaVersion(13, 0));
    private Path source;
    private Path compiled;
    private Path module;

    @BeforeEach
    void prepare() throws IOException {
        source = folder.resolve("src");
        Files.createDirectories(source.resolve("ggml"));
        compiled = Files.write(
                folder.resolve("compiled.so"),
                DeviceCode.library(
                        ".nv_fatbin",
                        DeviceCode.container(
                                DeviceCode.entry(DeviceCode.SASS, 89, DeviceCode.PLAIN, 8),
                                DeviceCode.entry(DeviceCode.SASS, 90, DeviceCode.PLAIN, 8))));
        module = folder.resolve("cuda/v1/built-13.0-sm89-90");
    }

    @Test
    void shouldCompileRegisterAndNotDoItAgain() throws IOException {
        CudaModule built =
                build("echo \"$@\" >>" + folder.resolve("calls") + "; case $1 in --build) mkdir -p build/bin;" + " cp "
                        + compiled + " build/bin/libggml-cuda.so; echo '[7/7] Linking' ;; esac");

        assertThat(built).isEqualTo(new CudaModule(module, toolkit.version(), List.of("89", "90"), List.of(), "built"));
        assertThat(built.file()).hasSameBinaryContentAs(compiled);
        assertThat(Files.readString(folder.resolve("calls")))
                .contains("-DCMAKE_CUDA_ARCHITECTURES=89-real;90-real")
                .contains("-DCMAKE_CUDA_COMPILER=/toolkit/bin/nvcc")
                .contains("-DMARTLET_GGML=" + source.resolve("ggml"))
                .contains("--target ggml-cuda --parallel 3");
        assertThat(progress.toString()).contains("7 of 7 files");
        assertThat(folder.resolve("builds/built-13.0-sm89-90")).doesNotExist();
        assertThat(build("exit 1")).isEqualTo(built);
    }

    @Test
    void shouldTellWhatTheCompilerSaidAndKeepWhatItMade() {
        assertThatThrownBy(() -> build("case $1 in --build) mkdir -p build; touch build/one.o;"
                        + " echo 'a.cu(3): error: no such thing'; exit 1 ;; esac"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("could not be compiled")
                .hasMessageContaining("a.cu(3): error: no such thing")
                .hasMessageContaining("build.log");
        assertThat(module).doesNotExist();
        assertThat(folder.resolve("builds/built-13.0-sm89-90/build/one.o")).exists();
    }

    @Test
    void shouldNotRegisterALibraryWithoutDeviceCode() {
        assertThatThrownBy(() ->
                        build("case $1 in --build) mkdir -p build/bin; echo text >build/bin/libggml-cuda.so ;; esac"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("libggml-cuda.so");
        assertThat(module).doesNotExist();
    }

    @Test
    void shouldSayWhereTheSourceIsMissing() throws IOException {
        Files.delete(source.resolve("ggml"));

        assertThatThrownBy(() -> build("exit 0"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(source.toString())
                .hasMessageContaining("./martlet");
    }

    @Test
    void shouldNameCMakeWhereItIsMissing() {
        CudaBuild build = new CudaBuild(
                source, folder.resolve("builds"), List.of("no-such-command-of-martlet"), 1, new PrintStream(progress));

        assertThatThrownBy(() -> build.run(toolkit, new TreeSet<>(List.of("90")), module))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("CMake is needed");
    }

    /** @param cmake a shell script */
    private CudaModule build(String cmake) throws IOException {
        List<String> command = List.of("sh", "-c", cmake, "cmake");
        return new CudaBuild(source, folder.resolve("builds"), command, 3, new PrintStream(progress))
                .run(toolkit, new TreeSet<>(List.of("89", "90")), module);
    }
}
