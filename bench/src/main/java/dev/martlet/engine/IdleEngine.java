package dev.martlet.engine;

/** An engine over a model that costs nothing. It is in the engine's package because its runner is. */
public final class IdleEngine {
    private IdleEngine() {}

    /** @param running requests at once, 1 to 255 */
    public static Engine start(int running) {
        return Engine.start(
                new IdleRunner(running),
                ByteTokens.vocabulary(),
                new ByteTokens(),
                EngineOptions.defaults()
                        .withCachedPrefixes(0)
                        .withMaxSequences(running)
                        .withPrefixCache(false)
                        .withDrafts(0));
    }
}
