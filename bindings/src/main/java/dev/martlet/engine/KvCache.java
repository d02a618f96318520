package dev.martlet.engine;

import dev.martlet.engine.Counters.Counter;
import dev.martlet.engine.PrefixTree.Node;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Who has which sequence id and its cells: running sequences, and the prefixes that finished ones left. Every id is free,
 * running or held by the prefix tree, and never two of these. Only the scheduler's thread uses it.
 *
 * <p>On a CPU, cells that nobody runs on are not free of cost: every row that is computed looks at the mask of all cells
 * up to the last used one. So while anything runs and more cells are used than are cheap to look at, idle prefixes move to
 * host memory, and come back when a request begins with one; both copies together take a twentieth to a fiftieth of the
 * time to compute it again.
 */
final class KvCache {

    /** Waiting for a running request's prefill pays from this many tokens on. */
    static final int WORTH_WAITING = 16;

    /** Bringing this many tokens back pays; fewer are computed as fast. */
    static final int WORTH_RESTORING = 8;

    /** Part of a step's tokens that moves out between two steps: some milliseconds of pause. */
    private static final int MOVED_SHARE = 2;

    /**
     * What a request can start from.
     *
     * @param slot id of the running request to fork; -1 for none
     * @param forked tokens it shares
     * @param node what holds them; null where nothing or a running request does
     * @param length tokens it starts with once what lies in host memory is back
     * @param awaited a running request that will soon have more of the prefix; null for none
     * @param awaitedLength tokens it will have
     */
    record Match(int slot, int forked, Node node, int length, Sequence awaited, int awaitedLength) {
        static final Match NONE = new Match(Sequence.NO_SLOT, 0, null, 0, null, 0);
    }

    private final StepRunner runner;
    private final StepRunner.Limits limits;
    private final PrefixTree tree;
    private final boolean sharing;
    private final long hostBytes;
    private final Counters counters;

    /** A stack; the lowest id is given first. */
    private final int[] free;

    private int freeCount;

    KvCache(StepRunner runner, EngineOptions options, Counters counters) {
        this.runner = runner;
        this.limits = runner.limits();
        this.tree = new PrefixTree(limits.partialPrefix());
        this.sharing = options.prefixCache();
        this.hostBytes = options.hostCacheMiB() * (1L << 20);
        this.counters = counters;
        this.free = new int[limits.sequences()];
        freeAll();
    }

    private void freeAll() {
        for (freeCount = 0; freeCount < free.length; freeCount++) {
            free[freeCount] = free.length - 1 - freeCount;
        }
    }

    // ---- finding

    /** What a waiting sequence could start from now, or should wait for. What it needs rows of is left to compute, its last token always. */
    Match find(Sequence wanted, List<Sequence> running) {
        if (!sharing) {
            return Match.NONE;
        }
        int most = wanted.reusable();
        int known = tree.match(wanted.tokens, most);
        Node node = null;
        int forked = 0;
        int length = 0;
        List<Node> path = tree.path();
        for (int i = 0; i < path.size(); i++) {
            Node at = path.get(i);
            int common = Math.min(at.end(), known);
            if (canFork(at, common)) {
                node = at;
                forked = common;
                length = common;
            } else if (canRestore(at, common, length)) {
                length = common;
            }
        }
        int slot = Sequence.NO_SLOT;
        Sequence awaited = null;
        int awaitedLength = 0;
        for (int i = 0; i < running.size(); i++) {
            Sequence other = running.get(i);
            int common = common(wanted.tokens, most, other.tokens, other.size);
            int now = Math.min(common, other.seen);
            if (now > forked && (limits.partialPrefix() || now == other.seen)) {
                slot = other.slot;
                forked = now;
                node = null;
            }
            if (limits.partialPrefix() && common > other.seen && common > awaitedLength) {
                awaited = other;
                awaitedLength = common;
            }
        }
        length = length - forked < WORTH_RESTORING ? forked : length;
        if (awaitedLength - length < WORTH_WAITING) {
            awaited = null;
        }
        return new Match(slot, forked, node, length, awaited, awaitedLength);
    }

    private boolean canFork(Node node, int common) {
        return limits.partialPrefix() ? node.isResident() : node.slot() != Sequence.NO_SLOT && common == node.end();
    }

    private boolean canRestore(Node node, int common, int above) {
        SavedTail saved = node.saved();
        return saved != null && saved.from() <= above && (limits.partialPrefix() || common == node.end());
    }

    private static int common(int[] a, int aLength, int[] b, int bLength) {
        int mismatch = Arrays.mismatch(a, 0, aLength, b, 0, bLength);
        return mismatch < 0 ? aLength : mismatch;
    }

    // ---- beginning

