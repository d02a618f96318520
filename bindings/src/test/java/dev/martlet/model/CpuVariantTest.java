package dev.martlet.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class CpuVariantTest {
    private static final CpuVariant HASWELL = new CpuVariant("haswell", Set.of("AVX", "AVX2", "FMA", "LLAMAFILE"));
    private static final CpuVariant ZEN4 = new CpuVariant("zen4", Set.of("AVX", "AVX2", "AVX512", "AVX512_VNNI"));
    private static final CpuVariant SAPPHIRE =
            new CpuVariant("sapphirerapids", Set.of("AVX", "AVX2", "AVX512", "AMX_INT8"));
    private static final CpuVariant GRAVITON = new CpuVariant("armv8.2_2", Set.of("NEON", "DOTPROD", "FP16_VA"));

    @Test
    void shouldReadTheLibrarysLine() {
        assertThat(CpuVariant.parse("llama.cpp 0.5.0-dev, libggml-cpu-sapphirerapids.so: SSE3 AVX2 AMX_INT8 REPACK,"
                        + " attention of libmartlet"))
                .isEqualTo(new CpuVariant("sapphirerapids", Set.of("SSE3", "AVX2", "AMX_INT8", "REPACK")));
        assertThat(CpuVariant.parse("llama.cpp 0.5.0, libggml-cpu-x64.so:"))
                .extracting(CpuVariant::features)
                .isEqualTo(Set.of());
    }

    @Test
    void shouldKnowThatQ4_1IsFastWithAmxOnly() {
        assertThat(SAPPHIRE.hasFastKernel("Q4_1")).isTrue();
        assertThat(ZEN4.hasFastKernel("Q4_1")).isFalse();
        assertThat(HASWELL.hasFastKernel("Q4_1")).isFalse();
        assertThat(GRAVITON.hasFastKernel("Q4_1")).isFalse();
    }

    @Test
    void shouldKnowTheOtherTypes() {
        for (CpuVariant x86 : new CpuVariant[] {HASWELL, ZEN4, SAPPHIRE}) {
            for (String type :
                    new String[] {"Q4_0", "Q4_K - Medium", "Q4_K - Small", "IQ4_NL - 4.5 bpw", "MXFP4 MoE"}) {
                assertThat(x86.hasFastKernel(type)).as(x86.name() + " " + type).isTrue();
            }
            for (String type : new String[] {"Q8_0", "F16", "BF16", "all F32", "(guessed) all F32", "Q5_0"}) {
                assertThat(x86.hasFastKernel(type)).as(x86.name() + " " + type).isTrue();
            }
            for (String type : new String[] {"Q5_1", "Q3_K - Large", "IQ2_XS - 2.3125 bpw"}) {
                assertThat(x86.hasFastKernel(type)).as(x86.name() + " " + type).isFalse();
            }
        }
        assertThat(ZEN4.hasFastKernel("Q2_K - Medium")).isTrue();
        assertThat(HASWELL.hasFastKernel("Q2_K - Medium")).isFalse();
        assertThat(SAPPHIRE.hasFastKernel("Q6_K")).isTrue();
        assertThat(ZEN4.hasFastKernel("Q6_K")).isFalse();
        assertThat(GRAVITON.hasFastKernel("Q6_K")).isTrue();
        assertThat(new CpuVariant("x64", Set.of("SSE3")).hasFastKernel("Q4_0")).isFalse();
    }
}
