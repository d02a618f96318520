package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.gpu.CudaModule;
import dev.martlet.gpu.StubCuda;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code doctor} in a process of its own. */
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class DoctorIT {
    private static final String MODEL = System.getProperty("martlet.test.model");

    @TempDir
    private Path folder;

    @Test
    void shouldSeeAllAndLoadNoModule() {
        GpuMachine machine = new GpuMachine(folder)
                .withDriver("driver 13000", StubCuda.device("8.6", 24_000_000_000L, 23_000_000_000L, "NVIDIA RTX 3090"))
                .withRuntime(13);
        CudaModule module = machine.install("13.0", "86", "", "-DDEVICES=1");
        try (MartletProcess doctor = machine.run("doctor", "--json", "--model", MODEL)) {
            JsonObject json =
                    Json.createReader(new StringReader(doctor.output())).readObject();
            assertThat(doctor.exitCode()).isZero();
            assertThat(json.getBoolean("can_serve")).isTrue();
            assertThat(json.getJsonObject("natives").getString("llama")).startsWith("0.5.0");
            assertThat(json.getJsonObject("cpu").getString("kernels")).isNotBlank();
            assertThat(json.getJsonObject("model").getString("weight_type")).isEqualTo("Q4_1");
            assertThat(json.getJsonObject("gpu").getBoolean("usable")).isTrue();
            assertThat(json.getJsonObject("gpu")
                            .getJsonArray("modules")
                            .getJsonObject(0)
                            .getString("folder"))
                    .isEqualTo(module.folder().toString());
        }
        assertThat(StubCuda.wasLoaded(module)).isFalse();
    }

    @Test
    void shouldEndWithOneWhereItCannotServe() {
        try (MartletProcess doctor = new GpuMachine(folder).run("doctor", "--model", "/nowhere.gguf")) {
            assertThat(doctor.output())
                    .contains("problem    there is no model file /nowhere.gguf\n")
                    .contains("driver     none (/nowhere/libcuda.so.1: ")
                    .endsWith("serve cannot start\n");
            assertThat(doctor.exitCode()).isEqualTo(1);
        }
    }
}
