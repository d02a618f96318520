package dev.martlet.grammar;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** How JSON spells things: the automata that all schemas share, and the spelling of a set of strings. */
final class JsonText {

    private static final Budget SHARED = new Budget(Long.MAX_VALUE / 2);

    /** Any Unicode text, in UTF-8. */
    static final Dfa ANY_TEXT = build(pool -> Utf8.text(pool));

    private static final CodePoints PLAIN_POINTS = CodePoints.range(0, 0x1f)
            .or(CodePoints.of('"'))
            .or(CodePoints.of('\\'))
            .not();

    /** Characters that a JSON string holds without escapes. */
    static final Dfa PLAIN = build(pool -> pool.repeat(Utf8.oneOf(pool, PLAIN_POINTS), 0, Rx.UNBOUNDED));

    /** Any JSON string, with all escapes but those of lone surrogates. */
    static final Dfa STRING = build(JsonText::string);

    /** Any JSON number. */
    static final Dfa NUMBER = RegexParser.matching("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?", SHARED);

    static final Dfa OPEN_OBJECT = word("{");
    static final Dfa CLOSE_OBJECT = word("}");
    static final Dfa CLOSE_ARRAY = word("]");

    private JsonText() {}

    static Dfa word(String word) {
        return build(pool -> pool.literal(word.getBytes(StandardCharsets.UTF_8)));
    }

    private static Dfa build(Function<RxPool, Rx> made) {
        RxPool pool = new RxPool(SHARED);
        return pool.dfa(made.apply(pool));
    }

    private static Rx string(RxPool pool) {
        ByteSet digits = ByteSet.range('0', '9');
        Rx hex = pool.set(digits.or(ByteSet.range('a', 'f')).or(ByteSet.range('A', 'F')));
        ByteSet d = ByteSet.of('d').or(ByteSet.of('D'));
        Rx notD = pool.set(
                digits.or(ByteSet.range('a', 'f')).or(ByteSet.range('A', 'F')).and(d.not()));
        ByteSet highSecond = ByteSet.range('8', '9').or(ByteSet.range('a', 'b')).or(ByteSet.range('A', 'B'));
        ByteSet lowSecond = ByteSet.range('c', 'f').or(ByteSet.range('C', 'F'));
        Rx hex2 = pool.repeat(hex, 2, 2);
        Rx unit = pool.alt(
                pool.concat(notD, pool.repeat(hex, 3, 3)),
                pool.concat(pool.set(d), pool.concat(pool.set(ByteSet.range('0', '7')), hex2)));
        Rx slashU = pool.literal(new byte[] {'\\', 'u'});
        Rx pair = pool.concat(
                pool.concat(pool.set(d), pool.concat(pool.set(highSecond), hex2)),
                pool.concat(slashU, pool.concat(pool.set(d), pool.concat(pool.set(lowSecond), hex2))));
        ByteSet shortEscapes = ByteSet.NONE;
        for (char c : "\"\\/bfnrt".toCharArray()) {
            shortEscapes = shortEscapes.or(ByteSet.of(c));
        }
        Rx escape = pool.alt(
                pool.concat(pool.set(ByteSet.of('\\')), pool.set(shortEscapes)),
                pool.concat(slashU, pool.alt(unit, pair)));
        Rx character = pool.alt(Utf8.oneOf(pool, PLAIN_POINTS), escape);
        Rx quote = pool.set(ByteSet.of('"'));
        return pool.concat(quote, pool.concat(pool.repeat(character, 0, Rx.UNBOUNDED), quote));
    }

    /** The byte that a one-letter escape stands for, or -1. */
    static int unescaped(int letter) {
        return switch (letter) {
            case '"', '\\', '/' -> letter;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> -1;
        };
    }

    private enum Mode {
        QUOTE,
        BODY,
        ESCAPE,
        U,
        U0,
        U00,
        U000,
        U001,
        COLON,
        DONE,
        SPACE
    }

    private record Spelling(Mode mode, int state) {}

    /** The JSON strings, quotes and all, whose value is a word of {@code texts}. */
    static Dfa quoted(Dfa texts, Budget budget) {
        return spelled(texts, Mode.QUOTE, Mode.DONE, false, budget);
    }

    /** The rest of a member name, from behind its opening quote to behind its colon. */
    static Dfa restOfKey(Dfa keys, boolean spaced, Budget budget) {
        return spelled(keys, Mode.BODY, Mode.COLON, spaced, budget);
    }

    /** Control characters are spelled by their short escape or by four hexadecimal digits, all others by themselves. */
    private static Dfa spelled(Dfa texts, Mode first, Mode closed, boolean spaced, Budget budget) {
        if (texts.isEmpty()) {
            return Dfa.NOTHING;
        }
        ByteClasses classes = ByteClasses.both(texts.classes(), ByteClasses.separating(SYNTAX));
        return Dfa.explore(new Spelling(first, 0), classes, budget, new Dfa.Machine<Spelling>() {
            @Override
            public Spelling step(Spelling s, int b) {
                return switch (s.mode) {
                    case QUOTE -> b == '"' ? new Spelling(Mode.BODY, s.state) : null;
                    case BODY -> body(s, b);
                    case ESCAPE -> b == 'u' ? new Spelling(Mode.U, s.state) : to(s.state, unescaped(b));
                    case U -> b == '0' ? new Spelling(Mode.U0, s.state) : null;
                    case U0 -> b == '0' ? new Spelling(Mode.U00, s.state) : null;
                    case U00 -> b == '0' || b == '1' ? new Spelling(b == '0' ? Mode.U000 : Mode.U001, s.state) : null;
                    case U000 -> to(s.state, b < 0x80 ? Character.digit(b, 16) : -1);
                    case U001 ->
                        b < 0x80 && Character.digit(b, 16) >= 0 ? to(s.state, 16 + Character.digit(b, 16)) : null;
                    case COLON -> b == ':' ? new Spelling(Mode.DONE, s.state) : null;
                    case DONE -> closed == Mode.COLON && spaced && b == ' ' ? new Spelling(Mode.SPACE, s.state) : null;
                    case SPACE -> null;
                };
            }

            private Spelling body(Spelling s, int b) {
                if (b == '"') {
                    // Behind the quote only the label counts, so states are named by it.
                    return texts.label(s.state) < 0 ? null : new Spelling(closed, texts.label(s.state));
                }
                if (b == '\\') {
                    return new Spelling(Mode.ESCAPE, s.state);
                }
                return b < 0x20 ? null : to(s.state, b);
            }

            private Spelling to(int state, int b) {
                int after = b < 0 ? -1 : texts.step(state, b);
                return after < 0 ? null : new Spelling(Mode.BODY, after);
            }

            @Override
            public int label(Spelling s) {
                return s.mode == Mode.DONE || s.mode == Mode.SPACE ? s.state : -1;
            }
        });
    }

    private static final List<ByteSet> SYNTAX = syntax();

    private static List<ByteSet> syntax() {
        ByteSet[] sets = new ByteSet[256];
        int count = 0;
        sets[count++] = ByteSet.range(0, 0x1f);
        for (char c : "\"\\/bfnrtu: 0123456789abcdefABCDEF".toCharArray()) {
            sets[count++] = ByteSet.of(c);
        }
        return List.of(Arrays.copyOf(sets, count));
    }
}
