package dev.martlet.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tokens of finished requests as a radix tree: what several have in common is there once. A node is a run of tokens;
 * the path from the root to it is a prefix. The tree knows where a prefix lies: in the KV cache, under the sequence ids of
 * the nodes at or below it, in host memory, or both. It moves nothing itself. Only the scheduler's thread uses it.
 */
final class PrefixTree {

    /** A run of tokens at positions {@code start} to {@code end} of a prefix. */
    static final class Node {
        private final Map<Integer, Node> children = new HashMap<>(4);

        /** The whole prefix; the run is its tail. */
        private final int[] tokens;

        private Node parent;
        private int start;
        private final int end;

        /** The sequence id that ends here, or {@link Sequence#NO_SLOT}. */
        private int slot = Sequence.NO_SLOT;

        /** Sequence ids that end here or below: with none, the run is not in the KV cache. */
        private int holders;

        /** The run's copy in host memory, which may begin before it; null for none. */
        private SavedTail saved;

        /** Running requests that began with it. */
        private int users;

        /** Running requests that began with it or with something below. */
        private int usersBelow;

        /** The count of idle tokens that saw it last. */
        private long counted;

        private long lastUse;

        private Node(Node parent, int[] tokens, int start, int end) {
            this.parent = parent;
            this.tokens = tokens;
            this.start = start;
            this.end = end;
        }

        int start() {
            return start;
        }

        int end() {
            return end;
        }

        Node parent() {
            return parent;
        }

        boolean isRoot() {
            return parent == null;
        }

        int slot() {
            return slot;
        }

        boolean isResident() {
            return holders > 0;
        }

        SavedTail saved() {
            return saved;
        }

        void addUser() {
            changeUsers(1);
        }

        void removeUser() {
            changeUsers(-1);
        }

        private void changeUsers(int change) {
            users += change;
            for (Node node = this; node != null; node = node.parent) {
                node.usersBelow += change;
            }
        }
    }

    private final Node root = new Node(null, new int[0], 0, 0);

    /** Nodes whose sequence id is theirs to give. */
    private final List<Node> holding = new ArrayList<>();

    /** Nodes with a copy in host memory. */
    private final List<Node> saved = new ArrayList<>();

    private final List<Node> path = new ArrayList<>();
    private final boolean partial;
    private long savedBytes;
    private long uses;
    private long counts;

    /**
     * @param partial whether a prefix of what a sequence holds can be shared, not only the whole
     */
    PrefixTree(boolean partial) {
        this.partial = partial;
    }

    /** Sequence ids in the tree. */
    int heldCount() {
        return holding.size();
    }

    /** Host memory of all copies. */
    long savedBytes() {
        return savedBytes;
    }

    /**
     * Follows tokens from the root as far as they are known.
     *
     * @return how many of the first {@code most} tokens it knows; {@link #path()} has the nodes, of which the last may
     *     match in part
     */
    int match(int[] tokens, int most) {
        path.clear();
        Node node = root;
        int length = 0;
        while (length < most) {
            Node next = node.children.get(tokens[length]);
            if (next == null) {
                break;
            }
            path.add(next);
            int mismatch = Arrays.mismatch(tokens, length, Math.min(most, next.end), next.tokens, length, next.end);
            if (mismatch >= 0) {
                return length + mismatch;
            }
            length = next.end;
            node = next;
        }
        return length;
    }

    /** Whether prefixes that the last {@link #match} followed have more tokens, which are other ones. */
    boolean goesOn(int matched) {
        if (path.isEmpty()) {
            return false;
        }
        Node last = path.get(path.size() - 1);
        return last.end > matched || !last.children.isEmpty();
    }

    /** Where something ends that is kept, the longest unused first. */
    List<EngineSnapshot.Prefix> describe() {
        List<Node> kept = new ArrayList<>(holding);
        for (Node node : saved) {
            if (node.slot == Sequence.NO_SLOT) {
                kept.add(node);
            }
        }
        kept.sort(Comparator.comparingLong(node -> node.lastUse));
        return kept.stream()
                .map(node -> new EngineSnapshot.Prefix(
                        node.end, node.isResident(), node.saved == null ? 0 : node.saved.bytes()))
                .toList();
    }

    /** The nodes of the last {@link #match}, the topmost first; until the next one. */
    List<Node> path() {
        return path;
    }

    /** Marks the nodes of the last {@link #match} as used now. */
    void touch() {
        uses++;
        for (int i = 0; i < path.size(); i++) {
            path.get(i).lastUse = uses;
        }
    }

    /** The node that ends at {@code length} of these tokens, made where there is none; marked as used. */
    Node insert(int[] tokens, int length) {
        int matched = match(tokens, length);
        Node last = path.isEmpty() ? root : path.get(path.size() - 1);
        if (matched < last.end) {
            last = split(last, matched);
            path.set(path.size() - 1, last);
        }
        if (matched < length) {
            Node leaf = new Node(last, tokens, matched, length);
            last.children.put(tokens[matched], leaf);
            path.add(leaf);
            last = leaf;
        }
        touch();
        return last;
    }

