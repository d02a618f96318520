package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.memory.CacheType;
import dev.martlet.memory.CacheTypes;
import dev.martlet.memory.ContextShape;
import dev.martlet.memory.ModelShape;
import dev.martlet.model.Device;
import dev.martlet.model.Machine;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ModelEstimateTest {
    private static final ContextShape CONTEXT =
            new ContextShape(4_096, 512, 128, 36, CacheTypes.of(CacheType.Q8_0), true);
    private static final Machine MACHINE = new Machine(8, 4, OptionalLong.of(8_000_000_000L));

    private static ModelShape model(boolean states) {
        ModelShape.Layer layer =
                new ModelShape.Layer(50_000_000, 50_000_000, 10_000_000, 512, 512, 2_048, 16, 8_192, 0, 0);
        return new ModelShape(
                "llama",
                8_192,
                2_048,
                32_000,
                60_000_000,
                60_000_000,
                60_000_000,
                false,
                states,
                Collections.nCopies(16, layer));
    }

    @Test
    void shouldTellEachPart() {
        List<String> lines = ModelEstimate.lines(model(false), CONTEXT, MACHINE, List.of());
        assertThat(lines).hasSize(3);
        assertThat(lines.getFirst()).isEqualTo("llama, 16 layers, 32000 tokens; trained for 8192 at once");
        // 16 layers, 4,096 cells, keys and values of 512 numbers in blocks of 32 with 34 bytes
        assertThat(lines.get(1))
                .matches(
                        "on the host with a context of 4096 tokens: 1,\\d{3} MB \\(weights 920 MB, KV cache Q8_0 71 MB,"
                                + " for a step \\d+ MB\\); free are 8,000 MB");
        assertThat(lines.getLast()).isEqualTo("on GPUs: there is no GPU");
    }

    @Test
    void shouldTellWhatFitsOntoAGpu() {
        Device gpu = new Device(Device.Kind.GPU, "CUDA0", "Card", "CUDA", 24_000_000_000L, 24_000_000_000L);
        assertThat(ModelEstimate.lines(model(true), CONTEXT, MACHINE, List.of(gpu)))
                .hasSize(4)
                .anyMatch(line -> line.startsWith("on GPUs: all 17 layers fit: "))
                .last()
                .asString()
                .contains("recurrent");
    }
}
