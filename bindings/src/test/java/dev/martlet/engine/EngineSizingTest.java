package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.memory.CacheType;
import dev.martlet.memory.CacheTypes;
import dev.martlet.memory.ModelShape;
import dev.martlet.model.Device;
import dev.martlet.model.Machine;
import dev.martlet.model.ModelInfo;
import dev.martlet.model.ModelOptions;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class EngineSizingTest {
    private static final long GIB = 1L << 30;

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

    private static ModelShape shape(long sizeBytes) {
        ModelShape.Layer layer = new ModelShape.Layer(
                sizeBytes / 32, sizeBytes / 32, sizeBytes / 200, 1_024, 1_024, 4_096, 32, 14_336, 0, 0);
        return new ModelShape("test", 4_096, 4_096, 32_000, 0, 0, 0, false, false, Collections.nCopies(32, layer));
    }

    private static EngineSizing sizing(int trained, long sizeBytes, ModelOptions placed) {
        return new EngineSizing(model(trained, sizeBytes), shape(sizeBytes), placed);
    }

    private static EngineSizing sizing(int trained, long sizeBytes) {
        return sizing(trained, sizeBytes, ModelOptions.defaults());
    }

    @Test
    void shouldCountKeysAndValues() {
        ModelShape shape = shape(0);
        assertThat(shape.cacheBytesPerToken(CacheTypes.of(CacheType.F16))).isEqualTo(32L * 8 * (128 + 128) * 2);
        assertThat(shape.cacheBytesPerToken(new CacheTypes(CacheType.Q8_0, CacheType.Q4_0)))
                .isEqualTo(32L * (8 * 128 / 32) * (34 + 18));
    }

    @Test
    void shouldHaveTwiceTheContextInAQuantisedCache() {
        EngineOptions quantised = EngineOptions.defaults().withCacheTypes(CacheTypes.of(CacheType.Q8_0));
        int plain = context(sizing(8_192, 4 * GIB), EngineOptions.defaults(), 6 * GIB);
        assertThat(plain).isEqualTo(8_192);
        assertThat(context(sizing(8_192, 4 * GIB), quantised, 6 * GIB)).isEqualTo(15_360);
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
        assertThat(sizing.contextTokens(open, OptionalLong.empty(), List.of()))
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
        int cells = onGpu(ModelOptions.defaults(), cpu, gpu);
        assertThat(cells).as("a GiB less a step's memory").isBetween(6_400, 7_936);
        assertThat(onGpu(ModelOptions.defaults().withGpuLayers(17), cpu, gpu))
                .as("half of the layers")
                .isBetween(2 * cells - 1_024, 2 * cells + 1_024);
        assertThat(onGpu(ModelOptions.defaults().withGpuLayers(0), cpu, gpu))
                .as("none of them")
                .isEqualTo(EngineSizing.MOST_CELLS);
    }

    private static int onGpu(ModelOptions placed, Device... devices) {
        return sizing(8_192, 4 * GIB, placed)
                .fit(EngineOptions.defaults(), machine(8, 8, 100 * GIB), List.of(devices))
                .contextTokens();
    }

    private static int context(EngineSizing sizing, EngineOptions options, long memory) {
        return sizing.fit(options, machine(8, 8, memory), List.of()).contextTokens();
    }
}
