package dev.martlet.chat.template;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * A string that knows which of its parts the template wrote (trusted) and which came with the context.
 *
 * <p>{@code cuts} holds the offsets at which trust changes; almost every string has none. Offsets are in UTF-16 units;
 * what a template sees (length, indexes) counts code points, as Python does.
 */
final class Text implements Value, Comparable<Text> {
    static final int[] UNCUT = {};
    static final Text EMPTY = new Text("", true, UNCUT, false);

    final String string;
    /** Came through {@code safe} or {@code escape}: adding a plain string escapes that one, as MarkupSafe does. */
    final boolean markup;

    private final boolean first;
    private final int[] cuts;
    /** Number of code points; -1 until it is asked for. Threads that race here write the same number. */
    private int length = -1;

    Text(String string, boolean first, int[] cuts, boolean markup) {
        this.string = string;
        this.first = first;
        this.cuts = cuts;
        this.markup = markup;
    }

    static Text trusted(String string) {
        return new Text(string, true, UNCUT, false);
    }

    static Text untrusted(String string) {
        return new Text(string, false, UNCUT, false);
    }

    /** A string of this trust. */
    static Text of(String string, boolean trusted) {
        return new Text(string, trusted, UNCUT, false);
    }

    boolean uniform() {
        return cuts.length == 0;
    }

    /** Trust of the first character. */
    boolean first() {
        return first;
    }

    int[] cuts() {
        return cuts;
    }

    boolean isEmpty() {
        return string.isEmpty();
    }

    /** Number of code points. */
    int length() {
        int known = length;
        if (known < 0) {
            known = string.codePointCount(0, string.length());
            length = known;
        }
        return known;
    }

    Text withMarkup(boolean on) {
        return markup == on ? this : new Text(string, first, cuts, on);
    }

    /** The part between two UTF-16 offsets. */
    Text substring(int from, int to) {
        if (from == 0 && to == string.length()) {
            return this;
        }
        if (cuts.length == 0) {
            return new Text(string.substring(from, to), first, UNCUT, markup);
        }
        int skipped = 0;
        while (skipped < cuts.length && cuts[skipped] <= from) {
            skipped++;
        }
        int end = skipped;
        while (end < cuts.length && cuts[end] < to) {
            end++;
        }
        int[] inner = skipped == end ? UNCUT : Arrays.copyOfRange(cuts, skipped, end);
        for (int i = 0; i < inner.length; i++) {
            inner[i] -= from;
        }
        return new Text(string.substring(from, to), first ^ (skipped % 2 == 1), inner, markup);
    }

    /** Applies a change to each part of one trust by itself. */
    Text map(UnaryOperator<String> change) {
        if (cuts.length == 0) {
            return new Text(change.apply(string), first, UNCUT, markup);
        }
        var changed = new TextBuilder();
        forEachSpan((from, to, trusted) -> changed.append(change.apply(string.substring(from, to)), trusted));
        return changed.toText().withMarkup(markup);
    }

    interface SpanVisitor {
        void visit(int from, int to, boolean trusted);
    }

    void forEachSpan(SpanVisitor visitor) {
        int from = 0;
        boolean trusted = first;
        for (int cut : cuts) {
            visitor.visit(from, cut, trusted);
            from = cut;
            trusted = !trusted;
        }
        visitor.visit(from, string.length(), trusted);
    }

    @Override
    public boolean truthy() {
        return !string.isEmpty();
    }

    @Override
    public String typeName() {
        return "str";
    }

    /** Python's order: by code points. */
    @Override
    public int compareTo(Text other) {
        String a = string;
        String b = other.string;
        int length = Math.min(a.length(), b.length());
        int i = 0;
        while (i < length && a.charAt(i) == b.charAt(i)) {
            i++;
        }
        if (i == length) {
            return Integer.compare(a.length(), b.length());
        }
        char x = a.charAt(i);
        char y = b.charAt(i);
        // A surrogate stands for a code point above every character of the basic plane.
        if (Character.isSurrogate(x) != Character.isSurrogate(y)) {
            return Character.isSurrogate(x) ? 1 : -1;
        }
        return Character.compare(x, y);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Text text && string.equals(text.string);
    }

    @Override
    public int hashCode() {
        return string.hashCode();
    }

    @Override
    public String toString() {
        return string;
    }
}
