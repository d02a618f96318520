package dev.martlet.engine;

import dev.martlet.memory.CacheTypes;
import dev.martlet.memory.MemoryUse;
import java.util.List;

/**
 * What an engine runs with, after everything that was left open has been chosen.
 *
 * @param threads threads of a decode or prefill
 * @param contextTokens cells of the KV cache, shared by all requests
 * @param sequenceTokens most tokens of one request, prompt and output
 * @param cacheTypes how the KV cache is stored
 * @param cacheBytes size of the KV cache; 0 where unknown
 * @param drafts whether tokens are guessed and verified
 * @param memory what lies where: the host's part, then that of each GPU the model uses; empty where unknown
 */
public record EngineSetup(
        int threads,
        int contextTokens,
        int sequenceTokens,
        CacheTypes cacheTypes,
        long cacheBytes,
        boolean drafts,
        List<MemoryUse> memory) {

    public EngineSetup {
        memory = List.copyOf(memory);
    }
}
