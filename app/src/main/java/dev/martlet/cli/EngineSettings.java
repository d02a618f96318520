package dev.martlet.cli;

import dev.martlet.engine.EngineOptions;
import dev.martlet.memory.CacheType;
import dev.martlet.memory.CacheTypes;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags of {@code serve} that are about the engine. */
final class EngineSettings {

    @Option(
            names = "--ctx-size",
            paramLabel = "TOKENS",
            description = "Room of the KV cache, for all requests together (default: by model and free memory).")
    private Optional<Integer> contextTokens = Optional.empty();

    @Option(names = "--parallel", paramLabel = "N", description = "Most requests that run at once (default: 32).")
    private Optional<Integer> parallel = Optional.empty();

    @Option(names = "--queue", paramLabel = "N", description = "Most requests that wait; more get 429 (default: 256).")
    private Optional<Integer> queue = Optional.empty();

    @Option(
            names = "--queue-tokens",
            paramLabel = "N",
            description = "Most tokens that wait, prompts and expected answers (default: 262144).")
    private Optional<Integer> queueTokens = Optional.empty();

    @Option(names = "--batch-size", paramLabel = "TOKENS", description = "Most tokens of one step (default: 512).")
    private Optional<Integer> batch = Optional.empty();

    @Option(
            names = "--step-millis",
            paramLabel = "MS",
            description = "How long prompts may hold up running streams at a time; 0 = no bound (default: 250).")
    private Optional<Integer> stepMillis = Optional.empty();

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Compute threads (default: one for each physical core).")
    private Optional<Integer> threads = Optional.empty();

    @Option(names = "--flash-attention", paramLabel = "WHEN", description = "auto, on or off (default: auto).")
    private Optional<EngineOptions.FlashAttention> flashAttention = Optional.empty();

    @Option(
            names = "--cache-type-k",
            paramLabel = "TYPE",
            description = "Keys of the KV cache: f16, q8_0 or q4_0 (default: f16).")
    private Optional<CacheType> keyType = Optional.empty();

    @Option(
            names = "--cache-type-v",
            paramLabel = "TYPE",
            description = "Its values, the same; all but f16 need flash attention (default: f16).")
    private Optional<CacheType> valueType = Optional.empty();

    @Option(
            names = "--cached-prefixes",
            paramLabel = "N",
            description = "Most ended requests whose tokens stay in the KV cache (default: 96).")
    private Optional<Integer> cachedPrefixes = Optional.empty();

    @Option(
            names = "--host-cache",
            paramLabel = "MIB",
            description = "Host memory for tokens that are moved out of the KV cache (default: 1024).")
    private Optional<Integer> hostCache = Optional.empty();

    @Option(
            names = "--drafts",
            paramLabel = "TOKENS",
            description = "Most tokens guessed from a request's own text and verified in a step (default: 8).")
    private Optional<Integer> drafts = Optional.empty();

    @Option(names = "--no-prefix-cache", description = "Forget a request's tokens when it ends (default: keep them).")
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
            if (queueTokens.isPresent()) {
                options = options.withQueueTokens(queueTokens.get());
            }
            if (batch.isPresent()) {
                options = options.withBatchTokens(batch.get());
            }
            if (stepMillis.isPresent()) {
                options = options.withStepMillis(stepMillis.get());
            }
            if (cachedPrefixes.isPresent()) {
                options = options.withCachedPrefixes(cachedPrefixes.get());
            }
            if (hostCache.isPresent()) {
                options = options.withHostCacheMiB(hostCache.get());
            }
            if (drafts.isPresent()) {
                options = options.withDrafts(drafts.get());
            }
            if (threads.isPresent()) {
                options = options.withThreads(threads.get());
            }
            if (flashAttention.isPresent()) {
                options = options.withFlashAttention(flashAttention.get());
            }
            CacheTypes types = options.cacheTypes();
            return options.withCacheTypes(
                    new CacheTypes(keyType.orElse(types.keys()), valueType.orElse(types.values())));
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("a setting is out of range: " + e.getMessage(), e);
        }
    }
}
