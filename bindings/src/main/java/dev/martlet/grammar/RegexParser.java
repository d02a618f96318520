package dev.martlet.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the regular expressions of ECMA-262 (by code points, as with the u flag) that a finite automaton can match:
 * everything but back-references, look-behind and word boundaries. Look-ahead works outside of repetitions.
 */
final class RegexParser {

    /** Stand for the start and the end of the text; neither byte occurs in UTF-8. */
    private static final int START = 0xfe;

    private static final int END = 0xff;
    private static final int MAX_REPEAT = 10_000;
    private static final int MAX_DEPTH = 200;
    private static final CodePoints DOT = CodePoints.of('\n')
            .or(CodePoints.of('\r'))
            .or(CodePoints.range(0x2028, 0x2029))
            .not();

    /** What the parser reads: plain parts are expressions already, the rest needs to know what follows it. */
    private sealed interface Part {
        record Plain(Rx rx) implements Part {}

        record Ahead(Part inner, boolean positive) implements Part {}

        record Sequence(List<Part> parts) implements Part {}

        record Choice(List<Part> options) implements Part {}
    }

    private final String text;
    private final RxPool pool;
    private int at;
    private int depth;

    private RegexParser(String text, RxPool pool) {
        this.text = text;
        this.pool = pool;
    }

    /** The strings of which some part matches, as JSON Schema's {@code pattern} has it. */
    static Dfa searching(String regex, Budget budget) {
        return new RegexParser(regex, new RxPool(budget)).parse(true);
    }

    /** The strings that match as a whole. */
    static Dfa matching(String regex, Budget budget) {
        return new RegexParser(regex, new RxPool(budget)).parse(false);
    }

    private Dfa parse(boolean searching) {
        Part part = choice();
        if (at < text.length()) {
            throw bad(GrammarException.Reason.INVALID, ")", "unmatched parenthesis");
        }
        Rx start = pool.set(ByteSet.of(START));
        Rx end = pool.set(ByteSet.of(END));
        Rx characters = Utf8.text(pool);
        Rx suffix = pool.alt(pool.empty, searching ? pool.concat(characters, end) : end);
        Rx prefix = searching ? pool.optional(pool.concat(start, characters)) : pool.optional(start);
        Rx body = followed(part, suffix);
        Rx whole = pool.concat(start, pool.concat(characters, end));
        return pool.dfa(pool.and(List.of(pool.concat(prefix, body), whole)), START, END);
    }

    private Rx followed(Part part, Rx rest) {
        return switch (part) {
            case Part.Plain plain -> pool.concat(plain.rx, rest);
            case Part.Ahead ahead -> {
                Rx seen = followed(ahead.inner, pool.any);
                yield pool.and(List.of(ahead.positive ? seen : pool.not(seen), rest));
            }
            case Part.Sequence sequence -> {
                Rx out = rest;
                for (int i = sequence.parts.size() - 1; i >= 0; i--) {
                    out = followed(sequence.parts.get(i), out);
                }
                yield out;
            }
            case Part.Choice choice -> {
                List<Rx> options = new ArrayList<>();
                for (Part option : choice.options) {
                    options.add(followed(option, rest));
                }
                yield pool.alt(options);
            }
        };
    }

    private Part choice() {
        if (++depth > MAX_DEPTH) {
            throw bad(GrammarException.Reason.TOO_COMPLEX, "(", "groups are nested deeper than " + MAX_DEPTH);
        }
        List<Part> options = new ArrayList<>();
        do {
            options.add(sequence());
        } while (take('|'));
        depth--;
        if (options.stream().allMatch(Part.Plain.class::isInstance)) {
            return new Part.Plain(
                    pool.alt(options.stream().map(o -> ((Part.Plain) o).rx).toList()));
        }
        return new Part.Choice(options);
    }

    private Part sequence() {
        List<Part> parts = new ArrayList<>();
        while (at < text.length() && text.charAt(at) != '|' && text.charAt(at) != ')') {
            parts.add(quantified());
        }
        if (parts.stream().allMatch(Part.Plain.class::isInstance)) {
            Rx out = pool.empty;
            for (int i = parts.size() - 1; i >= 0; i--) {
                out = pool.concat(((Part.Plain) parts.get(i)).rx, out);
            }
            return new Part.Plain(out);
        }
        return new Part.Sequence(parts);
    }

