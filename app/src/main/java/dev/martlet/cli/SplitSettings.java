package dev.martlet.cli;

import dev.martlet.model.GpuSplit;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags of {@code serve} that say which GPU takes what. */
final class SplitSettings {

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
