package dev.martlet.engine;

import dev.martlet.grammar.GrammarMatcher;
import dev.martlet.model.Vocabulary;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * One request's way through its grammar. The scheduler tells it each sampled token; a worker then finds what follows: the
 * tokens that must come next, and which may come after them. The scheduler takes that when it is there, and samples no
 * row in between.
 *
 * <p>It goes forward only: a request that is preempted or computed anew keeps its tokens and so its place here.
 */
final class Constraint {

    /** Most tokens found ahead at once, so that a grammar without choices is handed out in pieces. */
    private static final int MOST_AHEAD = 256;

    private static final int[] NONE = {};
    private static final int NO_TOKEN = -1;

    private final GrammarMatcher matcher;
    private final Vocabulary vocabulary;
    private final Optional<ForcedText> forcedText;
    private final Executor workers;
    private final Runnable wake;
    private final long[] mask;
    private final Runnable task = this::work;

    /** Set by the scheduler before it hands over to a worker. */
    private int token = NO_TOKEN;

    /** Written by a worker before {@link #ready}. */
    private int[] ahead = NONE;

    private boolean finished;
    private Optional<EngineException> failure = Optional.empty();

    /** Set by a worker when all is found, reset by the scheduler before it hands over again. */
    private volatile boolean ready;

    /** Whether the scheduler has taken what was found. Only its thread uses it. */
    private boolean settled;

    /** Whether the scheduler has waited long enough for it. Only its thread uses it. */
    private boolean late;

    /**
     * @param forcedText how bytes become the tokens ahead; without it, each token is sampled
     * @param wake called by a worker when it has found something
     */
    Constraint(
            GrammarMatcher matcher,
            int maskWords,
            Vocabulary vocabulary,
            Optional<ForcedText> forcedText,
            Executor workers,
            Runnable wake) {
        this.matcher = matcher;
        this.vocabulary = vocabulary;
        this.forcedText = forcedText;
        this.workers = workers;
        this.wake = wake;
        this.mask = new long[maskWords];
    }

    /** Finds what the output may begin with. */
    void begin() {
        accept(NO_TOKEN);
    }

    /** Goes on behind a sampled token. */
    void accept(int sampled) {
        token = sampled;
        settled = false;
        late = false;
        ready = false;
        workers.execute(task);
    }

    // ---- on a worker

    private void work() {
        try {
            find();
        } catch (RuntimeException | StackOverflowError e) {
            failure = Optional.of(
                    new EngineException(EngineException.Kind.CONSTRAINT, "the grammar failed: " + e.getMessage(), e));
        }
        ready = true;
        wake.run();
    }

    private void find() {
        ahead = NONE;
        if (token != NO_TOKEN) {
            take(token);
        }
        while (!matcher.finished()) {
            int before = ahead.length;
            if (before < MOST_AHEAD) {
                forcedText.ifPresent(text -> add(text.tokens(matcher)));
            }
            if (ahead.length > before) {
                continue;
            }
            matcher.mask(mask);
            int only = only();
            if (forcedText.isEmpty()
                    || before >= MOST_AHEAD
                    || only == NO_TOKEN
                    || vocabulary.isEndOfGeneration(only)) {
                return;
            }
            take(only);
            add(new int[] {only});
        }
        finished = true;
    }

    private void take(int next) {
        if (!matcher.accept(next)) {
            throw new IllegalStateException("token " + next + " was allowed and is refused");
        }
        forcedText.ifPresent(text -> text.follow(next));
    }

    private void add(int[] tokens) {
        int size = ahead.length;
        ahead = Arrays.copyOf(ahead, size + tokens.length);
        System.arraycopy(tokens, 0, ahead, size, tokens.length);
    }

    /** The only token of the mask, or {@link #NO_TOKEN} where there is a choice. */
    private int only() {
        int found = NO_TOKEN;
        for (int w = 0; w < mask.length; w++) {
            long word = mask[w];
            if (word != 0) {
                if (found != NO_TOKEN || (word & word - 1) != 0) {
                    return NO_TOKEN;
                }
                found = w * 64 + Long.numberOfTrailingZeros(word);
            }
        }
        if (found == NO_TOKEN) {
            throw new IllegalStateException("no token of the vocabulary may come next");
        }
        return found;
    }

    // ---- on the scheduler's thread

    /** Whether a worker has found what the scheduler has not taken yet, or will. */
    boolean isOpen() {
        return !settled;
    }

    boolean isReady() {
        return ready;
    }

    boolean isLate() {
        return late;
    }

    void setLate() {
        late = true;
    }

    /** The tokens that must come next; from here on the row may be sampled among {@link #mask}. */
    int[] settle() {
        settled = true;
        return ahead;
    }

    /** Whether nothing may follow the tokens ahead. */
    boolean isFinished() {
        return finished;
    }

    Optional<EngineException> failure() {
        return failure;
    }

    /** Which tokens may come next; stays as it is while {@link #isOpen} is false. */
    long[] mask() {
        return mask;
    }
}
