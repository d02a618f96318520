package dev.martlet.grammar;

import dev.martlet.model.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The place of one text in a grammar: what has been accepted, and so what may come next.
 *
 * <p>For one thread at a time. A {@link #copy} costs next to nothing and may be used by another thread, so masks can be
 * computed beside the thread that generates.
 *
 * <p>A grammar in GBNF can be so ambiguous that its readings at some point are over a limit; then {@link #accept} and
 * {@link #mask} throw a {@link GrammarException} of reason TOO_COMPLEX. Grammars from schemas with few alternatives, from
 * regular expressions and from choices do not.
 */
public final class GrammarMatcher {

    /** Longest text that {@link #forced} returns. */
    private static final int MOST_FORCED = 1024;

    private final CompiledGrammar grammar;
    /** Where the text was before each accepted step. */
    private final List<StackSet> past;

    private StackSet now;
    private boolean ended;

    GrammarMatcher(CompiledGrammar grammar, StackSet start) {
        this(grammar, new ArrayList<>(), start, false);
    }

    private GrammarMatcher(CompiledGrammar grammar, List<StackSet> past, StackSet now, boolean ended) {
        this.grammar = grammar;
        this.past = past;
        this.now = now;
        this.ended = ended;
    }

    /**
     * Takes the next token if it may come next.
     *
     * @return whether it may; if not, nothing has changed
     */
    public boolean accept(int token) {
        Vocabulary vocabulary = grammar.index().vocabulary();
        if (ended) {
            return false;
        }
        if (vocabulary.isControl(token)) {
            String spelling = new String(vocabulary.bytes(token), StandardCharsets.UTF_8);
            StackSet after = now.afterSpecial(spelling, grammar.pool());
            if (!after.isRefused()) {
                moveTo(after);
                return true;
            }
        }
        if (vocabulary.isEndOfGeneration(token)) {
            if (!now.end) {
                return false;
            }
            moveTo(now);
            ended = true;
            return true;
        }
        return !vocabulary.isControl(token) && vocabulary.length(token) > 0 && acceptBytes(vocabulary.bytes(token));
    }

    /**
     * Takes more text, as one step.
     *
     * @return whether it may come next; if not, nothing has changed
     */
    public boolean acceptBytes(byte[] bytes) {
        StackSet after = ended ? StackSet.REFUSED : now;
        for (int i = 0; i < bytes.length && !after.isRefused(); i++) {
            after = after.after(bytes[i] & 0xff, grammar.pool());
        }
        if (after.isRefused()) {
            return false;
        }
        moveTo(after);
        return true;
    }

    private void moveTo(StackSet after) {
        past.add(now);
        now = after;
    }

    /** Takes back the last {@code steps} accepted tokens or texts. */
    public void rollback(int steps) {
        if (steps < 0 || steps > past.size()) {
            throw new IllegalArgumentException("cannot take back " + steps + " of " + past.size() + " steps");
        }
        if (steps > 0) {
            int kept = past.size() - steps;
            now = past.get(kept);
            past.subList(kept, past.size()).clear();
            ended = false;
        }
    }

    /** A matcher at the same place that goes its own way; it cannot be rolled back past here. */
    public GrammarMatcher copy() {
        return new GrammarMatcher(grammar, new ArrayList<>(), now, ended);
    }

    /**
     * Writes which tokens may come next: bit t % 64 of word t / 64 is token t.
     *
     * @param mask {@link TokenIndex#words} words or more, overwritten
     */
    public void mask(long[] mask) {
        Arrays.fill(mask, 0);
        if (!ended) {
            grammar.mask(now, mask);
        }
    }

    /** The bytes that must come next, whatever tokens they come in; empty where there is a choice or the text may end. */
    public byte[] forced() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StackSet at = ended ? StackSet.BOTTOM : now;
        while (out.size() < MOST_FORCED && !at.end && !at.waitsForSpecial()) {
            int only = -1;
            for (int b = 0; b < 256; b++) {
                if (!at.after(b, grammar.pool()).isRefused()) {
                    if (only >= 0) {
                        return out.toByteArray();
                    }
                    only = b;
                }
            }
            at = at.after(only, grammar.pool());
            out.write(only);
        }
        return out.toByteArray();
    }

    /** Whether the text may end here. */
    public boolean mayEnd() {
        return now.end;
    }

    /** Whether the text must end here: no byte and no control token but one that ends the generation may follow. */
    public boolean finished() {
        return ended || now.end && now.frames.length == 0;
    }
}
