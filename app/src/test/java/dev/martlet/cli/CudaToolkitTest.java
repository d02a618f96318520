package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.cli.Downloads.Wheel;
import dev.martlet.gpu.CudaVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaToolkitTest {
    private static final CudaVersion VERSION = new CudaVersion(13, 0);
    private static final String NVCC = "#!/bin/sh\n"
            + "case $1 in --version) echo 'Cuda compilation tools, release 13.0, V13.0.88' ;;\n"
            + "--list-gpu-arch) printf 'compute_75\\ncompute_90\\n' ;; esac\n";

    @TempDir
    Path folder;

    private final PrintStream progress = new PrintStream(new ByteArrayOutputStream());

    @Test
    void shouldMakeAToolkitOfWheels() throws IOException {
        CudaToolkit toolkit = fetched(TestDownloads.pip(wheel(NVCC)));

        assertThat(toolkit.folder()).isEqualTo(folder.resolve("toolkits/13.0"));
        assertThat(toolkit.version()).isEqualTo(VERSION);
        assertThat(toolkit.architectures()).containsExactly(75, 90);
        Path libraries = toolkit.folder().resolve("lib64");
        assertThat(libraries.resolve("libcudart.so")).hasContent("library");
        assertThat(libraries.resolve("stubs/libcuda.so")).isRegularFile();
        assertThat(toolkit.folder().resolve("nvvm/bin/cicc")).isExecutable();
        assertThat(toolkit.folder().resolve("escaped")).doesNotExist();
        assertThat(folder.resolve("escaped")).doesNotExist();
        assertThat(fetched(TestDownloads.without())).isEqualTo(toolkit);
    }

    @Test
    void shouldLeaveNothingWhereFetchingFails() {
        assertThatThrownBy(() -> fetched(TestDownloads.pip("echo no route; exit 1")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no route")
                .hasMessageContaining("CUDA_HOME");
        assertThat(folder.resolve("toolkits")).isDirectoryNotContaining("glob:**13.0*");
    }

    @Test
    void shouldTakeTheSystemsToolkitOnThePathFirst() throws IOException {
        Map<String, String> environment = new HashMap<>();
        CudaLibraries system = new CudaLibraries(folder.resolve("local"), environment::get, List.of("true"));
        assertThat(CudaToolkit.ofSystem(system, List.of(folder))).isEmpty();

        Path installed = toolkit("local/cuda-13.0", "13.0");
        assertThat(CudaToolkit.ofSystem(system, List.of())).contains(new CudaToolkit(installed, VERSION));

        Path mine = toolkit("mine", "12.9");
        environment.put("CUDA_HOME", mine.toString());
        assertThat(CudaToolkit.ofSystem(system, List.of())).contains(new CudaToolkit(mine, new CudaVersion(12, 9)));

        Path linked = toolkit("linked", "12.8");
        Path bin = Files.createDirectory(folder.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("nvcc"), linked.resolve("bin/nvcc"));
        assertThat(CudaToolkit.ofSystem(system, List.of(folder, bin)))
                .contains(new CudaToolkit(linked.toRealPath(), new CudaVersion(12, 8)));
    }

    private CudaToolkit fetched(Downloads downloads) throws IOException {
        Wheel wheel = new Wheel("toolkit==1.0", "0".repeat(64));
        return CudaToolkit.fetched(
                folder.resolve("toolkits"), VERSION, new CudaPins.Wheels(1, List.of(wheel)), downloads, progress);
    }

    private Path toolkit(String name, String version) throws IOException {
        Path toolkit = folder.resolve(name);
        Path nvcc = Files.createDirectories(toolkit.resolve("bin")).resolve("nvcc");
        Files.writeString(nvcc, NVCC.replace("13.0", version));
        assertThat(nvcc.toFile().setExecutable(true)).isTrue();
        return toolkit;
    }

    /** A shell script that makes a wheel as NVIDIA's are, with an entry that would lie outside of the toolkit. */
    private String wheel(String nvcc) throws IOException {
        Path file = Files.writeString(folder.resolve("nvcc.sh"), nvcc);
        return "python3 -c \"import sys, zipfile\n"
                + "with zipfile.ZipFile(sys.argv[1] + '/a.whl', 'w') as z:\n"
                + "    z.write('" + file + "', 'nvidia/cu13/bin/nvcc')\n"
                + "    z.writestr('nvidia/cu13/nvvm/bin/cicc', 'compiler')\n"
                + "    z.writestr('nvidia/cu13/lib/libcudart.so.13', 'library')\n"
                + "    z.writestr('nvidia/cu13/../../../../escaped', 'no')\n"
                + "    z.writestr('a.dist-info/METADATA', 'no')\n"
                + "\" \"$target\"";
    }
}
