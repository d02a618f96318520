package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.gpu.CudaModule;
import dev.martlet.gpu.StubCuda;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code serve --gpu} on machines made of stubs. A module that does not fit must not even be loaded, since a real one would
 * end the process; each stub leaves a mark when it is, and where all fits the mark must be there.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(180)
class GpuServeIT {
    private static final String MODEL = System.getProperty("martlet.test.model");
    private static final String RTX = StubCuda.device("8.6", 24_000_000_000L, 23_000_000_000L, "NVIDIA RTX 3090");
    private static final String KEPLER = StubCuda.device("3.5", 12_000_000_000L, 11_000_000_000L, "Tesla K40");
    private static final Pattern READY = Pattern.compile("martlet ready on (http://127.0.0.1:\\d+) model=.*");

    @TempDir
    private Path folder;

    private GpuMachine machine;

    @BeforeEach
    void build() {
        machine = new GpuMachine(folder);
    }

    private MartletProcess serve(String gpu) {
        return machine.run("serve", "--model", MODEL, "--port", "0", "--ctx-size", "512", "--gpu", gpu);
    }

    /** Asks for layers on a GPU, and expects this sentence, an exit code, and that nothing was loaded. */
    private void shouldRefuse(CudaModule module, String sentence) {
        try (MartletProcess process = serve("7")) {
            assertThat(process.exitCode()).isEqualTo(1);
            assertThat(process.errors()).isEqualTo("martlet: --gpu 7: " + sentence + "\n");
            assertThat(StubCuda.wasLoaded(module)).as("module loaded").isFalse();
        }
    }

    @Test
    void shouldRefuseADriverThatIsTooOld() {
        machine.withDriver("driver 11080", RTX).withRuntime(13);
        shouldRefuse(
                machine.install("13.0", "86", "86", "-DDEVICES=1"),
                "the driver knows CUDA up to 11.8, the module needs 12.0 or newer;"
                        + " update NVIDIA's driver to one for CUDA 12");
    }

    @Test
    void shouldRefuseADeviceWithoutCode() {
        machine.withDriver("driver 13000", KEPLER).withRuntime(13);
        shouldRefuse(
                machine.install("13.0", "86", "86", "-DDEVICES=1"),
                "the CUDA module (CUDA 13.0, built) does not fit GPU 0 (Tesla K40): there is no machine code for compute"
                        + " capability 3.5 in it, and no PTX either; ./martlet natives build --cuda-arch 35");
    }

    @Test
    void shouldRefuseToGoWithoutCublas() {
        machine.withDriver("driver 14000", KEPLER).withRuntime(14, "libcublas.so.14");
        shouldRefuse(
                machine.install("14.0", "35", "", "-DDEVICES=1"),
                "the CUDA module needs libcudart.so.14, libcublasLt.so.14, libcublas.so.14, and they are not on this"
                        + " machine; install the libraries of CUDA 14, cuBLAS among them");
    }

    @Test
    void shouldRefuseDevicesWithoutMemory() {
        machine.withDriver("driver 13000", StubCuda.device("8.6", 24_000_000_000L, 1_000_000, "NVIDIA RTX 3090"))
                .withRuntime(13);
        shouldRefuse(
                machine.install("13.0", "86", "", "-DDEVICES=1"),
                "no device has the memory for even one layer, 537 MB: GPU 0 (NVIDIA RTX 3090) has 1 MB of 24,000 MB free;"
                        + " see what holds it: nvidia-smi");
    }

    @Test
    void shouldServeOnTheCpuWithoutADriver() {
        CudaModule module = machine.install("13.0", "86", "", "-DDEVICES=1");
        try (MartletProcess process = serve("auto")) {
            assertThat(process.firstLine()).matches(READY);
            assertThat(process.errors())
                    .contains("martlet: on the CPU: there is no NVIDIA driver on this machine (/nowhere/libcuda.so.1")
                    .contains("martlet: CPU kernels ")
                    .doesNotContain("martlet: GPU");
        }
        assertThat(StubCuda.wasLoaded(module)).isFalse();
    }

    @Test
    void shouldLoadWhatFitsAndServeOnIt() throws IOException, InterruptedException {
        machine.withDriver("driver 13000", RTX, KEPLER).withRuntime(13);
        CudaModule module = machine.install("13.0", "86", "", "-DDEVICES=2");
        try (MartletProcess process = serve("auto")) {
            Matcher ready = READY.matcher(process.firstLine());
            assertThat(ready.matches()).as(process.errors()).isTrue();
            assertThat(StubCuda.wasLoaded(module)).as("module loaded").isTrue();
            assertThat(process.errors())
                    .contains("martlet: GPU 0 NVIDIA RTX 3090, compute capability 8.6, 23,000 MB of 24,000 MB free;"
                            + " module for CUDA 13.0 (built), machine code for 86\n")
                    .contains("martlet: all 31 layers fit: ")
                    .contains("martlet: GPU CUDA0, ")
                    .doesNotContain("K40")
                    .doesNotContain("CUDA1");
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(ready.group(1) + "/v1/completions"))
                                    .header("Content-Type", "application/json")
                                    .POST(
                                            BodyPublishers.ofString(
                                                    "{\"model\":\"any\",\"prompt\":\"The sea\",\"max_tokens\":4,\"temperature\":0}"))
                                    .build(),
                            BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).contains("\"completion_tokens\":4");
        }
    }

    @Test
    void shouldRefuseLayersThatDoNotFit() {
        machine.withDriver("driver 13000", RTX).withRuntime(13);
        machine.install("13.0", "86", "", "-DDEVICES=1");
        try (MartletProcess process = machine.run(
                "serve", "--model", MODEL, "--port", "0", "--ctx-size", "2000000", "--gpu", "99", "--parallel", "2")) {
            assertThat(process.exitCode()).isEqualTo(1);
            assertThat(process.errors())
                    .contains("martlet: --gpu 99: 31 of 31 layers do not fit: ")
                    .endsWith(" would; fewer layers, or a smaller --ctx-size\n");
        }
    }

    @Test
    void shouldNotLookForAGpuWhereItIsOff() {
        machine.withDriver("driver 13000", RTX).withRuntime(13);
        CudaModule module = machine.install("13.0", "86", "", "-DDEVICES=1");
        try (MartletProcess process = machine.run(
                Map.of("MARTLET_GPU", "off"), "serve", "--model", MODEL, "--port", "0", "--ctx-size", "512")) {
            assertThat(process.firstLine()).matches(READY);
            assertThat(process.errors()).doesNotContain("GPU");
        }
        assertThat(StubCuda.wasLoaded(module)).isFalse();
    }

    @Test
    void shouldSayWhyAModuleThatFitsDoesNotLoad() {
        machine.withDriver("driver 13000", RTX).withRuntime(13);
        CudaModule module = machine.install("13.0", "86", "");
        try (MartletProcess process = serve("1")) {
            assertThat(process.exitCode()).isEqualTo(1);
            assertThat(process.errors())
                    .startsWith("martlet: --gpu 1: load CUDA module: cannot load ")
                    .contains("ggml_backend_init");
        }
        assertThat(StubCuda.wasLoaded(module)).isTrue();
    }
}
