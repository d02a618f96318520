package dev.martlet.grammar;

import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

/**
 * A grammar bound to a vocabulary, with the caches that all its matchers share. Keep it as long as requests with the same
 * grammar come. Safe from any thread.
 */
public final class CompiledGrammar {

    private final TokenIndex index;
    private final StackPool pool = new StackPool();
    private final StackSet start;

    CompiledGrammar(Node root, TokenIndex index) {
        this.index = Objects.requireNonNull(index, "index");
        checkSpecials(root, new HashSet<>());
        Closure out = new Closure(pool);
        root.open(StackSet.BOTTOM, out);
        this.start = out.set();
    }

    private void checkSpecials(Node node, Set<Node> seen) {
        if (!seen.add(node)) {
            return;
        }
        if (node instanceof Node.Special special && index.special(special.frame.spelling) < 0) {
            throw new GrammarException(
                    GrammarException.Reason.UNSATISFIABLE,
                    "",
                    special.frame.spelling,
                    "the vocabulary has no such control token");
        }
        node.parts().forEach(part -> checkSpecials(part, seen));
    }

    public TokenIndex index() {
        return index;
    }

    /** A matcher at the start of the text; one for each request. */
    public GrammarMatcher matcher() {
        return new GrammarMatcher(this, start);
    }

    StackPool pool() {
        return pool;
    }

    void mask(StackSet stacks, long[] mask) {
        for (int i = 0; i < stacks.frames.length; i++) {
            if (stacks.frames[i] instanceof WordFrame word) {
                index.mask(word).allow(stacks.rests[i], pool, mask);
            } else if (stacks.frames[i] instanceof SpecialFrame special) {
                int token = index.special(special.spelling);
                if (token >= 0) {
                    mask[token >> 6] |= 1L << token;
                }
            }
        }
        if (stacks.end) {
            index.allowEnd(mask);
        }
    }
}