    private Part quantified() {
        int start = at;
        Part part = atom();
        while (at < text.length()) {
            int min;
            int max;
            switch (text.charAt(at)) {
                case '*' -> {
                    min = 0;
                    max = Rx.UNBOUNDED;
                    at++;
                }
                case '+' -> {
                    min = 1;
                    max = Rx.UNBOUNDED;
                    at++;
                }
                case '?' -> {
                    min = 0;
                    max = 1;
                    at++;
                }
                case '{' -> {
                    int open = at++;
                    min = number();
                    max = min;
                    if (min >= 0 && take(',')) {
                        max = at < text.length() && text.charAt(at) == '}' ? Rx.UNBOUNDED : number();
                    }
                    if (min < 0 || max < 0 || !take('}')) {
                        at = open;
                        return part; // a brace that is no quantifier stands for itself
                    }
                }
                default -> {
                    return part;
                }
            }
            if (max < min) {
                throw bad(GrammarException.Reason.INVALID, "{", "the upper bound is below the lower one");
            }
            take('?'); // lazy or greedy is the same language
            if (!(part instanceof Part.Plain plain)) {
                throw bad(GrammarException.Reason.UNSUPPORTED, text.substring(start, at), "a repeated look-ahead");
            }
            part = new Part.Plain(pool.repeat(plain.rx, min, max));
        }
        return part;
    }

    private int number() {
        int start = at;
        long value = 0;
        while (at < text.length() && Character.digit(text.charAt(at), 10) >= 0 && text.charAt(at) <= '9') {
            value = Math.min(value * 10 + text.charAt(at++) - '0', Integer.MAX_VALUE);
        }
        if (value > MAX_REPEAT) {
            throw bad(GrammarException.Reason.TOO_COMPLEX, "{", "a repetition is over " + MAX_REPEAT);
        }
        return at == start ? -1 : (int) value;
    }

    private Part atom() {
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        return switch (c) {
            case '(' -> group();
            case '[' -> plain(new RegexClass(this).bracket());
            case '.' -> plain(DOT);
            case '^' -> new Part.Plain(pool.set(ByteSet.of(START)));
            case '$' -> new Part.Plain(pool.set(ByteSet.of(END)));
            case '*', '+', '?' ->
                throw bad(GrammarException.Reason.INVALID, Character.toString(c), "nothing to repeat");
            case '\\' -> escape();
            default -> new Part.Plain(pool.literal(Character.toString(c).getBytes(StandardCharsets.UTF_8)));
        };
    }

    private Part plain(CodePoints points) {
        return new Part.Plain(Utf8.oneOf(pool, points));
    }

    private Part group() {
        Part out;
        if (!take('?')) {
            out = choice();
        } else if (take(':')) {
            out = choice();
        } else if (take('=')) {
            out = new Part.Ahead(choice(), true);
        } else if (take('!')) {
            out = new Part.Ahead(choice(), false);
        } else if (text.startsWith("<=", at) || text.startsWith("<!", at)) {
            throw bad(GrammarException.Reason.UNSUPPORTED, "(?<", "look-behind");
        } else if (take('<')) {
            int close = text.indexOf('>', at);
            if (close < 0) {
                throw bad(GrammarException.Reason.INVALID, "(?<", "group name is not closed");
            }
            at = close + 1;
            out = choice();
        } else {
            throw bad(GrammarException.Reason.UNSUPPORTED, "(?", "unknown kind of group");
        }
        if (!take(')')) {
            throw bad(GrammarException.Reason.INVALID, "(", "group is not closed");
        }
        return out;
    }

    private Part escape() {
        if (at >= text.length()) {
            throw bad(GrammarException.Reason.INVALID, "\\", "escape at the end");
        }
        char c = text.charAt(at);
        if (c >= '1' && c <= '9' || c == 'k') {
            throw bad(GrammarException.Reason.UNSUPPORTED, "\\" + c, "a back-reference");
        }
        if (c == 'b' || c == 'B') {
            throw bad(GrammarException.Reason.UNSUPPORTED, "\\" + c, "a word boundary");
        }
        return plain(new RegexClass(this).escape());
    }

    boolean take(char c) {
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    /** The next code point; -1 at the end. */
    int next() {
        if (at >= text.length()) {
            return -1;
        }
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        return c;
    }

    int at() {
        return at;
    }

    void goTo(int place) {
        at = place;
    }

    GrammarException bad(GrammarException.Reason reason, String syntax, String what) {
        return new GrammarException(
                reason, "offset " + at, syntax, what + " in the regular expression " + shortened(text));
    }

    private static String shortened(String regex) {
        return regex.length() <= 80 ? regex : regex.substring(0, 80) + "...";
    }
}
