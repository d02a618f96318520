package dev.martlet.model;

import java.util.Objects;

/**
 * How a model is opened.
 *
 * @param gpuLayers layers to put on the GPU; 0 = CPU only, -1 = all, which without a GPU is none
 * @param mmap whether the weights are mapped from the file rather than read
 * @param mlock whether the weights are kept from being swapped out
 * @param vocabularyOnly whether only metadata and tokenizer are read, without weights
 * @param checkTensors whether the weights are checked for invalid values
 * @param listener told of the progress; may end it
 */
public record ModelOptions(
        int gpuLayers,
        boolean mmap,
        boolean mlock,
        boolean vocabularyOnly,
        boolean checkTensors,
        LoadListener listener) {

    public ModelOptions {
        if (gpuLayers < -1) {
            throw new IllegalArgumentException("gpuLayers is " + gpuLayers + ", must be -1 or more");
        }
        Objects.requireNonNull(listener, "listener");
    }

    /** All layers on the GPU if there is one, mapped, nobody listening. */
    public static ModelOptions defaults() {
        return new ModelOptions(-1, true, false, false, false, fraction -> true);
    }

    public ModelOptions withGpuLayers(int value) {
        return new ModelOptions(value, mmap, mlock, vocabularyOnly, checkTensors, listener);
    }

    public ModelOptions withMmap(boolean value) {
        return new ModelOptions(gpuLayers, value, mlock, vocabularyOnly, checkTensors, listener);
    }

    public ModelOptions withMlock(boolean value) {
        return new ModelOptions(gpuLayers, mmap, value, vocabularyOnly, checkTensors, listener);
    }

    public ModelOptions withVocabularyOnly(boolean value) {
        return new ModelOptions(gpuLayers, mmap, mlock, value, checkTensors, listener);
    }

    public ModelOptions withCheckTensors(boolean value) {
        return new ModelOptions(gpuLayers, mmap, mlock, vocabularyOnly, value, listener);
    }

    public ModelOptions withListener(LoadListener value) {
        return new ModelOptions(gpuLayers, mmap, mlock, vocabularyOnly, checkTensors, value);
    }
}
