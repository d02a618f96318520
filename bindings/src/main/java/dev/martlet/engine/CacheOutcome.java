package dev.martlet.engine;

import java.util.Objects;

/**
 * What a request found in the prefix cache when it first ran, and why no more.
 *
 * @param kind why it ended there
 * @param tokens tokens of the prompt that were there
 */
public record CacheOutcome(Kind kind, int tokens) {

    /** Why no more of a prompt was in the cache. */
    public enum Kind {
        /** All of it was; its last token is always computed, since its logits are needed. */
        WHOLE,
        /** What the cache held of this text ends there, as when a conversation goes on. */
        ENDED,
        /** The cached text has another token there. */
        DIVERGED,
        /** More of it is known, but is not here: another request is about to compute it, or it was moved out. */
        AWAY,
        /** Nothing in the cache begins like it. */
        NOTHING,
        /** The prefix cache is switched off. */
        OFF
    }

    public CacheOutcome {
        Objects.requireNonNull(kind, "kind");
    }

    /** In words, e.g. "diverged at token 812"; tokens are counted from 0. */
    public String reason() {
        return switch (kind) {
            case WHOLE -> "all but the last token";
            case ENDED -> "the cached text ended at token " + tokens;
            case DIVERGED -> "diverged at token " + tokens;
            case AWAY -> "what follows token " + tokens + " was not yet, or no longer, in the cache";
            case NOTHING -> "nothing cached begins like it";
            case OFF -> "the prefix cache is off";
        };
    }
}
