package dev.martlet.model;

import java.util.List;
import java.util.Objects;

/**
 * How a model's layers are spread over the GPUs of a machine; without any it has no meaning.
 *
 * @param mode what each of them takes
 * @param mainGpu the one that {@link Mode#NONE} takes, counted from 0
 * @param shares the GPUs' shares in their order, none negative and not all 0; those after the last get nothing. Empty: by
 *     their free memory
 */
public record GpuSplit(Mode mode, int mainGpu, List<Float> shares) {

    /** What each GPU takes of a model. */
    public enum Mode {
        /** Some of the layers. */
        LAYER,
        /** One takes all. */
        NONE,
        /** Some rows of each layer's weights, where the GPUs' library can do that. */
        ROW
    }

    public GpuSplit {
        Objects.requireNonNull(mode, "mode");
        shares = List.copyOf(shares);
        if (mainGpu < 0) {
            throw new IllegalArgumentException("mainGpu is " + mainGpu + ", must be 0 or more");
        }
        if (shares.stream().anyMatch(share -> !(share >= 0) || share.isInfinite())
                || !shares.isEmpty() && shares.stream().allMatch(share -> share == 0)) {
            throw new IllegalArgumentException("shares are " + shares + ", must be numbers from 0, not all 0");
        }
    }

    /** Layers by the GPUs' free memory. */
    public static GpuSplit byLayers() {
        return new GpuSplit(Mode.LAYER, 0, List.of());
    }
}
