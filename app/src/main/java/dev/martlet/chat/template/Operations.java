package dev.martlet.chat.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Python's operators. */
final class Operations {
    private Operations() {}

    /** An arithmetic operator. */
    enum Arithmetic {
        ADD("+"),
        SUBTRACT("-"),
        MULTIPLY("*"),
        DIVIDE("/"),
        FLOOR_DIVIDE("//"),
        MODULO("%"),
        POWER("**");

        final String symbol;

        Arithmetic(String symbol) {
            this.symbol = symbol;
        }
    }

    static Value add(Run run, Value a, Value b) {
        if (a instanceof Text x && b instanceof Text y) {
            return concat(run, x, y);
        }
        return arithmetic(run, Arithmetic.ADD, a, b);
    }

    static Text concat(Run run, Text a, Text b) {
        if (a.markup || b.markup) {
            Text x = a.markup ? a : Strings.escape(run, a);
            Text y = b.markup ? b : Strings.escape(run, b);
            return new TextBuilder(run).append(x).append(y).toText().withMarkup(true);
        }
        if (a.isEmpty()) {
            return b;
        }
        if (b.isEmpty()) {
            return a;
        }
        if (a.uniform() && b.uniform() && a.first() == b.first()) {
            run.allocate((long) a.string.length() + b.string.length());
            return Text.of(a.string.concat(b.string), a.first());
        }
        return new TextBuilder(run).append(a).append(b).toText();
    }

    static Value arithmetic(Run run, Arithmetic operator, Value a, Value b) {
        Value x = number(a);
        Value y = number(b);
        if (x instanceof Value.Int i && y instanceof Value.Int j) {
            return whole(operator, i.value(), j.value());
        }
        if (x != null && y != null) {
            return x instanceof Value.Float || y instanceof Value.Float
                    ? floating(operator, toDouble(x), toDouble(y))
                    : whole(operator, big(x), big(y));
        }
        switch (operator) {
            case ADD -> {
                if (a instanceof Sequence s && b instanceof Sequence t && s.kind == t.kind && joinable(s)) {
                    run.elements((long) s.items().size() + t.items().size());
                    var items =
                            new ArrayList<Value>(s.items().size() + t.items().size());
                    items.addAll(s.items());
                    items.addAll(t.items());
                    return s.kind == Sequence.Kind.LIST ? Sequence.list(items) : Sequence.tuple(items);
                }
            }
            case MULTIPLY -> {
                if (x instanceof Value.Int times && (b instanceof Text || b instanceof Sequence)) {
                    return repeat(run, b, times.value());
                }
                if (y instanceof Value.Int times && (a instanceof Text || a instanceof Sequence)) {
                    return repeat(run, a, times.value());
                }
            }
            case MODULO -> {
                if (a instanceof Text format) {
                    return Formats.percent(run, format, b);
                }
            }
            case SUBTRACT, DIVIDE, FLOOR_DIVIDE, POWER -> {}
        }
        throw unsupported(operator.symbol, a, b);
    }

    private static boolean joinable(Sequence sequence) {
        return sequence.kind == Sequence.Kind.LIST || sequence.kind == Sequence.Kind.TUPLE;
    }

    private static Failure unsupported(String symbol, Value a, Value b) {
        if (a instanceof Value.Undefined undefined) {
            return Failure.of(undefined.message());
        }
        if (b instanceof Value.Undefined undefined) {
            return Failure.of(undefined.message());
        }
        if (symbol.equals("+") && a instanceof Text) {
            return Failure.of("can only concatenate str (not \"" + b.typeName() + "\") to str");
        }
        return Failure.of(
                "unsupported operand type(s) for " + symbol + ": '" + a.typeName() + "' and '" + b.typeName() + "'");
    }

    private static Value repeat(Run run, Value value, long times) {
        long count = Math.max(times, 0);
        if (value instanceof Text text) {
            if (count > 0 && text.string.length() > Integer.MAX_VALUE / count) {
                throw Failure.limit("string of more than " + Integer.MAX_VALUE + " characters");
            }
            if (text.uniform()) {
                run.allocate(text.string.length() * count);
                return new Text(
                        text.string.repeat((int) (text.isEmpty() ? 0 : count)), text.first(), Text.UNCUT, text.markup);
            }
            var repeated = new TextBuilder(run);
            for (long i = 0; i < count; i++) {
                run.step();
                repeated.append(text);
            }
            return repeated.toText().withMarkup(text.markup);
        }
        Sequence sequence = (Sequence) value;
        if (!joinable(sequence)) {
            throw unsupported("*", value, Value.Int.of(times));
        }
        List<Value> items = sequence.items();
        if (!items.isEmpty() && count > Integer.MAX_VALUE / items.size()) {
            throw Failure.limit("list of more than " + Integer.MAX_VALUE + " items");
        }
        run.elements(items.size() * count);
        var repeated = new ArrayList<Value>();
        for (long i = 0; i < count && !items.isEmpty(); i++) {
            repeated.addAll(items);
        }
        return sequence.kind == Sequence.Kind.LIST ? Sequence.list(repeated) : Sequence.tuple(repeated);
    }