    /**
     * Gives a sequence an id, filled with what it matched, if there is room for it and for what all are expected to grow
     * to; idle prefixes make room for the tokens there are, least recently used first. With nothing running there is
     * always room.
     *
     * @param match of this turn of the scheduler
     * @param growth cells that it and those that run are expected to take beyond the tokens there are
     * @return false when it must wait
     */
    boolean admit(Sequence sequence, Match match, List<Sequence> running, long growth) {
        use(sequence, match.node());
        if (!running.isEmpty()
                && wanted(sequence, match, running) - tree.idleTokens() + growth > limits.contextTokens()) {
            unuse(sequence);
            return false;
        }
        while (!fits(sequence, match, running)) {
            if (!evict(tree.oldestLeaf(false, null))) {
                if (running.isEmpty()) {
                    break;
                }
                unuse(sequence);
                return false;
            }
        }
        if (freeCount == 0 && !evictForSlot(match.node())) {
            takeOver(sequence, match);
        } else {
            sequence.slot = free[--freeCount];
            if (match.forked() > 0) {
                // What was evicted for room may have held the node until now.
                int source = match.node() == null
                        ? match.slot()
                        : tree.holder(match.node()).slot();
                runner.fork(source, sequence.slot, match.forked());
            }
        }
        sequence.seen = match.forked();
        if (match.length() > match.forked()) {
            restore(sequence, match.length());
        }
        return true;
    }

    /** How much of a sequence that was just admitted came from here, and why no more. */
    CacheOutcome outcome(Sequence sequence, List<Sequence> running) {
        int start = sequence.seen;
        int most = sequence.reusable();
        if (!sharing) {
            return new CacheOutcome(CacheOutcome.Kind.OFF, start);
        }
        if (start == most && start > 0) {
            return new CacheOutcome(CacheOutcome.Kind.WHOLE, start);
        }
        int known = tree.match(sequence.tokens, most);
        boolean other = tree.goesOn(known);
        for (int i = 0; i < running.size(); i++) {
            Sequence beside = running.get(i);
            if (beside != sequence) {
                int common = common(sequence.tokens, most, beside.tokens, beside.size);
                known = Math.max(known, common);
                other |= common == start && beside.size > start;
            }
        }
        if (known > start) {
            return new CacheOutcome(CacheOutcome.Kind.AWAY, start);
        }
        if (start == 0) {
            return new CacheOutcome(CacheOutcome.Kind.NOTHING, 0);
        }
        return new CacheOutcome(other ? CacheOutcome.Kind.DIVERGED : CacheOutcome.Kind.ENDED, start);
    }

    private static void use(Sequence sequence, Node node) {
        sequence.began = node;
        if (node != null) {
            node.addUser();
        }
    }

    private static void unuse(Sequence sequence) {
        if (sequence.began != null) {
            sequence.began.removeUser();
            sequence.began = null;
        }
    }

    /** Whether there is room for the tokens there are, and for one more of each. */
    private boolean fits(Sequence sequence, Match match, List<Sequence> running) {
        return wanted(sequence, match, running) + running.size() + 1 <= limits.contextTokens();
    }

    /** Cells in use once all tokens there are have been seen. */
    private long wanted(Sequence sequence, Match match, List<Sequence> running) {
        long wanted = (long) runner.usedCells() + sequence.size - match.forked();
        for (int i = 0; i < running.size(); i++) {
            wanted += running.get(i).gap();
        }
        return wanted;
    }

    private boolean evictForSlot(Node keep) {
        while (freeCount == 0) {
            Node leaf = tree.oldestLeaf(false, keep);
            if (!evict(leaf == null ? tree.oldestLeaf(true, keep) : leaf)) {
                return false;
            }
        }
        return true;
    }

    /** The only id that is left is the one it would fork. */
    private void takeOver(Sequence sequence, Match match) {
        Node holder = tree.holder(match.node());
        sequence.slot = tree.release(holder);
        counters.add(Counter.EVICTIONS, 1);
        if (holder.end() > match.forked()) {
            runner.trim(sequence.slot, match.forked());
        }
        unuse(sequence);
        tree.prune(holder);
    }

    /** Puts what host memory has of its first {@code length} tokens behind those it has. */
    private void restore(Sequence sequence, int length) {
        tree.match(sequence.tokens, length);
        List<Node> path = tree.path();
        for (int i = 0; i < path.size() && sequence.seen < length; i++) {
            SavedTail saved = path.get(i).saved();
            boolean fits = saved != null && saved.to() > sequence.seen && saved.from() <= sequence.seen;
            if (!fits || !limits.partialPrefix() && saved.to() != length) {
                continue;
            }
            if (saved.from() < sequence.seen) {
                runner.trim(sequence.slot, saved.from());
                sequence.seen = saved.from();
            }
            if (!runner.load(sequence.slot, saved)) {
                return;
            }
            sequence.seen = saved.to();
            counters.add(Counter.RESTORES, 1);
        }
        tree.touch();
        if (sequence.seen > length) {
            runner.trim(sequence.slot, length);
            sequence.seen = length;
        }
    }

    // ---- ending

