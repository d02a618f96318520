package dev.martlet.chat.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Builds a {@link Text}; with a {@link Run} it charges what it appends. One thread. */
final class TextBuilder {
    private final Run run;
    private final int limit;
    private final StringBuilder string;
    private int[] cuts = Text.UNCUT;
    private int cutCount;
    /** Whether the trust of the first character is settled; until then only neutral text was appended. */
    private boolean settled;

    private boolean first = true;
    private boolean last = true;

    private TextBuilder(Run run, int limit, int capacity) {
        this.run = run;
        this.limit = limit;
        this.string = new StringBuilder(capacity);
    }

    /** Charges nothing; for text whose length is bounded by strings already charged. */
    TextBuilder() {
        this(null, Integer.MAX_VALUE, 64);
    }

    /** Charges the run's allocation. */
    TextBuilder(Run run) {
        this(run, Integer.MAX_VALUE, 64);
    }

    /** The prompt's own builder: no longer than the run's output limit. */
    static TextBuilder forOutput(Run run, int limit) {
        return new TextBuilder(run, limit, 2048);
    }

    private void charge(int length) {
        if (run != null) {
            run.allocate(length);
            if (string.length() + length > limit) {
                throw Failure.limit("prompt longer than " + limit + " characters");
            }
        }
    }

    private void turn(boolean trusted) {
        if (!settled) {
            settled = true;
            first = trusted;
            last = trusted;
        } else if (trusted != last) {
            cut(string.length());
            last = trusted;
        }
    }

    private void cut(int offset) {
        if (cutCount == cuts.length) {
            cuts = Arrays.copyOf(cuts, Math.max(8, cutCount * 2));
        }
        cuts[cutCount++] = offset;
    }

    TextBuilder append(String text, boolean trusted) {
        if (!text.isEmpty()) {
            charge(text.length());
            turn(trusted);
            string.append(text);
        }
        return this;
    }

    TextBuilder append(Text text) {
        if (text.isEmpty()) {
            return this;
        }
        charge(text.string.length());
        turn(text.first());
        if (!text.uniform()) {
            int base = string.length();
            for (int cut : text.cuts()) {
                cut(base + cut);
            }
            last = text.first() ^ (text.cuts().length % 2 == 1);
        }
        string.append(text.string);
        return this;
    }

    /** Appends text that cannot be part of a control token by itself, such as a digit: it takes its neighbour's trust. */
    TextBuilder neutral(String text) {
        charge(text.length());
        string.append(text);
        return this;
    }

    TextBuilder neutral(char c) {
        charge(1);
        string.append(c);
        return this;
    }

    /** Appends a part of a string of one trust, unchanged. */
    void append(String text, int from, int to, boolean trusted) {
        if (from < to) {
            charge(to - from);
            turn(trusted);
            string.append(text, from, to);
        }
    }

    int length() {
        return string.length();
    }

    Text toText() {
        return string.isEmpty() ? Text.EMPTY : new Text(string.toString(), first, cutsCopy(), false);
    }

    private int[] cutsCopy() {
        return cutCount == 0 ? Text.UNCUT : Arrays.copyOf(cuts, cutCount);
    }

    List<Segment> toSegments() {
        var segments = new ArrayList<Segment>(cutCount + 1);
        int from = 0;
        boolean trusted = first;
        for (int i = 0; i < cutCount; i++) {
            segments.add(new Segment(string.substring(from, cuts[i]), trusted));
            from = cuts[i];
            trusted = !trusted;
        }
        if (from < string.length()) {
            segments.add(new Segment(string.substring(from), trusted));
        }
        return List.copyOf(segments);
    }
}
