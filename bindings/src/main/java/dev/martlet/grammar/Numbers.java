package dev.martlet.grammar;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;

/**
 * A set of numbers, kept as the automaton of all their spellings without exponents; the set of all numbers has those with
 * exponents too. {@code integral} says that there are only whole numbers in it, which are then written without a fraction.
 */
record Numbers(Dfa spellings, boolean integral) {

    private static final Budget SHARED = new Budget(Long.MAX_VALUE / 2);
    private static final Dfa PLAIN = RegexParser.matching("-?(0|[1-9][0-9]*)(\\.[0-9]+)?", SHARED);
    private static final Dfa WHOLE = RegexParser.matching("-?(0|[1-9][0-9]*)(\\.0+)?", SHARED);
    private static final Dfa WHOLE_WRITTEN = RegexParser.matching("0|-?[1-9][0-9]*", SHARED);

    static final Numbers ALL = new Numbers(JsonText.NUMBER, false);
    static final Numbers NONE = new Numbers(Dfa.NOTHING, true);
    static final Numbers INTEGERS = new Numbers(WHOLE, true);

    /** Longest spelling of a bound without an exponent. */
    private static final int MOST_DIGITS = 400;

    boolean isEmpty() {
        return spellings.isEmpty();
    }

    Numbers and(Numbers o, Budget budget) {
        if (this.equals(o) || o == ALL) {
            return this;
        }
        if (this == ALL) {
            return o;
        }
        return new Numbers(Dfa.combine(spellings, o.spellings, Dfa.Operation.AND, budget), integral || o.integral);
    }

    Numbers or(Numbers o, Budget budget) {
        if (this == ALL || o == ALL) {
            return ALL;
        }
        if (this.equals(o) || o.isEmpty()) {
            return this;
        }
        return isEmpty()
                ? o
                : new Numbers(Dfa.combine(spellings, o.spellings, Dfa.Operation.OR, budget), integral && o.integral);
    }

    Numbers not(Budget budget) {
        if (this == ALL) {
            return NONE;
        }
        return isEmpty() ? ALL : new Numbers(Dfa.combine(PLAIN, spellings, Dfa.Operation.MINUS, budget), false);
    }

    /** The spellings that are generated. */
    Dfa written(Budget budget) {
        if (this == INTEGERS) {
            return WHOLE_WRITTEN;
        }
        return integral ? Dfa.combine(spellings, WHOLE_WRITTEN, Dfa.Operation.AND, budget) : spellings;
    }

    /** A number as its plain decimal digits. */
    static BigDecimal decimal(String text) {
        BigDecimal value = new BigDecimal(text);
        if (Math.abs((long) value.precision() - value.scale()) > MOST_DIGITS
                || Math.abs((long) value.scale()) > MOST_DIGITS) {
            throw new GrammarException(
                    GrammarException.Reason.TOO_COMPLEX, "", "", "a number has over " + MOST_DIGITS + " digits");
        }
        return value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
    }

    /** Only this number, in all its plain spellings. */
    static Numbers of(BigDecimal value, Budget budget) {
        RxPool pool = new RxPool(budget);
        boolean whole = value.scale() <= 0;
        Rx zero = pool.set(ByteSet.of('0'));
        Rx digits = pool.literal(value.toPlainString().getBytes(StandardCharsets.US_ASCII));
        Rx tail = whole
                ? pool.optional(pool.concat(pool.set(ByteSet.of('.')), pool.repeat(zero, 1, Rx.UNBOUNDED)))
                : pool.repeat(zero, 0, Rx.UNBOUNDED);
        Rx sign = value.signum() == 0 ? pool.optional(pool.set(ByteSet.of('-'))) : pool.empty;
        return new Numbers(pool.dfa(pool.concat(sign, pool.concat(digits, tail))), whole);
    }

    static Numbers atLeast(BigDecimal bound, boolean exclusive, Budget budget) {
        return new Numbers(NumberMachines.compared(bound, c -> exclusive ? c > 0 : c >= 0, budget), false);
    }

    static Numbers atMost(BigDecimal bound, boolean exclusive, Budget budget) {
        return new Numbers(NumberMachines.compared(bound, c -> exclusive ? c < 0 : c <= 0, budget), false);
    }

    /** @param step above zero */
    static Numbers multiplesOf(BigDecimal step, Budget budget) {
        return new Numbers(NumberMachines.multiples(step, budget), step.scale() <= 0);
    }
}
