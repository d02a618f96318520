package dev.martlet.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * The waiting requests of one priority. Those that ran before come first; after them tenants take turns, by deficit round
 * robin on tokens (Shreedhar and Varghese, 1995) in its form with debts: a tenant has its turn while its balance is
 * positive, what a request takes is charged when it begins, and each round gives everyone the same. Only the scheduler's
 * thread uses it.
 */
final class PriorityLevel {

    /** Tokens that a round gives to each tenant, and the most that one can save up: less than most requests take. */
    static final int QUANTUM = 16;

    /** Somebody's requests in order of arrival. Without any it stays until its debts are paid. */
    private static final class Tenant {
        private final String name;
        private final List<Sequence> queue = new ArrayList<>();
        private long balance;

        private Tenant(String name) {
            this.name = name;
        }
    }

    private final int priority;

    /** In order of arrival. */
    private final List<Sequence> returning = new ArrayList<>();

    /** A ring. */
    private final List<Tenant> tenants = new ArrayList<>();

    /** Index of the tenant whose turn it is. */
    private int turn;

    private int size;

    PriorityLevel(int priority) {
        this.priority = priority;
    }

    int priority() {
        return priority;
    }

    boolean isEmpty() {
        return size == 0;
    }

    void add(Sequence sequence) {
        size++;
        if (sequence.hasRun) {
            sequence.insertByArrival(returning);
            return;
        }
        String name = sequence.request.tenant();
        Tenant tenant = find(name);
        if (tenant == null) {
            tenant = new Tenant(name);
            // Behind the one whose turn it is: last in the round.
            tenants.add(turn, tenant);
            turn = (turn + 1) % tenants.size();
        }
        sequence.insertByArrival(tenant.queue);
    }

    void remove(Sequence sequence) {
        size--;
        if (!returning.remove(sequence)) {
            find(sequence.request.tenant()).queue.remove(sequence);
        }
    }

    private Tenant find(String name) {
        for (int i = 0; i < tenants.size(); i++) {
            if (tenants.get(i).name.equals(name)) {
                return tenants.get(i);
            }
        }
        return null;
    }

    /** The oldest request that waits here; there must be one. */
    Sequence oldest() {
        Sequence oldest = returning.isEmpty() ? null : returning.get(0);
        for (int i = 0; i < tenants.size(); i++) {
            List<Sequence> queue = tenants.get(i).queue;
            if (!queue.isEmpty() && (oldest == null || queue.get(0).arrival < oldest.arrival)) {
                oldest = queue.get(0);
            }
        }
        return oldest;
    }

    /**
     * The next that may begin.
     *
     * @param scan those that were passed over in this one do not count, nor what their tenants have behind them
     * @return null for none
     */
    Sequence next(long scan) {
        Sequence first = first(returning, scan);
        if (first != null) {
            return first;
        }
        long least = Long.MAX_VALUE;
        for (int i = 0; i < tenants.size(); i++) {
            Tenant tenant = tenants.get((turn + i) % tenants.size());
            Sequence head = first(tenant.queue, scan);
            if (head != null && tenant.balance > 0) {
                return head;
            }
            if (head != null) {
                least = Math.min(least, -tenant.balance);
            }
        }
        if (least == Long.MAX_VALUE) {
            return null;
        }
        // As many rounds at once as it takes until somebody has a turn.
        give(QUANTUM * (least / QUANTUM + 1));
        return next(scan);
    }

    private static Sequence first(List<Sequence> queue, long scan) {
        for (int i = 0; i < queue.size(); i++) {
            Sequence sequence = queue.get(i);
            if (sequence.passedIn == scan) {
                return null;
            }
            if (!sequence.isAwaiting()) {
                return sequence;
            }
        }
        return null;
    }

    private void give(long tokens) {
        for (int i = tenants.size() - 1; i >= 0; i--) {
            Tenant tenant = tenants.get(i);
            tenant.balance = Math.min(QUANTUM, tenant.balance + tokens);
            if (tenant.queue.isEmpty() && tenant.balance >= 0) {
                tenants.remove(i);
                turn -= i < turn ? 1 : 0;
            }
        }
        turn = turn < tenants.size() ? turn : 0;
    }

    /** Takes tokens from a tenant, or gives some back; it may be unknown by now. */
    void charge(String name, long tokens) {
        for (int i = 0; i < tenants.size(); i++) {
            Tenant tenant = tenants.get(i);
            if (tenant.name.equals(name)) {
                tenant.balance -= tokens;
                if (i == turn && tenant.balance <= 0) {
                    turn = (turn + 1) % tenants.size();
                }
            }
        }
    }
}
