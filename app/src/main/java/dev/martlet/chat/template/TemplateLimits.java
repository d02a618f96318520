package dev.martlet.chat.template;

/**
 * What one compile and one rendering of an untrusted template may use.
 *
 * @param source longest source, in characters
 * @param steps nodes visited and elements walked; some ten million take a part of a second
 * @param output longest prompt, in characters
 * @param allocation characters of all strings ever made in one rendering, besides sixteen times the context's; an element
 *     of a list or dict counts as eight
 * @param depth nesting of calls, each counted with the height of its macro's syntax tree, and of walked values, four a level
 */
public record TemplateLimits(int source, long steps, int output, long allocation, int depth) {
    /** Enough for a conversation that fills a million-token context. */
    public static final TemplateLimits DEFAULT = new TemplateLimits(1 << 20, 10_000_000, 1 << 24, 1 << 26, 2_000);

    public TemplateLimits {
        if (source <= 0 || steps <= 0 || output <= 0 || allocation <= 0 || depth <= 0) {
            throw new IllegalArgumentException("a limit must be positive");
        }
    }
}
