package dev.martlet.cli;

import picocli.CommandLine.Option;

/** The flags of {@code serve} that are about GPUs. */
final class GpuSettings {

    @Option(
            names = "--gpu",
            paramLabel = "WHAT",
            converter = GpuChoice.Converter.class,
            description = "auto, off, or how many layers GPUs compute (default: auto).")
    private GpuChoice choice = new GpuChoice.Auto();

    GpuChoice choice() {
        return choice;
    }
}
