package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.memory.CacheType;
import dev.martlet.memory.CacheTypes;
import dev.martlet.model.Device;
import dev.martlet.model.Machine;
import dev.martlet.model.ModelInfo;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class EngineSizingTest {
    private static final long GIB = 1L << 30;
    private static final CacheTypes F16 = CacheTypes.of(CacheType.F16);

    /** 32 layers, 8 heads of 128 for keys and values: 131,072 bytes a token. */
    private static ModelInfo model(int trained, long sizeBytes) {
        OptionalInt none = OptionalInt.empty();
        return new ModelInfo(
                "test",
                "Q4_0",
                8_000_000_000L,
                sizeBytes,
                32_000,
                trained,
                4_096,
                32,
                32,
                8,
                false,
                true,
                false,
                false,
                true,
                false,
                false,
                0,
                new ModelInfo.SpecialTokens(none, none, none, none, none, none, none, none));
    }

    private static Machine machine(int processors, int cores, long memory) {
        return new Machine(processors, cores, OptionalLong.of(memory));
    }

    private static EngineSizing sizing(int trained, long sizeBytes) {
        return new EngineSizing(model(trained, sizeBytes), Map.of());
    }

    @Test
    void shouldCountKeysAndValues() {
        assertThat(sizing(4_096, 0).cacheBytesPerToken(F16)).isEqualTo(32L * 8 * (128 + 128) * 2);
        Map<String, String> wide = Map.of(
                "general.architecture",
                "deep",
                "deep.attention.key_length",
                "192",
                "deep.attention.value_length",
                "64");
        assertThat(sizing(4_096, 0).cacheBytesPerToken(new CacheTypes(CacheType.Q8_0, CacheType.Q4_0)))
                .isEqualTo(32L * (8 * 128 / 32) * (34 + 18));
        assertThat(new EngineSizing(model(4_096, 0), wide).cacheBytesPerToken(F16))
                .isEqualTo(32L * 8 * (192 + 64) * 2);
    }

    @Test
    void shouldUseAThreadForEachCore() {
        EngineOptions open = EngineOptions.defaults();
        assertThat(sizing(4_096, 0).fit(open, machine(16, 8, GIB), List.of()).threads())
                .isEqualTo(8);
        assertThat(sizing(4_096, 0)
                        .fit(open.withThreads(3), machine(16, 8, GIB), List.of())
                        .threads())
                .isEqualTo(3);
    }

    @Test
    void shouldLetMemoryBoundTheContext() {
        EngineSizing sizing = sizing(8_192, 4 * GIB);
        EngineOptions open = EngineOptions.defaults();
        assertThat(context(sizing, open, 100 * GIB)).as("a cap").isEqualTo(EngineSizing.MOST_CELLS);
        assertThat(context(sizing, open, 8 * GIB))
                .as("half of what the weights leave")
                .isEqualTo(16_384);
        assertThat(context(sizing, open, 4 * GIB)).as("never less").isEqualTo(EngineSizing.LEAST_CELLS);
        assertThat(context(sizing, open.withContextTokens(777), 8 * GIB))
                .as("as asked")
                .isEqualTo(777);
        assertThat(sizing.contextTokens(32, OptionalLong.empty(), F16))
                .as("unknown")
                .isEqualTo(EngineSizing.MOST_CELLS);
    }

    @Test
    void shouldNotExceedWhatTheRequestsCanUse() {
        assertThat(context(sizing(1_024, 0), EngineOptions.defaults().withMaxSequences(4), 100 * GIB))
                .isEqualTo(4_096);
        assertThat(context(sizing(512, 0), EngineOptions.defaults().withMaxSequences(1), 0))
                .isEqualTo(512);
    }

    @Test
    void shouldLookAtTheGpuWhereThereIsOne() {
        Device cpu = new Device(Device.Kind.CPU, "CPU", "", "CPU", 100 * GIB, 100 * GIB);
        Device gpu = new Device(Device.Kind.GPU, "CUDA0", "", "CUDA", 2 * GIB, 8 * GIB);
        assertThat(sizing(8_192, 4 * GIB)
                        .fit(EngineOptions.defaults(), machine(8, 8, 100 * GIB), List.of(cpu, gpu))
                        .contextTokens())
                .isEqualTo(8_192);
    }

    private static int context(EngineSizing sizing, EngineOptions options, long memory) {
        return sizing.fit(options, machine(8, 8, memory), List.of()).contextTokens();
    }
}
