package dev.martlet.engine;

import java.util.SplittableRandom;

/**
 * A prefix tree as agents leave it: some system prompts, each with many conversations behind it, every conversation held
 * under an id of its own. Its operations one by one, as requests come and go. One thread uses it.
 */
public final class PrefixTurns {
    private static final int SYSTEMS = 4;
    private static final int SYSTEM = 3_000;
    private static final int CONVERSATION = 1_000;
    private static final int VOCABULARY = 150_000;

    private final PrefixTree tree = new PrefixTree(true);
    private final int[][] conversations;
    private int next;

    /** @param held conversations that the tree holds */
    public PrefixTurns(int held) {
        SplittableRandom random = new SplittableRandom(1);
        int[][] systems = new int[SYSTEMS][];
        for (int s = 0; s < SYSTEMS; s++) {
            systems[s] = random.ints(SYSTEM, 0, VOCABULARY).toArray();
        }
        conversations = new int[held][SYSTEM + CONVERSATION];
        for (int c = 0; c < held; c++) {
            System.arraycopy(systems[c % SYSTEMS], 0, conversations[c], 0, SYSTEM);
            int[] own = random.ints(CONVERSATION, 0, VOCABULARY).toArray();
            System.arraycopy(own, 0, conversations[c], SYSTEM, CONVERSATION);
            hold(c);
        }
    }

    private void hold(int conversation) {
        tree.hold(tree.insert(conversations[conversation], SYSTEM + CONVERSATION), conversation);
    }

    private int turn() {
        next = (next + 1) % conversations.length;
        return next;
    }

    /** Follows a whole conversation of 4,000 tokens; returns how many it knows. */
    public int match() {
        return tree.match(conversations[turn()], SYSTEM + CONVERSATION);
    }

    /** Moves the longest unused conversation out and brings it in again, which is then the latest. */
    public int replace() {
        PrefixTree.Node leaf = tree.oldestLeaf(false, null);
        int slot = tree.release(leaf);
        tree.prune(leaf);
        hold(slot);
        return slot;
    }

    /** Looks for the conversation that would go next. */
    public int oldest() {
        return tree.oldestLeaf(false, null).end();
    }

    /** Counts what could be moved out. */
    public int idleTokens() {
        return tree.idleTokens();
    }
}
