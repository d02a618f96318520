package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;

/** An immutable set of Unicode scalar values as sorted, disjoint ranges; surrogates are never in it. */
final class CodePoints {

    static final CodePoints NONE = new CodePoints(new int[0]);
    static final CodePoints ALL = range(0, Utf8.MAX_CODE_POINT);

    /** low, high, low, high, ... both ends included. */
    private final int[] bounds;

    private CodePoints(int[] bounds) {
        this.bounds = bounds;
    }

    static CodePoints of(int c) {
        return range(c, c);
    }

    static CodePoints range(int low, int high) {
        return union(List.of(new int[] {low, high}));
    }

    /** The union of inclusive ranges. */
    static CodePoints union(List<int[]> ranges) {
        List<int[]> sorted = new ArrayList<>();
        for (int[] r : ranges) {
            addWithoutSurrogates(r[0], r[1], sorted);
        }
        sorted.sort(Comparator.comparingInt(r -> r[0]));
        List<int[]> merged = new ArrayList<>();
        for (int[] r : sorted) {
            int[] last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            if (last != null && r[0] <= last[1] + 1) {
                last[1] = Math.max(last[1], r[1]);
            } else {
                merged.add(r);
            }
        }
        int[] bounds = new int[merged.size() * 2];
        for (int i = 0; i < merged.size(); i++) {
            bounds[2 * i] = merged.get(i)[0];
            bounds[2 * i + 1] = merged.get(i)[1];
        }
        return new CodePoints(bounds);
    }

    private static void addWithoutSurrogates(int low, int high, List<int[]> out) {
        if (low <= Math.min(high, 0xd7ff)) {
            out.add(new int[] {low, Math.min(high, 0xd7ff)});
        }
        if (Math.max(low, 0xe000) <= high) {
            out.add(new int[] {Math.max(low, 0xe000), high});
        }
    }

    /** All scalar values for which the test holds. */
    static CodePoints where(IntPredicate test) {
        List<int[]> ranges = new ArrayList<>();
        int start = -1;
        for (int c = 0; c <= Utf8.MAX_CODE_POINT + 1; c++) {
            boolean in = c <= Utf8.MAX_CODE_POINT && test.test(c);
            if (in && start < 0) {
                start = c;
            } else if (!in && start >= 0) {
                ranges.add(new int[] {start, c - 1});
                start = -1;
            }
        }
        return union(ranges);
    }

    CodePoints or(CodePoints other) {
        List<int[]> all = new ArrayList<>();
        addTo(all);
        other.addTo(all);
        return union(all);
    }

    void addTo(List<int[]> out) {
        for (int i = 0; i < ranges(); i++) {
            out.add(new int[] {low(i), high(i)});
        }
    }

    CodePoints not() {
        List<int[]> gaps = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < ranges(); i++) {
            if (low(i) > from) {
                gaps.add(new int[] {from, low(i) - 1});
            }
            from = high(i) + 1;
        }
        if (from <= Utf8.MAX_CODE_POINT) {
            gaps.add(new int[] {from, Utf8.MAX_CODE_POINT});
        }
        return union(gaps);
    }

    int ranges() {
        return bounds.length / 2;
    }

    int low(int i) {
        return bounds[2 * i];
    }

    int high(int i) {
        return bounds[2 * i + 1];
    }
}
