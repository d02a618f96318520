package dev.martlet.grammar;

/**
 * Which items an array can have, and whether one that is begun can be finished.
 *
 * @param can by place (the last one stands for all behind) and set of witnesses: whether there is such an item
 * @param max {@link Rx#UNBOUNDED} for no bound
 */
record ItemOptions(boolean[][] can, int min, int max) {

    /** All witnesses, as bits. */
    int allWitnesses() {
        return can[0].length - 1;
    }

    /** Places with kinds of their own. */
    int firstPlaces() {
        return can.length - 1;
    }

    boolean can(int place, int subset) {
        return can[Math.min(place, firstPlaces())][subset];
    }

    /** Whether an array of {@code count} items that still needs these witnesses can be finished. */
    boolean feasible(int count, int pending) {
        if (count > max) {
            return false;
        }
        if (pending == 0) {
            for (int place = count; place < Math.min(min, Math.max(count, firstPlaces()) + 1); place++) {
                if (!can(place, 0)) {
                    return false;
                }
            }
            return min <= max;
        }
        // A subset of the needed witnesses, or none while places differ; behind them none would lead nowhere.
        for (int subset = pending; subset >= 0; subset = subset == 0 ? -1 : (subset - 1) & pending) {
            boolean helps = subset != 0 || count < firstPlaces();
            if (helps && count < max && can(count, subset) && feasible(count + 1, pending & ~subset)) {
                return true;
            }
        }
        return false;
    }
}
