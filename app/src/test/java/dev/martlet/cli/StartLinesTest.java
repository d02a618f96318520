package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.EngineOptions;
import dev.martlet.engine.EngineSetup;
import dev.martlet.memory.CacheType;
import dev.martlet.memory.CacheTypes;
import dev.martlet.memory.MemoryUse;
import dev.martlet.model.CpuVariant;
import dev.martlet.model.Device;
import dev.martlet.model.Machine;
import dev.martlet.model.ModelInfo;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StartLinesTest {
    private static final CpuVariant HASWELL = new CpuVariant("haswell", Set.of("AVX", "AVX2"));
    private static final Machine LAPTOP = new Machine(8, 4, OptionalLong.empty());
    private static final Device GPU = new Device(Device.Kind.GPU, "CUDA0", "Big One", "CUDA", 8_000_000_000L, 1);

    private static ModelInfo model(String weightType) {
        OptionalInt none = OptionalInt.empty();
        return new ModelInfo(
                "llama 135M " + weightType,
                weightType,
                135_000_000,
                96_576_768,
                49_152,
                8_192,
                576,
                30,
                9,
                3,
                false,
                true,
                false,
                false,
                false,
                false,
                false,
                0,
                new ModelInfo.SpecialTokens(none, none, none, none, none, none, none, none));
    }

    private static List<String> lines(String weightType, int threads, List<Device> devices) {
        return lines(weightType, threads, devices, List.of());
    }

    private static List<String> lines(String weightType, int threads, List<Device> devices, List<MemoryUse> memory) {
        EngineSetup setup =
                new EngineSetup(threads, 32_768, 8_192, CacheTypes.of(CacheType.F16), 754_974_720, true, memory);
        return StartLines.of(model(weightType), EngineOptions.defaults(), setup, HASWELL, LAPTOP, devices);
    }

    @Test
    void shouldSayWhatItRunsWith() {
        assertThat(lines("Q4_0", 4, List.of()))
                .containsExactly(
                        "model llama 135M Q4_0, weights Q4_0, 97 MB",
                        "CPU kernels haswell, 4 threads for 4 cores (8 processors)",
                        "context 32768 tokens for up to 32 requests at once, 8192 for one; KV cache F16, 755 MB");
    }

    @Test
    void shouldWarnOfWeightsWithoutAFastKernel() {
        assertThat(lines("Q4_1", 4, List.of()).getLast())
                .startsWith("warning: weights of type Q4_1 have no fast kernel on this CPU (haswell)");
        assertThat(lines("Q4_1", 4, List.of(GPU)))
                .contains("GPU CUDA0, Big One, 8,000 MB free")
                .noneMatch(line -> line.startsWith("warning"));
    }

    @Test
    void shouldSayWhatLiesWhere() {
        MemoryUse host = new MemoryUse("CPU", true, 300_000_000, 0, 40_000_000);
        MemoryUse gpu = new MemoryUse("CUDA0", false, 4_600_000_000L, 754_974_720, 141_800_000);
        assertThat(lines("Q4_0", 4, List.of(GPU), List.of(host, gpu)))
                .contains(
                        "in the memory of the host: weights 300 MB, KV cache 0 MB, for a step 40 MB",
                        "in the memory of CUDA0: weights 4,600 MB, KV cache 755 MB, for a step 142 MB");
        assertThat(lines("Q4_0", 4, List.of(), List.of(host))).hasSize(3);
    }

    @Test
    void shouldWarnOfMoreThreadsThanCores() {
        assertThat(lines("Q4_0", 8, List.of()).getLast()).startsWith("warning: 8 threads on 4 cores");
    }
}
