package dev.martlet.chat.template;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/** What Python's strings can do, on {@link Text}. */
final class Strings {
    /** Needles up to this length are searched for directly; the search then costs no more than length times this. */
    private static final int SHORT_NEEDLE = 32;

    private Strings() {}

    /** Whether Python's {@code str.isspace} and a regular expression's {@code \s} hold for it. */
    static boolean isSpace(int c) {
        if (c < 0x80) {
            return c == ' ' || c >= '\t' && c <= '\r' || c >= 0x1c && c <= 0x1f;
        }
        return c == 0x85
                || c == 0xa0
                || c == 0x1680
                || c >= 0x2000 && c <= 0x200a
                || c == 0x2028
                || c == 0x2029
                || c == 0x202f
                || c == 0x205f
                || c == 0x3000;
    }

    /** Index of the needle at or after an offset, or -1; linear also for hostile needles. */
    static int indexOf(Run run, String haystack, String needle, int from) {
        int found;
        if (needle.length() <= SHORT_NEEDLE) {
            found = haystack.indexOf(needle, from);
        } else {
            found = indexOfLong(run, haystack, needle, from);
        }
        int walked = (found < 0 ? haystack.length() : found) - from;
        run.work((long) Math.max(walked, 0) * Math.min(needle.length() + 1, SHORT_NEEDLE) >> 6);
        return found;
    }

    /** Knuth, Morris and Pratt's search. */
    private static int indexOfLong(Run run, String haystack, String needle, int from) {
        int length = needle.length();
        if (haystack.length() - from < length) {
            return -1;
        }
        run.work(length >> 2);
        int[] border = new int[length];
        for (int i = 1, k = 0; i < length; i++) {
            while (k > 0 && needle.charAt(i) != needle.charAt(k)) {
                k = border[k - 1];
            }
            if (needle.charAt(i) == needle.charAt(k)) {
                k++;
            }
            border[i] = k;
        }
        run.work(haystack.length() - from >> 2);
        for (int i = from, k = 0; i < haystack.length(); i++) {
            while (k > 0 && haystack.charAt(i) != needle.charAt(k)) {
                k = border[k - 1];
            }
            if (haystack.charAt(i) == needle.charAt(k) && ++k == length) {
                return i - length + 1;
            }
        }
        return -1;
    }

    /** The string's characters as strings. */
    static List<Value> characters(Run run, Text text) {
        String s = text.string;
        run.strings(s.length());
        var characters = new ArrayList<Value>(s.length());
        for (int i = 0; i < s.length(); ) {
            int next = i + Character.charCount(s.codePointAt(i));
            characters.add(text.substring(i, next));
            i = next;
        }
        return characters;
    }

    /** UTF-16 offset of a code point index that lies in the string. */
    static int offset(Run run, Text text, int length, int index) {
        if (length == text.string.length()) {
            return index;
        }
        run.work(index >> 4);
        return text.string.offsetByCodePoints(0, index);
    }

