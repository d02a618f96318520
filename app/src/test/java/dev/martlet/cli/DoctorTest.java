package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.cli.DoctorCommand.Diagnosis;
import dev.martlet.gpu.ComputeCapability;
import dev.martlet.gpu.CudaDevice;
import dev.martlet.gpu.CudaDriver;
import dev.martlet.gpu.CudaModule;
import dev.martlet.gpu.CudaRuntime;
import dev.martlet.gpu.CudaVersion;
import dev.martlet.gpu.GpuSituation;
import dev.martlet.model.CpuVariant;
import dev.martlet.model.HostMemory;
import dev.martlet.model.Machine;
import jakarta.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What {@code doctor} makes of machines that are not this one. */
class DoctorTest {
    private static final CudaModule MODULE = new CudaModule(
            Path.of("modules/package-13"), new CudaVersion(13, 1), List.of("86"), List.of("90"), "package");

    private static final HostReport HOST = new HostReport(
            new Machine(8, 4, OptionalLong.of(9_000_000_000L)),
            new HostMemory(
                    OptionalLong.of(16_000_000_000L),
                    OptionalLong.of(9_000_000_000L),
                    OptionalLong.of(12_000_000_000L)),
            Optional.of(new HostReport.Natives("0.5.0", "/natives", new CpuVariant("haswell", Set.of("AVX2", "AVX")))),
            Optional.empty());

    private static ModelReport model(Path file, boolean named) {
        return new ModelReport(Path.of("store"), 1, file, named, Optional.empty(), Optional.empty(), HOST);
    }

    private static GpuReport gpu(CudaDriver driver, List<CudaModule> installed, Integer... runtimes) {
        Map<Integer, CudaRuntime> libraries =
                runtimes.length == 0 ? Map.of() : Map.of(13, new CudaRuntime(13, Optional.of(Path.of("/cuda/lib64"))));
        return new GpuReport(
                new GpuSituation(driver, installed, List.of(MODULE), libraries, 1_000_000_000),
                Optional.empty(),
                Optional.of(Path.of("/cuda/bin/nvcc")));
    }