    /** The context and all cells in it are gone. */
    void lose(Sequence sequence) {
        unuse(sequence);
        sequence.slot = Sequence.NO_SLOT;
        sequence.seen = 0;
    }

    /** Takes a running sequence's id and cells away; it can be admitted again. */
    private void drop(Sequence sequence) {
        empty(sequence.slot);
        lose(sequence);
    }

    /**
     * Keeps what a sequence computed for others, or for itself later, or frees it.
     *
     * @param running the other sequences that run
     */
    void leave(Sequence sequence, List<Sequence> running) {
        if (!sharing || sequence.seen == 0) {
            drop(sequence);
            return;
        }
        Node node = tree.insert(sequence.tokens, sequence.seen);
        boolean known = limits.partialPrefix() ? node.isResident() : node.slot() != Sequence.NO_SLOT;
        if (known) {
            empty(sequence.slot);
        } else {
            tree.hold(node, sequence.slot);
            if (limits.partialPrefix()) {
                freeAbove(node);
                bindForks(sequence, running);
            }
        }
        lose(sequence);
    }

    /** Those that forked this sequence while it ran use what it held from now on: it would free no cells to move it out. */
    private void bindForks(Sequence sequence, List<Sequence> running) {
        for (int i = 0; i < running.size(); i++) {
            Sequence other = running.get(i);
            int common = common(sequence.tokens, sequence.seen, other.tokens, other.seen);
            if (common >= WORTH_WAITING && (other.began == null || other.began.end() < common)) {
                unuse(other);
                use(other, tree.insert(sequence.tokens, common));
            }
        }
    }

    /** The ids of shorter prefixes of this one are not needed any more. */
    private void freeAbove(Node node) {
        for (Node above = node.parent(); !above.isRoot(); above = above.parent()) {
            if (above.slot() != Sequence.NO_SLOT) {
                empty(tree.release(above));
            }
        }
    }

    private void empty(int slot) {
        runner.trim(slot, 0);
        free[freeCount++] = slot;
    }

    // ---- making room

    /** Moves out the least recently used prefix; false when there is none. */
    boolean evictOne() {
        Node leaf = tree.oldestLeaf(false, null);
        return evict(leaf == null ? tree.oldestLeaf(true, null) : leaf);
    }

    /** Moves idle prefixes out of the way of what runs, the oldest first, some at a time. */
    void makeWay() {
        if (!limits.partialPrefix() || hostBytes == 0) {
            return;
        }
        int left = Math.max(1, limits.batchTokens() / MOVED_SHARE);
        Node leaf = tree.oldestLeaf(false, null);
        while (leaf != null && left > 0 && runner.usedCells() > limits.cheapCells()) {
            if (leaf.saved() == null) {
                tree.shorten(leaf, left);
                left -= leaf.end() - leaf.start();
            }
            evict(leaf);
            leaf = tree.oldestLeaf(false, null);
        }
    }

    /** Takes a leaf's run out of the KV cache, into host memory if there is room. */
    private boolean evict(Node leaf) {
        if (leaf == null) {
            return false;
        }
        if (leaf.saved() == null) {
            copyOut(leaf).ifPresent(tail -> tree.save(leaf, tail));
        }
        counters.add(leaf.saved() == null ? Counter.EVICTIONS : Counter.SPILLS, 1);
        int slot = tree.release(leaf);
        Node parent = leaf.parent();
        if (limits.partialPrefix() && !parent.isRoot() && !parent.isResident()) {
            runner.trim(slot, parent.end());
            tree.hold(parent, slot);
        } else {
            empty(slot);
        }
        tree.prune(leaf);
        return true;
    }

    private Optional<SavedTail> copyOut(Node leaf) {
        int from = limits.partialPrefix() ? leaf.start() : 0;
        if (hostBytes == 0) {
            return Optional.empty();
        }
        long bytes = runner.stateBytes(leaf.slot(), from);
        if (bytes > hostBytes) {
            return Optional.empty();
        }
        while (tree.savedBytes() + bytes > hostBytes) {
            if (!tree.dropOldestSaved()) {
                return Optional.empty();
            }
        }
        return runner.save(leaf.slot(), from);
    }

    /** Drops every prefix, in host memory too. */
    void flush() {
        while (evictOne()) {
            // each turn moves one out
        }
        while (tree.dropOldestSaved()) {
            // each turn drops one
        }
    }

    /** Every id is free again, after the context was made anew; what lies in host memory is still good. */
    void reset() {
        tree.loseResidents();
        freeAll();
    }

    /** Number of sequence ids that prefixes hold. */
    int heldCount() {
        return tree.heldCount();
    }

    /** The held prefixes, for whoever watches. */
    List<EngineSnapshot.Prefix> prefixes() {
        return tree.describe();
    }

    /** Number of ids nobody has. */
    int freeCount() {
        return freeCount;
    }

    int usedCells() {
        return runner.usedCells();
    }

    /** Host memory that prefixes take. */
    long savedBytes() {
        return tree.savedBytes();
    }
}
