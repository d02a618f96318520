package dev.martlet.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A partition of the 256 bytes into classes that an automaton treats alike. */
final class ByteClasses {

    private final byte[] classOf;
    private final int[] representatives;

    private ByteClasses(byte[] classOf, int[] representatives) {
        this.classOf = classOf;
        this.representatives = representatives;
    }

    /** The coarsest partition in which no class is split by one of the sets. */
    static ByteClasses separating(List<ByteSet> sets) {
        int[] now = new int[256];
        int count = 1;
        for (ByteSet set : sets) {
            Map<Integer, Integer> renamed = new HashMap<>();
            int[] next = new int[256];
            for (int b = 0; b < 256; b++) {
                int key = now[b] * 2 + (set.contains(b) ? 1 : 0);
                Integer name = renamed.putIfAbsent(key, renamed.size());
                next[b] = name == null ? renamed.size() - 1 : name;
            }
            now = next;
            count = renamed.size();
            if (count == 256) {
                break;
            }
        }
        return named(now, count);
    }

    /** The coarsest partition that both refine. */
    static ByteClasses both(ByteClasses a, ByteClasses b) {
        Map<Integer, Integer> renamed = new HashMap<>();
        int[] now = new int[256];
        for (int i = 0; i < 256; i++) {
            int key = a.of(i) * 256 + b.of(i);
            Integer name = renamed.putIfAbsent(key, renamed.size());
            now[i] = name == null ? renamed.size() - 1 : name;
        }
        return named(now, renamed.size());
    }

    private static ByteClasses named(int[] classes, int count) {
        byte[] classOf = new byte[256];
        int[] representatives = new int[count];
        for (int b = 255; b >= 0; b--) {
            classOf[b] = (byte) classes[b];
            representatives[classes[b]] = b;
        }
        return new ByteClasses(classOf, representatives);
    }

    int of(int b) {
        return classOf[b] & 0xff;
    }

    int count() {
        return representatives.length;
    }

    /** A byte of the class. */
    int representative(int byteClass) {
        return representatives[byteClass];
    }

    /** The bytes of each class. */
    List<ByteSet> sets() {
        ByteSet[] sets = new ByteSet[count()];
        for (int b = 0; b < 256; b++) {
            ByteSet old = sets[of(b)];
            sets[of(b)] = old == null ? ByteSet.of(b) : old.or(ByteSet.of(b));
        }
        return new ArrayList<>(List.of(sets));
    }
}