    private static CudaDriver driver(String capability) {
        String[] numbers = capability.split("\\.");
        return new CudaDriver.Present(
                new CudaVersion(13, 0),
                Optional.of("580.65.06"),
                List.of(new CudaDevice(
                        0,
                        "NVIDIA Card",
                        new ComputeCapability(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1])),
                        24_000_000_000L,
                        OptionalLong.of(20_000_000_000L))));
    }

    private static List<Finding> findings(GpuReport gpu) {
        return new Diagnosis(HOST, model(Path.of("pom.xml"), true), gpu).findings();
    }

    @Test
    void shouldTellPeopleAll() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new Diagnosis(HOST, model(Path.of("pom.xml"), true), gpu(driver("8.6"), List.of(MODULE), 13))
                .print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
                .contains(
                        "cpu        4 cores (8 processors), kernels haswell: AVX AVX2",
                        "memory     16,000 MB, 9,000 MB available, 12,000 MB allowed by the cgroup",
                        "natives    llama.cpp 0.5.0 in /natives",
                        "driver     NVIDIA 580.65.06, CUDA 13.0",
                        "gpu 0      NVIDIA Card, compute capability 8.6, 24,000 MB, 20,000 MB free",
                        "module     CUDA 13.1, package, machine code for 86, PTX for 90; gpu 0: machine code for 86",
                        "libraries  CUDA 13 in /cuda/lib64",
                        "nvcc       /cuda/bin/nvcc",
                        "ok         a GPU will be used: NVIDIA Card",
                        "ok         serve can start");
    }

    @Test
    void shouldTellProgramsTheSame() {
        JsonObject json =
                new Diagnosis(HOST, model(Path.of("pom.xml"), true), gpu(driver("9.0"), List.of(MODULE), 13)).json();
        assertThat(json.getBoolean("can_serve")).isTrue();
        assertThat(json.getJsonObject("java").getString("version")).isEqualTo(System.getProperty("java.version"));
        assertThat(json.getJsonObject("cpu").getInt("cores")).isEqualTo(4);
        assertThat(json.getJsonObject("memory").getJsonNumber("limit").longValue())
                .isEqualTo(12_000_000_000L);
        assertThat(json.getJsonObject("natives").getString("llama")).isEqualTo("0.5.0");
        assertThat(json.getJsonObject("model").isNull("weight_type")).isTrue();
        JsonObject gpu = json.getJsonObject("gpu");
        assertThat(gpu.getBoolean("usable")).isFalse();
        assertThat(gpu.getJsonObject("driver").toString())
                .isEqualTo("{\"state\":\"present\",\"cuda\":\"13.0\",\"release\":\"580.65.06\"}");
        assertThat(gpu.getJsonArray("devices").toString())
                .isEqualTo("[{\"index\":0,\"name\":\"NVIDIA Card\",\"capability\":\"9.0\",\"memory_total\":24000000000,"
                        + "\"memory_free\":20000000000}]");
        assertThat(gpu.getJsonArray("modules")).hasSize(1);
        JsonObject fit = gpu.getJsonArray("modules")
                .getJsonObject(0)
                .getJsonArray("devices")
                .getJsonObject(0);
        assertThat(fit.getBoolean("runs")).isFalse();
        assertThat(fit.getString("reason")).contains("PTX needs a driver that knows CUDA 13.1");
        assertThat(json.getJsonArray("findings").getJsonObject(0).getString("remedy"))
                .isEqualTo("./martlet natives build --cuda-arch 90");
    }

    @Test
    void shouldNameTheCommandThatFetches() {
        assertThat(findings(gpu(driver("8.6"), List.of())))
                .containsExactly(Finding.note(
                        "a GPU can be used; serve fetches what is missing for CUDA 13",
                        Optional.of("./martlet natives fetch --cuda 13")));
    }

    @Test
    void shouldServeWithoutAGpu() {
        Diagnosis diagnosis = new Diagnosis(
                HOST, model(Path.of("pom.xml"), true), gpu(new CudaDriver.Absent("not found", false), List.of()));
        assertThat(diagnosis.canServe()).isTrue();
        assertThat(diagnosis.findings())
                .containsExactly(Finding.note(
                        "no GPU will be used: there is no NVIDIA driver on this machine (not found)",
                        Optional.empty()));
        assertThat(diagnosis.json().getJsonObject("gpu").getJsonObject("driver").getString("state"))
                .isEqualTo("absent");
    }

    @Test
    void shouldNotServeAModelThatIsNotThere() {
        Diagnosis diagnosis = new Diagnosis(
                HOST, model(Path.of("none.gguf"), true), gpu(new CudaDriver.Failed("cuInit failed"), List.of()));
        assertThat(diagnosis.canServe()).isFalse();
        assertThat(diagnosis.findings().getFirst())
                .isEqualTo(Finding.problem("there is no model file none.gguf", "name one that is there: --model FILE"));
    }

    @Test
    void shouldNotServeWithoutTheNativeLibrary() {
        HostReport without = new HostReport(
                HOST.machine(),
                new HostMemory(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty()),
                Optional.empty(),
                Optional.of("no libmartlet"));
        Diagnosis diagnosis =
                new Diagnosis(without, model(Path.of("pom.xml"), true), gpu(driver("8.6"), List.of(MODULE), 13));
        assertThat(diagnosis.canServe()).isFalse();
        assertThat(diagnosis.findings().getFirst().text())
                .isEqualTo("the native library cannot be loaded: no libmartlet");
        assertThat(diagnosis.json().getJsonObject("natives").isNull("llama")).isTrue();
        assertThat(diagnosis.json().getJsonObject("memory").isNull("total")).isTrue();
    }
}
