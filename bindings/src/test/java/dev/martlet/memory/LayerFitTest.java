package dev.martlet.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.model.Device;
import dev.martlet.model.GpuSplit;
import dev.martlet.model.GpuSplit.Mode;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LayerFitTest {

    private static final long GB = 1_000_000_000L;

    /** 32 layers of 200 MB, 16 MB of cache each, an output of 400 MB. */
    private static final ModelShape MODEL = new ModelShape(
            "llama",
            8_192,
            4_096,
            32_000,
            300_000_000,
            400_000_000,
            400_000_000,
            false,
            false,
            Collections.nCopies(
                    32,
                    new ModelShape.Layer(200_000_000, 200_000_000, 60_000_000, 1_024, 1_024, 4_096, 32, 14_336, 0, 0)));

    private static final ContextShape CONTEXT =
            new ContextShape(4_096, 512, 128, 36, CacheTypes.of(CacheType.F16), true);

    private static final Device CPU = new Device(Device.Kind.CPU, "CPU", "Host", "CPU", 64 * GB, 64 * GB);

    private static Device gpu(int number, double free) {
        return new Device(
                Device.Kind.GPU, "CUDA" + number, "Card", "CUDA", (long) (free * GB), (long) (free * GB) + GB);
    }

    private static LayerFit fit(GpuSplit split, Device... devices) {
        return LayerFit.of(MODEL, CONTEXT, List.of(devices), split, GB);
    }

    private static LayerFit fit(Device... devices) {
        return fit(GpuSplit.byLayers(), devices);
    }

    @Test
    void shouldTakeAllLayersWhereTheyFit() {
        LayerFit fit = fit(CPU, gpu(0, 24));
        assertThat(fit.layers()).isEqualTo(33).isEqualTo(fit.of());
        assertThat(fit.fits()).isTrue();
        MemoryUse card = fit.memory().get(1);
        assertThat(card.weights()).isEqualTo(32 * 200_000_000L + 400_000_000L);
        assertThat(card.cache()).isEqualTo(32L * 4_096 * 2 * 1_024 * 2);
        assertThat(fit.memory().getFirst().weights()).as("the table of tokens").isEqualTo(300_000_000);
        assertThat(fit.memory().getFirst().cache()).isZero();
        assertThat(fit.sentence())
                .matches("all 33 layers fit: 7,\\d{3} MB on CUDA0 with 24,000 MB free, where 1,000 MB"
                        + " are to stay free");
    }

    @Test
    void shouldTakeAsManyAsFit() {
        LayerFit fit = fit(CPU, gpu(0, 6));
        assertThat(fit.layers()).isBetween(15, 25);
        assertThat(fit.memory().get(1).total()).isLessThanOrEqualTo(5 * GB);
        LayerFit next =
                LayerFit.demanded(MODEL, CONTEXT, List.of(gpu(0, 6)), GpuSplit.byLayers(), fit.layers() + 1, GB);
        assertThat(next.fits()).as("one more").isFalse();
        assertThat(fit.sentence())
                .startsWith(fit.layers() + " of 33 layers fit: ")
                .contains("all of them need 7,");
        long layersOnHost = 33L - fit.layers();
        assertThat(fit.memory().getFirst().weights()).isEqualTo(300_000_000 + layersOnHost * 200_000_000);
    }

    @Test
    void shouldTakeNoneWhereNoneFits() {
        LayerFit fit = fit(CPU, gpu(0, 1.2));
        assertThat(fit.layers()).isZero();
        assertThat(fit.fits()).isFalse();
        assertThat(fit.sentence())
                .matches(
                        "no layer fits: the last alone needs \\d+ MB on CUDA0 with 1,200 MB free, where 1,000 MB are to stay free");
        assertThat(fit.memory().getFirst().weights()).as("all on the host").isEqualTo(MODEL.weightBytes());
        assertThat(fit(CPU).sentence()).isEqualTo("there is no GPU");
        assertThat(fit(CPU).memory()).hasSize(1);
    }

    @Test
    void shouldSpreadOverUnevenDevices() {
        LayerFit fit = fit(CPU, gpu(0, 4), gpu(1, 12));
        assertThat(fit.layers()).isEqualTo(33);
        long small = fit.memory().get(1).weights();
        long large = fit.memory().get(2).weights();
        assertThat(small).as("a quarter, by free memory: 9 of 33").isEqualTo(9 * 200_000_000L);
        assertThat(large).isEqualTo(23 * 200_000_000L + 400_000_000L);
        assertThat(fit.split()).isEqualTo(new GpuSplit(Mode.LAYER, 0, List.of(4e9f, 12e9f)));
        assertThat(fit.sentence()).contains(" on CUDA0 with 4,000 MB free and ").contains(" on CUDA1 with 12,000 MB");

        LayerFit even = fit(new GpuSplit(Mode.LAYER, 0, List.of(1f, 1f)), gpu(0, 4), gpu(1, 12));
        assertThat(even.layers()).as("the small one bounds it").isLessThan(33).isGreaterThan(10);
        assertThat(even.memory().get(1).total()).isLessThanOrEqualTo(3 * GB);

        LayerFit second = fit(new GpuSplit(Mode.LAYER, 0, List.of(0f, 1f)), gpu(0, 4), gpu(1, 12));
        assertThat(second.memory().get(1).total()).isZero();
        assertThat(second.layers()).isEqualTo(33);
    }

    @Test
    void shouldTakeOneGpuAlone() {
        LayerFit fit = fit(new GpuSplit(Mode.NONE, 1, List.of()), gpu(0, 24), gpu(1, 6));
        assertThat(fit.memory()).hasSize(2);
        assertThat(fit.memory().get(1).device()).isEqualTo("CUDA1");
        assertThat(fit.layers()).isLessThan(33);
        assertThatThrownBy(() -> fit(new GpuSplit(Mode.NONE, 2, List.of()), gpu(0, 24), gpu(1, 6)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("mainGpu is 2, there are 2");
        assertThatThrownBy(() -> fit(new GpuSplit(Mode.LAYER, 0, List.of(1f, 2f)), gpu(0, 24)))
                .hasMessageContaining("there are 1 GPUs");
    }

    @Test
    void shouldSayWhetherWhatIsDemandedFits() {
        List<Device> devices = List.of(CPU, gpu(0, 6));
        LayerFit all = LayerFit.demanded(MODEL, CONTEXT, devices, GpuSplit.byLayers(), -1, GB);
        assertThat(all.fits()).isFalse();
        assertThat(all.layers()).isEqualTo(33);
        int most = fit(CPU, gpu(0, 6)).layers();
        assertThat(all.sentence())
                .matches(
                        "33 of 33 layers do not fit: 7,\\d{3} MB on CUDA0 with 6,000 MB free, where 1,000 MB are to stay"
                                + " free; " + most + " would");
        assertThat(LayerFit.demanded(MODEL, CONTEXT, devices, GpuSplit.byLayers(), 10, GB)
                        .fits())
                .isTrue();
        assertThat(LayerFit.demanded(MODEL, CONTEXT, devices, GpuSplit.byLayers(), 0, GB)
                        .fits())
                .isTrue();
        assertThat(LayerFit.demanded(MODEL, CONTEXT, List.of(CPU), GpuSplit.byLayers(), 5, GB)
                        .sentence())
                .isEqualTo("5 layers cannot go onto a GPU: there is none");
        assertThat(LayerFit.demanded(MODEL, CONTEXT, List.of(gpu(0, 1)), GpuSplit.byLayers(), 5, GB)
                        .sentence())
                .endsWith("; not even one would");
    }

    /** Whatever the machine: weights and cache are all there, once, and what is said to fit does. */
    @Test
    void shouldLoseNothing() {
        long seed = 20_261_122;
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            Device[] devices = new Device[1 + random.nextInt(4)];
            for (int i = 0; i < devices.length; i++) {
                devices[i] = gpu(i, 0.5 + random.nextInt(80) / 10.0);
            }
            LayerFit fit = fit(devices);
            String what = "seed " + seed + ", round " + round + ": " + fit;
            assertThat(fit.memory().stream().mapToLong(MemoryUse::weights).sum())
                    .as(what)
                    .isEqualTo(MODEL.weightBytes());
            assertThat(fit.memory().stream().mapToLong(MemoryUse::cache).sum())
                    .as(what)
                    .isEqualTo(32L * 4_096 * 2 * 1_024 * 2);
            for (int i = 0; i < devices.length; i++) {
                long total = fit.memory().get(i + 1).total();
                assertThat(total == 0 || total + GB <= devices[i].memoryFree())
                        .as(what)
                        .isTrue();
            }
            assertThat(fit.fits()).as(what).isEqualTo(fit.layers() > 0);
        }
    }
}
