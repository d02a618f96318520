package dev.martlet.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * The requests that wait, and whose turn it is. Only the scheduler's thread uses it.
 *
 * <ol>
 *   <li>The priority whose oldest request has the lowest {@linkplain Sequence#rank rank} goes first. A level of priority
 *       is worth {@link Sequence#LEVEL} of waiting, so that none waits forever behind more urgent ones.
 *   <li>Within a priority, those that lost their cells come first, then tenants take turns: {@link PriorityLevel}.
 *   <li>Within a tenant, order of arrival; but one that awaits what another computes keeps nobody back.
 *   <li>One that does not fit now lets no more than {@value #MOST_PASSES} others pass; then nobody begins before it. One
 *       that lost its cells lets nobody pass.
 * </ol>
 */
final class WaitingLine {

    /** A request that does not fit is overtaken this often. */
    static final int MOST_PASSES = 8;

    /** Requests that do not fit and are passed over at one turn of the scheduler: each costs a look into the cache. */
    private static final int MOST_LOOKS = 4;

    /** In order of arrival. */
    private final List<Sequence> all = new ArrayList<>();

    /** None is empty. */
    private final List<PriorityLevel> levels = new ArrayList<>();

    /** Those that do not fit, of this scan. */
    private final List<Sequence> passedOver = new ArrayList<>();

    /** Number of this turn of the scheduler. */
    private long scan;

    /** All of them in order of arrival; not to be written to. */
    List<Sequence> all() {
        return all;
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    int size() {
        return all.size();
    }

    /** Takes in a new request, or one that ran and has to wait again. */
    void add(Sequence sequence) {
        sequence.insertByArrival(all);
        level(sequence.request.priority()).add(sequence);
    }

    private PriorityLevel level(int priority) {
        for (int i = 0; i < levels.size(); i++) {
            if (levels.get(i).priority() == priority) {
                return levels.get(i);
            }
        }
        PriorityLevel level = new PriorityLevel(priority);
        levels.add(level);
        return level;
    }

    /** Takes a request out that will not run, or not from here. */
    void remove(Sequence sequence) {
        all.remove(sequence);
        PriorityLevel level = level(sequence.request.priority());
        level.remove(sequence);
        if (level.isEmpty()) {
            levels.remove(level);
        }
    }

    void clear() {
        all.clear();
        levels.clear();
    }

    /** Everybody may be looked at anew. */
    void beginScan() {
        scan++;
        passedOver.clear();
    }

    /** The one whose turn it is, or null; the same until it is {@linkplain #take taken} or awaits or is {@linkplain #passOver passed over}. */
    Sequence next() {
        Sequence next = null;
        Sequence nextOldest = null;
        for (int i = 0; i < levels.size(); i++) {
            Sequence oldest = levels.get(i).oldest();
            if (nextOldest == null || oldest.isBefore(nextOldest)) {
                Sequence candidate = levels.get(i).next(scan);
                if (candidate != null) {
                    next = candidate;
                    nextOldest = oldest;
                }
            }
        }
        return next;
    }

    /** The one whose turn it is does not fit; returns whether another may pass it in this scan. */
    boolean passOver(Sequence sequence) {
        sequence.passedIn = scan;
        passedOver.add(sequence);
        return !sequence.hasRun && sequence.passes < MOST_PASSES && passedOver.size() < MOST_LOOKS;
    }

    /** The one whose turn it is runs. It is charged for, unless it was already. */
    void take(Sequence sequence, int tokens) {
        for (int i = 0; i < passedOver.size(); i++) {
            passedOver.get(i).passes++;
        }
        if (!sequence.hasRun) {
            level(sequence.request.priority()).charge(sequence.request.tenant(), tokens);
        }
        remove(sequence);
    }

    /** One that ran took so many tokens more than it was charged for, or fewer. */
    void settle(Sequence sequence, int tokens) {
        for (int i = 0; i < levels.size(); i++) {
            if (levels.get(i).priority() == sequence.request.priority()) {
                levels.get(i).charge(sequence.request.tenant(), tokens);
            }
        }
    }

    /** Nanoseconds until the nearest deadline; {@link Long#MAX_VALUE} for none. */
    long nanosToDeadline(long now) {
        long nearest = Long.MAX_VALUE;
        for (int i = 0; i < all.size(); i++) {
            Sequence sequence = all.get(i);
            if (sequence.request.deadline().isPresent()) {
                nearest = Math.min(nearest, Math.max(1, sequence.deadlineNanos - now));
            }
        }
        return nearest;
    }
}