    private static Value whole(Arithmetic operator, long a, long b) {
        switch (operator) {
            case ADD -> {
                long sum = a + b;
                if (((a ^ sum) & (b ^ sum)) >= 0) {
                    return Value.Int.of(sum);
                }
            }
            case SUBTRACT -> {
                long difference = a - b;
                if (((a ^ b) & (a ^ difference)) >= 0) {
                    return Value.Int.of(difference);
                }
            }
            case FLOOR_DIVIDE -> {
                if (b != 0 && a != Long.MIN_VALUE) {
                    return Value.Int.of(Math.floorDiv(a, b));
                }
            }
            case MODULO -> {
                if (b != 0) {
                    return Value.Int.of(Math.floorMod(a, b));
                }
            }
            case MULTIPLY, DIVIDE, POWER -> {}
        }
        return whole(operator, BigInteger.valueOf(a), BigInteger.valueOf(b));
    }

    private static Value whole(Arithmetic operator, BigInteger a, BigInteger b) {
        return switch (operator) {
            case ADD -> Value.BigInt.of(a.add(b));
            case SUBTRACT -> Value.BigInt.of(a.subtract(b));
            case MULTIPLY -> Value.BigInt.of(a.multiply(b));
            case DIVIDE -> floating(operator, a.doubleValue(), b.doubleValue());
            case FLOOR_DIVIDE -> Value.BigInt.of(floorDivide(a, b)[0]);
            case MODULO -> Value.BigInt.of(floorDivide(a, b)[1]);
            case POWER -> power(a, b);
        };
    }

    private static BigInteger[] floorDivide(BigInteger a, BigInteger b) {
        if (b.signum() == 0) {
            throw Failure.of("integer division or modulo by zero");
        }
        BigInteger[] parts = a.divideAndRemainder(b);
        if (parts[1].signum() != 0 && parts[1].signum() != b.signum()) {
            parts[0] = parts[0].subtract(BigInteger.ONE);
            parts[1] = parts[1].add(b);
        }
        return parts;
    }

    private static Value power(BigInteger base, BigInteger exponent) {
        if (exponent.signum() < 0) {
            return floating(Arithmetic.POWER, base.doubleValue(), exponent.doubleValue());
        }
        if (base.bitLength() > 1 && exponent.bitLength() > 20 || base.bitLength() * exponent.longValue() > 1 << 12) {
            throw Failure.limit("power too large");
        }
        return base.bitLength() <= 1 && exponent.bitLength() > 20
                ? Value.BigInt.of(base.pow(exponent.testBit(0) ? 1 : 2))
                : Value.BigInt.of(base.pow(exponent.intValue()));
    }

    private static Value floating(Arithmetic operator, double a, double b) {
        if (b == 0
                && (operator == Arithmetic.DIVIDE
                        || operator == Arithmetic.FLOOR_DIVIDE
                        || operator == Arithmetic.MODULO)) {
            throw Failure.of("division by zero");
        }
        return new Value.Float(
                switch (operator) {
                    case ADD -> a + b;
                    case SUBTRACT -> a - b;
                    case MULTIPLY -> a * b;
                    case DIVIDE -> a / b;
                    case FLOOR_DIVIDE -> Math.floor(a / b);
                    case MODULO -> floorModulo(a, b);
                    case POWER -> Math.pow(a, b);
                });
    }

    private static double floorModulo(double a, double b) {
        double remainder = a % b;
        return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
    }

    static Value negate(Run run, Value value) {
        Value number = number(value);
        if (number instanceof Value.Float f) {
            return new Value.Float(-f.value());
        }
        if (number == null) {
            throw Failure.type("unary -: expected a number", value);
        }
        return arithmetic(run, Arithmetic.SUBTRACT, Value.Int.of(0), number);
    }

    /** The value as Int, BigInt or Float, where it is a number (a bool is one); else null. */
    static Value number(Value value) {
        return switch (value) {
            case Value.Int i -> i;
            case Value.Float f -> f;
            case Value.BigInt i -> i;
            case Value.Bool b -> Value.Int.of(b.truthy() ? 1 : 0);
            default -> null;
        };
    }

    private static BigInteger big(Value number) {
        return number instanceof Value.BigInt big ? big.value() : BigInteger.valueOf(((Value.Int) number).value());
    }

    static double toDouble(Value number) {
        return switch (number) {
            case Value.Int i -> i.value();
            case Value.BigInt i -> i.value().doubleValue();
            case Value.Float f -> f.value();
            default -> throw Failure.type("expected a number", number);
        };
    }

