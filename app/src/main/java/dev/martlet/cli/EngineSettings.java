package dev.martlet.cli;

import dev.martlet.engine.EngineOptions;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags of {@code serve} that are about the engine. */
final class EngineSettings {

    @Option(
            names = "--ctx-size",
            paramLabel = "TOKENS",
            description = "Room of the KV cache, shared by all requests (default: what the model was trained for).")
    private Optional<Integer> contextTokens = Optional.empty();

    @Option(names = "--parallel", paramLabel = "N", description = "Most requests that run at once (default: 32).")
    private Optional<Integer> parallel = Optional.empty();

    @Option(names = "--queue", paramLabel = "N", description = "Most requests that wait; more get 429 (default: 256).")
    private Optional<Integer> queue = Optional.empty();

    @Option(names = "--batch-size", paramLabel = "TOKENS", description = "Most tokens of one step (default: 512).")
    private Optional<Integer> batch = Optional.empty();

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: one per processor).")
    private Optional<Integer> threads = Optional.empty();

    @Option(names = "--flash-attention", paramLabel = "WHEN", description = "auto, on or off (default: auto).")
    private Optional<EngineOptions.FlashAttention> flashAttention = Optional.empty();

    @Option(names = "--no-prefix-cache", description = "Forget a request's tokens when it ends.")
    private boolean noPrefixCache;

    /** @throws CommandFailure naming the flag that is out of range */
    EngineOptions toOptions() {
        try {
            EngineOptions options = EngineOptions.defaults().withPrefixCache(!noPrefixCache);
            if (contextTokens.isPresent()) {
                options = options.withContextTokens(contextTokens.get());
            }
            if (parallel.isPresent()) {
                options = options.withMaxSequences(parallel.get());
            }
            if (queue.isPresent()) {
                options = options.withQueueLimit(queue.get());
            }
            if (batch.isPresent()) {
                options = options.withBatchTokens(batch.get());
            }
            if (threads.isPresent()) {
                options = options.withThreads(threads.get());
            }
            if (flashAttention.isPresent()) {
                options = options.withFlashAttention(flashAttention.get());
            }
            return options;
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("a setting is out of range: " + e.getMessage(), e);
        }
    }
}
