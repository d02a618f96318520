package dev.martlet.cli;

import dev.martlet.model.GpuSplit;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags of {@code serve} that say whether GPUs take part, and which takes what. */
final class SplitSettings {

    @Option(
            names = "--gpu",
            paramLabel = "WHAT",
            converter = GpuChoice.Converter.class,
            description = "auto, off, or how many layers GPUs compute (default: auto).")
    private GpuChoice gpu = new GpuChoice.Auto();

    @Option(
            names = "--split-mode",
            paramLabel = "HOW",
            description = "Several GPUs: layer, row, or none for one alone (default: layer).")
    private Optional<GpuSplit.Mode> mode = Optional.empty();

    @Option(
            names = "--main-gpu",
            paramLabel = "N",
            description = "The GPU that --split-mode none takes, counted from 0 (default: 0).")
    private Optional<Integer> mainGpu = Optional.empty();

    @Option(
            names = "--tensor-split",
            paramLabel = "SHARES",
            split = ",",
            hideParamSyntax = true,
            description = "Shares of the GPUs, as in 3,1 (default: by their free memory).")
    private List<Float> shares = List.of();

    GpuChoice gpu() {
        return gpu;
    }

    /** @throws CommandFailure naming what is out of range */
    GpuSplit toSplit() {
        GpuSplit otherwise = GpuSplit.byLayers();
        try {
            return new GpuSplit(mode.orElse(otherwise.mode()), mainGpu.orElse(otherwise.mainGpu()), shares);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("a setting is out of range: " + e.getMessage(), e);
        }
    }
}
