package dev.martlet.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.model.Device;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The GPU for a Java program that has a module and no server: in a process of its own, since what is loaded stays. */
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class GpuLoadIT {

    /** The program: loads the modules in these folders, twice, and tells what came of it. */
    static final class Main {
        public static void main(String[] folders) throws IOException {
            List<CudaModule> modules = new ArrayList<>();
            for (String folder : folders) {
                modules.add(CudaModule.read(Path.of(folder)));
            }
            GpuDecision first = Gpu.load(modules.toArray(CudaModule[]::new));
            GpuDecision second = Gpu.load(modules.toArray(CudaModule[]::new));
            System.out.println(
                    switch (first) {
                        case GpuDecision.Ready ready ->
                            "ready " + ready.module().toolkit() + " same " + (second == first) + " loaded "
                                    + Gpu.loaded().isPresent();
                        case GpuDecision.Fetch fetch -> "fetch";
                        case GpuDecision.Refused refused -> "refused " + refused.cause();
                    });
            System.out.println(Device.list().stream()
                    .filter(device -> device.kind() == Device.Kind.GPU)
                    .map(Device::name)
                    .toList());
        }
    }

    @TempDir
    private Path folder;

    private String[] run(CudaModule... modules) throws IOException, InterruptedException {
        String driver = StubCuda.driver(
                        folder,
                        "driver 13000",
                        StubCuda.device("7.0", 8L << 30, 8L << 30, "old"),
                        StubCuda.device("8.6", 8L << 30, 8L << 30, "new"))
                .toString();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Dmartlet.libcuda=" + driver,
                "-Dmartlet.libnvml=" + driver,
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        Arrays.stream(modules).map(module -> module.folder().toString()).forEach(command::add);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(output).isZero();
            return output.split("\n");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldLoadTheFirstThatFitsAndOnlyItsDevice() throws IOException, InterruptedException {
        CudaModule unfit = StubCuda.module(folder.resolve("a"), "13.0", "90", "", "-DDEVICES=2");
        CudaModule fit = StubCuda.module(folder.resolve("b"), "12.4", "86", "", "-DDEVICES=2");
        StubCuda.runtime(fit.folder(), 12);
        assertThat(run(unfit, fit)).containsExactly("ready 12.4 same true loaded true", "[CUDA1]");
        assertThat(StubCuda.wasLoaded(fit)).isTrue();
        assertThat(StubCuda.wasLoaded(unfit)).isFalse();
    }

    @Test
    void shouldRefuseToGoWithoutTheLibrariesOfCuda() throws IOException, InterruptedException {
        CudaModule module = StubCuda.module(folder.resolve("a"), "11.0", "86", "", "-DDEVICES=2");
        StubCuda.runtime(module.folder(), 11, "libcublasLt.so.11");
        assertThat(run(module)).containsExactly("refused NO_RUNTIME", "[]");
        assertThat(StubCuda.wasLoaded(module)).isFalse();
    }
}