    static Text strip(Text text, Text characters, boolean left, boolean right) {
        IntPredicate drop = characters == null ? Strings::isSpace : c -> characters.string.indexOf(c) >= 0;
        String s = text.string;
        int from = 0;
        int to = s.length();
        while (left && from < to && drop.test(s.codePointAt(from))) {
            from += Character.charCount(s.codePointAt(from));
        }
        while (right && to > from && drop.test(s.codePointBefore(to))) {
            to -= Character.charCount(s.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    /** {@code str.split}. */
    static List<Value> split(Run run, Text text, Text separator, int limit) {
        if (separator == null) {
            return splitSpace(run, text, limit);
        }
        if (separator.isEmpty()) {
            throw Failure.of("empty separator");
        }
        var parts = new ArrayList<Value>();
        int from = 0;
        while (limit < 0 || parts.size() < limit) {
            int at = indexOf(run, text.string, separator.string, from);
            if (at < 0) {
                break;
            }
            run.strings(1);
            run.allocate(at - from);
            parts.add(text.substring(from, at));
            from = at + separator.string.length();
        }
        run.allocate(text.string.length() - from);
        parts.add(text.substring(from, text.string.length()));
        return parts;
    }

    private static List<Value> splitSpace(Run run, Text text, int limit) {
        var parts = new ArrayList<Value>();
        String s = text.string;
        run.work(s.length() >> 2);
        run.allocate(s.length());
        int at = 0;
        while (true) {
            while (at < s.length() && isSpace(s.charAt(at))) {
                at++;
            }
            if (at == s.length()) {
                return parts;
            }
            run.strings(1);
            if (limit >= 0 && parts.size() == limit) {
                parts.add(strip(text.substring(at, s.length()), null, false, true));
                return parts;
            }
            int from = at;
            while (at < s.length() && !isSpace(s.charAt(at))) {
                at++;
            }
            parts.add(text.substring(from, at));
        }
    }

    /** {@code str.rsplit}. */
    static List<Value> splitFromRight(Run run, Text text, Text separator, int limit) {
        List<Value> all = split(run, text, separator, -1);
        if (limit < 0 || all.size() - 1 <= limit) {
            return all;
        }
        // The offset at which the last parts begin: everything before it stays in one piece.
        int end = text.string.length();
        if (separator == null) {
            end = strip(text, null, false, true).string.length();
        }
        var parts = new ArrayList<Value>();
        for (int i = 0; i < limit; i++) {
            Text part = (Text) all.get(all.size() - 1 - i);
            parts.addFirst(part);
            end -= part.string.length();
            if (separator == null) {
                end = strip(text.substring(0, end), null, false, true).string.length();
            } else {
                end -= separator.string.length();
            }
        }
        parts.addFirst(text.substring(0, end));
        return parts;
    }

    /** {@code str.splitlines}. */
    static List<Value> splitLines(Run run, Text text, boolean keepEnds) {
        var lines = new ArrayList<Value>();
        String s = text.string;
        run.work(s.length() >> 2);
        run.allocate(s.length());
        int from = 0;
        for (int i = 0; i < s.length(); ) {
            char c = s.charAt(i++);
            if (c == '\n'
                    || c == '\r'
                    || c == 0x0b
                    || c == 0x0c
                    || c >= 0x1c && c <= 0x1e
                    || c == 0x85
                    || c == 0x2028
                    || c == 0x2029) {
                int end = i - 1;
                if (c == '\r' && i < s.length() && s.charAt(i) == '\n') {
                    i++;
                }
                run.strings(1);
                lines.add(text.substring(from, keepEnds ? i : end));
                from = i;
            }
        }
        if (from < s.length()) {
            lines.add(text.substring(from, s.length()));
        }
        return lines;
    }

    /** {@code str.replace}; a negative count replaces all. */
    static Text replace(Run run, Text text, Text old, Text replacement, int count) {
        String s = text.string;
        var replaced = new TextBuilder(run);
        int from = 0;
        int done = 0;
        if (old.isEmpty()) {
            for (int i = 0; i <= s.length() && (count < 0 || done < count); done++) {
                run.step();
                replaced.append(replacement);
                from = i < s.length() ? i + Character.charCount(s.codePointAt(i)) : i;
                replaced.append(text.substring(i, from));
                i = i < s.length() ? from : i + 1;
            }
        } else {
            while (count < 0 || done < count) {
                int at = indexOf(run, s, old.string, from);
                if (at < 0) {
                    break;
                }
                if (done == 0 && at == 0 && old.string.length() == s.length()) {
                    return replacement;
                }
                run.step();
                replaced.append(text.substring(from, at)).append(replacement);
                from = at + old.string.length();
                done++;
            }
            if (done == 0) {
                return text;
            }
        }
        return replaced.append(text.substring(from, s.length())).toText().withMarkup(text.markup);
    }

    /** Joins the strings of the items. */
    static Text join(Run run, Text separator, List<Value> items, boolean convert) {
        var joined = new TextBuilder(run);
        for (int i = 0; i < items.size(); i++) {
            run.step();
            if (i > 0) {
                joined.append(separator);
            }
            Value item = items.get(i);
            if (!convert && !(item instanceof Text)) {
                throw Failure.type("sequence item " + i + ": expected str instance", item);
            }
            Printer.print(run, item, joined);
        }
        return joined.toText();
    }

    /** MarkupSafe's escape. */
    static Text escape(Run run, Text text) {
        if (text.markup) {
            return text;
        }
        run.allocate(text.string.length() * 2L);
        return text.map(part -> part.replace("&", "&amp;")
                        .replace("<", "&lt;")
                        .replace(">", "&gt;")
                        .replace("'", "&#39;")
                        .replace("\"", "&#34;"))
                .withMarkup(true);
    }

    /** Pads to a width in code points; a share of {@code left} in 2 goes before the text. */
    static Text pad(Run run, Text text, int width, String fill, int left) {
        int missing = width - text.length();
        if (missing <= 0) {
            return text;
        }
        run.allocate(missing);
        // CPython's centring puts the odd blank left only where the width is odd too.
        int before = left == 1 ? missing / 2 + (missing & width & 1) : left == 2 ? missing : 0;
        return new TextBuilder(run)
                .neutral(fill.repeat(before))
                .append(text)
                .neutral(fill.repeat(missing - before))
                .toText();
    }
}
