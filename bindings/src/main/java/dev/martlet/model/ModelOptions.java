package dev.martlet.model;

import java.util.Objects;

/**
 * How a model is opened.
 *
 * @param gpuLayers layers to put on the GPU; 0 = CPU only, -1 = all, which without a GPU is none
 * @param split how GPUs share the layers
 * @param mmap whether the weights are mapped from the file rather than read
 * @param mlock whether the weights are kept from being swapped out
 * @param vocabularyOnly whether only metadata and tokenizer are read, without weights
 * @param checkTensors whether the weights are checked for invalid values
 * @param listener told of the progress; may end it
 */
public record ModelOptions(
        int gpuLayers,
        GpuSplit split,
        boolean mmap,
        boolean mlock,
        boolean vocabularyOnly,
        boolean checkTensors,
        LoadListener listener) {

    public ModelOptions {
        if (gpuLayers < -1) {
            throw new IllegalArgumentException("gpuLayers is " + gpuLayers + ", must be -1 or more");
        }
        Objects.requireNonNull(split, "split");
        Objects.requireNonNull(listener, "listener");
    }

    /** All layers on the GPU if there is one, mapped, nobody listening. */
    public static ModelOptions defaults() {
        return new ModelOptions(-1, GpuSplit.byLayers(), true, false, false, false, fraction -> true);
    }

    public ModelOptions withGpuLayers(int value) {
        return new ModelOptions(value, split, mmap, mlock, vocabularyOnly, checkTensors, listener);
    }

    public ModelOptions withSplit(GpuSplit value) {
        return new ModelOptions(gpuLayers, value, mmap, mlock, vocabularyOnly, checkTensors, listener);
    }

    public ModelOptions withMmap(boolean value) {
        return new ModelOptions(gpuLayers, split, value, mlock, vocabularyOnly, checkTensors, listener);
    }

    public ModelOptions withMlock(boolean value) {
        return new ModelOptions(gpuLayers, split, mmap, value, vocabularyOnly, checkTensors, listener);
    }

    public ModelOptions withVocabularyOnly(boolean value) {
        return new ModelOptions(gpuLayers, split, mmap, mlock, value, checkTensors, listener);
    }

    public ModelOptions withCheckTensors(boolean value) {
        return new ModelOptions(gpuLayers, split, mmap, mlock, vocabularyOnly, value, listener);
    }

    public ModelOptions withListener(LoadListener value) {
        return new ModelOptions(gpuLayers, split, mmap, mlock, vocabularyOnly, checkTensors, value);
    }
}
