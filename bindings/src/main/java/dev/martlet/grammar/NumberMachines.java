package dev.martlet.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.function.IntPredicate;

/** Automata that do arithmetic on decimal spellings without exponents. */
final class NumberMachines {

    private static final int MOST_REMAINDERS = 20_000;

    private static final ByteClasses CLASSES = classes();

    private NumberMachines() {}

    private static ByteClasses classes() {
        ByteSet[] sets = new ByteSet[12];
        for (int i = 0; i < 10; i++) {
            sets[i] = ByteSet.of('0' + i);
        }
        sets[10] = ByteSet.of('-');
        sets[11] = ByteSet.of('.');
        return ByteClasses.separating(List.of(sets));
    }

    private enum Phase {
        START,
        SIGN,
        ZERO,
        WHOLE,
        POINT,
        FRACTION;

        /** The phase after a byte by the syntax alone; null where it does not fit. */
        Phase after(int b) {
            boolean digit = b >= '0' && b <= '9';
            return switch (this) {
                case START, SIGN -> b == '-' && this == START ? SIGN : b == '0' ? ZERO : digit ? WHOLE : null;
                case ZERO -> b == '.' ? POINT : null;
                case WHOLE -> b == '.' ? POINT : digit ? WHOLE : null;
                case POINT, FRACTION -> digit ? FRACTION : null;
            };
        }

        boolean mayEnd() {
            return this == ZERO || this == WHOLE || this == FRACTION;
        }
    }

    /**
     * Where a spelling stands against a bound's magnitude.
     *
     * @param digits of the whole part, not counted past one more than the bound has
     * @param order of the digits so far against the bound's digits at the same places
     * @param place in the fraction, not counted past the bound's
     */
    private record Comparison(Phase phase, boolean negative, int digits, int order, int place) {}

    /** The numbers whose comparison with the bound (below 0, 0, above 0) passes the test. */
    static Dfa compared(BigDecimal bound, IntPredicate test, Budget budget) {
        String[] parts = bound.abs().toPlainString().split("\\.");
        String whole = parts[0].equals("0") ? "" : parts[0];
        String fraction = parts.length > 1 ? parts[1] : "";
        int sign = bound.signum();
        Comparison start = new Comparison(Phase.START, false, 0, 0, 0);
        return Dfa.explore(start, CLASSES, budget, new Dfa.Machine<Comparison>() {
            @Override
            public Comparison step(Comparison s, int b) {
                Phase phase = s.phase.after(b);
                if (phase == null) {
                    return null;
                }
                return switch (phase) {
                    case START, ZERO -> new Comparison(phase, s.negative, 0, 0, 0);
                    case SIGN -> new Comparison(phase, true, 0, 0, 0);
                    case WHOLE -> {
                        int digits = Math.min(s.digits + 1, whole.length() + 1);
                        int order = s.order != 0 || s.digits >= whole.length()
                                ? s.order
                                : Integer.signum(b - whole.charAt(s.digits));
                        yield digits > whole.length()
                                ? new Comparison(phase, s.negative, digits, 1, 0)
                                : new Comparison(phase, s.negative, digits, order, 0);
                    }
                    case POINT -> new Comparison(phase, s.negative, 0, wholeOrder(s), 0);
                    case FRACTION -> {
                        char against = s.place < fraction.length() ? fraction.charAt(s.place) : '0';
                        int order = s.order != 0 ? s.order : Integer.signum(b - against);
                        int place = order != 0 ? 0 : Math.min(s.place + 1, fraction.length());
                        yield new Comparison(phase, s.negative, 0, order, place);
                    }
                };
            }

            private int wholeOrder(Comparison s) {
                return s.digits == whole.length() ? s.order : s.digits < whole.length() ? -1 : 1;
            }

            @Override
            public int label(Comparison s) {
                if (!s.phase.mayEnd()) {
                    return -1;
                }
                int order = s.phase == Phase.FRACTION ? s.order : wholeOrder(s);
                if (order == 0 && s.place < fraction.length()) {
                    order = -1; // a bound's fraction has no trailing zeros
                }
                int signed = sign > 0
                        ? (s.negative ? -1 : order)
                        : sign < 0 && !s.negative ? 1 : s.negative ? -order : order;
                return test.test(signed) ? 0 : -1;
            }
        });
    }

    private record Remainder(Phase phase, int value, int place) {}

    /** The multiples of {@code step}, which is above zero. */
    static Dfa multiples(BigDecimal step, Budget budget) {
        int places = Math.max(0, step.scale());
        BigInteger scaled = step.movePointRight(places).toBigIntegerExact();
        if (scaled.bitLength() > 31 || scaled.intValue() > MOST_REMAINDERS) {
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX, "", "", "multiples of " + step + " need too many states");
        }
        int modulus = scaled.intValue();
        return Dfa.explore(new Remainder(Phase.START, 0, 0), CLASSES, budget, new Dfa.Machine<Remainder>() {
            @Override
            public Remainder step(Remainder s, int b) {
                Phase phase = s.phase.after(b);
                if (phase == null) {
                    return null;
                }
                return switch (phase) {
                    case START, SIGN, ZERO -> new Remainder(phase, 0, 0);
                    case POINT -> new Remainder(phase, s.value, 0);
                    case WHOLE -> new Remainder(phase, shifted(s.value, b - '0'), 0);
                    case FRACTION ->
                        s.place < places
                                ? new Remainder(phase, shifted(s.value, b - '0'), s.place + 1)
                                : b == '0' ? new Remainder(phase, s.value, places) : null;
                };
            }

            private int shifted(int value, int digit) {
                return (int) ((value * 10L + digit) % modulus);
            }

            @Override
            public int label(Remainder s) {
                if (!s.phase.mayEnd()) {
                    return -1;
                }
                int value = s.value;
                for (int place = s.place; place < places; place++) {
                    value = shifted(value, 0);
                }
                return value == 0 ? 0 : -1;
            }
        });
    }
}
