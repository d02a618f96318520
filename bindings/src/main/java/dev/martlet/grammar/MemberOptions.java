package dev.martlet.grammar;

/**
 * Which members an object can have, and whether one that is begun can be finished.
 *
 * @param can by label (listed names, then classes of others) and set of witnesses: whether there is such a member
 * @param required which of the listed names must be
 * @param witnesses their number
 * @param max {@link Rx#UNBOUNDED} for no bound
 */
record MemberOptions(boolean[][] can, boolean[] required, int witnesses, int min, int max) {

    int labels() {
        return can.length;
    }

    int names() {
        return required.length;
    }

    /** All witnesses, as bits. */
    int allWitnesses() {
        return (1 << witnesses) - 1;
    }

    static boolean has(long[] set, int label) {
        return (set[label >> 6] >>> label & 1) != 0;
    }

    static long[] with(long[] set, int label) {
        long[] more = set.clone();
        more[label >> 6] |= 1L << label;
        return more;
    }

    int missing(long[] seen) {
        int missing = 0;
        for (int n = 0; n < required.length; n++) {
            missing += required[n] && !has(seen, n) ? 1 : 0;
        }
        return missing;
    }

    /** Whether there is any such object. */
    boolean possible() {
        long available = 0;
        for (int label = 0; label < can.length; label++) {
            if (label < required.length && required[label] && !can[label][0]) {
                return false;
            }
            available += can[label][0] ? (label < required.length ? 1 : Rx.UNBOUNDED) : 0;
        }
        return min <= max && min <= available && feasible(new long[names() / 64 + 1], allWitnesses(), max);
    }

    /** Whether an object with these names that still needs these witnesses can be finished with {@code room} more members. */
    boolean feasible(long[] seen, int pending, int room) {
        if (pending == 0) {
            return missing(seen) <= room;
        }
        if (room <= 0) {
            return false;
        }
        int left = room == Rx.UNBOUNDED ? room : room - 1;
        int wanted = Integer.lowestOneBit(pending);
        for (int label = 0; label < can.length; label++) {
            boolean name = label < required.length;
            if (name && has(seen, label)) {
                continue;
            }
            for (int subset = pending; subset > 0; subset = (subset - 1) & pending) {
                if ((subset & wanted) != 0
                        && can[label][subset]
                        && feasible(name ? with(seen, label) : seen, pending & ~subset, left)) {
                    return true;
                }
            }
        }
        return false;
    }
}