    /** A number to be used as index or count. */
    static long index(Value value) {
        Value number = number(value);
        if (number instanceof Value.Int i) {
            return i.value();
        }
        if (number instanceof Value.BigInt i) {
            return i.value().signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
        throw Failure.type("expected int", value);
    }

    static boolean equal(Run run, Value a, Value b) {
        if (a == b) {
            return true;
        }
        if (a instanceof Text x) {
            if (!(b instanceof Text y) || x.string.length() != y.string.length()) {
                return false;
            }
            run.work(x.string.length() >> 8);
            return x.string.equals(y.string);
        }
        if (a instanceof Sequence s && b instanceof Sequence t) {
            return s.kind == t.kind && s.kind != Sequence.Kind.GENERATOR && equalItems(run, s.items(), t.items());
        }
        if (a instanceof Dict d && b instanceof Dict e) {
            run.enter(Run.LEVEL);
            boolean equal = d.entries().size() == e.entries().size();
            for (var entry : d.entries().entrySet()) {
                if (!equal) {
                    break;
                }
                run.step();
                Value other = e.entries().get(entry.getKey());
                equal = other != null && equal(run, entry.getValue(), other);
            }
            run.leave(Run.LEVEL);
            return equal;
        }
        Value x = number(a);
        Value y = x == null ? null : number(b);
        if (y != null) {
            return compareNumbers(x, y) == 0;
        }
        return a instanceof Value.Undefined && b instanceof Value.Undefined;
    }

    private static boolean equalItems(Run run, List<Value> a, List<Value> b) {
        if (a.size() != b.size()) {
            return false;
        }
        run.work(a.size());
        run.enter(Run.LEVEL);
        boolean equal = true;
        for (int i = 0; i < a.size() && equal; i++) {
            equal = equal(run, a.get(i), b.get(i));
        }
        run.leave(Run.LEVEL);
        return equal;
    }

    /** Python's order of two values that have one. */
    static int compare(Run run, String symbol, Value a, Value b) {
        if (a instanceof Text x && b instanceof Text y) {
            run.work(Math.min(x.string.length(), y.string.length()) >> 4);
            return x.compareTo(y);
        }
        Value x = number(a);
        Value y = number(b);
        if (x != null && y != null) {
            return compareNumbers(x, y);
        }
        if (a instanceof Sequence s && b instanceof Sequence t && s.kind == t.kind && joinable(s)) {
            run.enter(Run.LEVEL);
            int order = 0;
            for (int i = 0; order == 0 && i < s.items().size() && i < t.items().size(); i++) {
                run.step();
                if (!equal(run, s.items().get(i), t.items().get(i))) {
                    order = compare(run, symbol, s.items().get(i), t.items().get(i));
                }
            }
            run.leave(Run.LEVEL);
            return order != 0
                    ? order
                    : Integer.compare(s.items().size(), t.items().size());
        }
        if (a instanceof Value.Undefined || b instanceof Value.Undefined) {
            throw unsupported(symbol, a, b);
        }
        throw Failure.of("'" + symbol + "' not supported between instances of '" + a.typeName() + "' and '"
                + b.typeName() + "'");
    }

    private static int compareNumbers(Value a, Value b) {
        if (a instanceof Value.Int i && b instanceof Value.Int j) {
            return Long.compare(i.value(), j.value());
        }
        if (a instanceof Value.Float || b instanceof Value.Float) {
            double x = toDouble(a);
            double y = toDouble(b);
            boolean special = Double.isInfinite(x) || Double.isNaN(x) || Double.isInfinite(y) || Double.isNaN(y);
            boolean rounded = Math.abs(x) >= 1L << 53 && Math.abs(y) >= 1L << 53;
            // Adding zero makes one of the two zeros.
            return special || !rounded ? Double.compare(x + 0.0, y + 0.0) : exact(a).compareTo(exact(b));
        }
        return big(a).compareTo(big(b));
    }

    private static BigDecimal exact(Value number) {
        return number instanceof Value.Float f ? new BigDecimal(f.value()) : new BigDecimal(big(number));
    }

    /** {@code needle in haystack}. */
    static boolean contains(Run run, Value haystack, Value needle) {
        switch (haystack) {
            case Text text -> {
                if (needle instanceof Text part) {
                    return Strings.indexOf(run, text.string, part.string, 0) >= 0;
                }
                throw Failure.type("'in <string>' requires string as left operand", needle);
            }
            case Dict dict -> {
                return dict.get(needle) != null;
            }
            case Sequence sequence -> {
                for (Value item : sequence.walk()) {
                    run.step();
                    if (equal(run, item, needle)) {
                        return true;
                    }
                }
                return false;
            }
            case Value.Undefined undefined -> {
                return false;
            }
            default -> throw Failure.of("argument of type '" + haystack.typeName() + "' is not iterable");
        }
    }

    /** The elements a {@code for} walks over. */
    static List<Value> iterate(Run run, Value value) {
        return switch (value) {
            case Sequence sequence -> sequence.walk();
            case Dict dict -> {
                run.elements(dict.entries().size());
                yield new ArrayList<>(dict.entries().keySet());
            }
            case Text text -> Strings.characters(run, text);
            case Value.Undefined undefined -> List.of();
            default -> throw Failure.of("'" + value.typeName() + "' object is not iterable");
        };
    }

    /** {@code len(value)}. */
    static int length(Run run, Value value) {
        return switch (value) {
            case Text text -> text.length();
            case Sequence sequence
            when sequence.kind != Sequence.Kind.GENERATOR -> sequence.items().size();
            case Dict dict -> dict.entries().size();
            case Value.Undefined undefined -> 0;
            default -> throw Failure.of("object of type '" + value.typeName() + "' has no len()");
        };
    }
}
