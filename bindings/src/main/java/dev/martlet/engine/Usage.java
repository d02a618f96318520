package dev.martlet.engine;

/**
 * What a generation used.
 *
 * @param promptTokens tokens of the prompt
 * @param cachedTokens those of them that were already in the cache
 * @param completionTokens tokens of output
 */
public record Usage(int promptTokens, int cachedTokens, int completionTokens) {}