    /** Puts a new node above this one, for its tokens before {@code at}. */
    private Node split(Node lower, int at) {
        Node upper = new Node(lower.parent, lower.tokens, lower.start, at);
        upper.holders = lower.holders;
        upper.usersBelow = lower.usersBelow;
        upper.lastUse = lower.lastUse;
        upper.children.put(lower.tokens[at], lower);
        lower.parent.children.put(lower.tokens[lower.start], upper);
        lower.parent = upper;
        lower.start = at;
        return upper;
    }

    /** Leaves a node no more than the last {@code most} tokens of its run; a new one above it has the others. */
    void shorten(Node node, int most) {
        if (node.end - node.start > most) {
            split(node, node.end - most);
        }
    }

    /** Gives a sequence id to a node that has none. */
    void hold(Node node, int slot) {
        node.slot = slot;
        holding.add(node);
        for (Node n = node; !n.isRoot(); n = n.parent) {
            n.holders++;
        }
    }

    /** Takes a node's sequence id away. The node stays, even when it is nowhere any more: see {@link #prune}. */
    int release(Node node) {
        int slot = node.slot;
        node.slot = Sequence.NO_SLOT;
        holding.remove(node);
        for (Node n = node; !n.isRoot(); n = n.parent) {
            n.holders--;
        }
        return slot;
    }

    /** A node at or below this one that has a sequence id; this one must be resident. */
    Node holder(Node node) {
        Node at = node;
        while (at.slot == Sequence.NO_SLOT) {
            for (Node child : at.children.values()) {
                if (child.holders > 0) {
                    at = child;
                    break;
                }
            }
        }
        return at;
    }

    /**
     * The least recently used node with a sequence id and none below it.
     *
     * @param busy whether those that running requests began with count
     * @param keep one that does not count, or null
     * @return null when there is none
     */
    Node oldestLeaf(boolean busy, Node keep) {
        Node oldest = null;
        for (int i = 0; i < holding.size(); i++) {
            Node node = holding.get(i);
            if (node.holders == 1
                    && node != keep
                    && (busy || node.users == 0)
                    && (oldest == null || node.lastUse < oldest.lastUse)) {
                oldest = node;
            }
        }
        return oldest;
    }

    /** Tokens in the KV cache that no running request began with: what could be moved out for others. */
    int idleTokens() {
        counts++;
        int idle = 0;
        for (int i = 0; i < holding.size(); i++) {
            for (Node node = holding.get(i); !node.isRoot() && node.counted != counts; node = node.parent) {
                node.counted = counts;
                idle += node.usersBelow == 0 ? node.end - node.start : 0;
            }
        }
        return idle;
    }

    /** Gives a node a copy in host memory. */
    void save(Node node, SavedTail tail) {
        node.saved = tail;
        saved.add(node);
        savedBytes += tail.bytes();
    }

    private void dropSaved(Node node) {
        if (node.saved != null) {
            savedBytes -= node.saved.bytes();
            node.saved.close();
            node.saved = null;
            saved.remove(node);
        }
    }

    /**
     * Drops the least recently used copy that nothing below depends on.
     *
     * @return false when there is none
     */
    boolean dropOldestSaved() {
        Node oldest = null;
        for (int i = 0; i < saved.size(); i++) {
            Node node = saved.get(i);
            boolean needed = partial && node.holders == 0 && !node.children.isEmpty();
            if (!needed && (oldest == null || node.lastUse < oldest.lastUse)) {
                oldest = node;
            }
        }
        if (oldest == null) {
            return false;
        }
        dropSaved(oldest);
        prune(oldest);
        return true;
    }

    /**
     * Takes out what can no longer be reached: a node that is neither in the KV cache nor in host memory. What lies below
     * goes with it, since it is only the tail of a prefix; a model that cannot be trimmed keeps whole prefixes, so that
     * there such a node goes only when nothing lies below.
     */
    void prune(Node node) {
        Node lost = null;
        for (Node at = node; !at.isRoot(); at = at.parent) {
            boolean nowhere = at.holders == 0 && at.saved == null;
            if (nowhere
                    && (partial
                            || at.children.isEmpty()
                            || at.children.size() == 1 && lost != null && lost.parent == at)) {
                lost = at;
            } else if (!partial) {
                break;
            }
        }
        if (lost != null) {
            forget(lost);
            lost.parent.children.remove(lost.tokens[lost.start], lost);
        }
    }

    private void forget(Node node) {
        dropSaved(node);
        for (Node child : node.children.values()) {
            forget(child);
        }
    }

    /** Nothing is in the KV cache any more; what is in host memory stays. */
    void loseResidents() {
        List<Node> lost = new ArrayList<>(holding);
        for (Node node : lost) {
            release(node);
        }
        for (Node node : lost) {
            prune(node);
        }
    }
}
