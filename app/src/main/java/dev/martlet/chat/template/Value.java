package dev.martlet.chat.template;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;

/** A value of Python's as a template sees it. */
sealed interface Value
        permits Text,
                Sequence,
                Dict,
                Value.Callable,
                Value.Fields,
                Value.None,
                Value.Bool,
                Value.Int,
                Value.BigInt,
                Value.Float,
                Value.Undefined,
                Value.Namespace {

    /** Whether {@code if} takes it for true. */
    boolean truthy();

    /** Name of its Python type. */
    String typeName();

    /** Something that can be called. */
    non-sealed interface Callable extends Value {
        Value call(Run run, Args args);

        String name();

        @Override
        default boolean truthy() {
            return true;
        }

        @Override
        default String typeName() {
            return "function";
        }
    }

    /** A value with named fields of its own, such as {@code loop}. */
    non-sealed interface Fields extends Value {
        /** The field, or null where there is none. */
        Value field(Run run, String name);

        @Override
        default boolean truthy() {
            return true;
        }
    }

    /** Python's None. */
    enum None implements Value {
        NONE;

        @Override
        public boolean truthy() {
            return false;
        }

        @Override
        public String typeName() {
            return "NoneType";
        }
    }

    /** True or False; a number as well, as in Python. */
    enum Bool implements Value {
        FALSE,
        TRUE;

        static Bool of(boolean value) {
            return value ? TRUE : FALSE;
        }

        @Override
        public boolean truthy() {
            return this == TRUE;
        }

        @Override
        public String typeName() {
            return "bool";
        }
    }

    /** An int that fits a long. */
    record Int(long value) implements Value {
        private static final Int[] SMALL = new Int[1024];

        static {
            for (int i = 0; i < SMALL.length; i++) {
                SMALL[i] = new Int(i);
            }
        }

        static Int of(long value) {
            return value >= 0 && value < SMALL.length ? SMALL[(int) value] : new Int(value);
        }

        @Override
        public boolean truthy() {
            return value != 0;
        }

        @Override
        public String typeName() {
            return "int";
        }
    }

    /** An int that fits no long. */
    record BigInt(BigInteger value) implements Value {
        private static final int MAX_BITS = 1 << 10;

        /** The number as the smallest type that holds it. */
        static Value of(BigInteger value) {
            if (value.bitLength() < Long.SIZE) {
                return Int.of(value.longValue());
            }
            if (value.bitLength() > MAX_BITS) {
                throw Failure.limit("number with more than " + MAX_BITS + " bits");
            }
            return new BigInt(value);
        }

        @Override
        public boolean truthy() {
            return true;
        }

        @Override
        public String typeName() {
            return "int";
        }
    }

    /** A float. */
    record Float(double value) implements Value {
        @Override
        public boolean truthy() {
            return value != 0;
        }

        @Override
        public String typeName() {
            return "float";
        }
    }

    /**
     * What a missing name or attribute gives: false, empty, and an error once something is asked of it.
     *
     * @param message that error
     */
    record Undefined(String message) implements Value {
        static Undefined ofName(String name) {
            return new Undefined("'" + name + "' is undefined");
        }

        @Override
        public boolean truthy() {
            return false;
        }

        @Override
        public String typeName() {
            return "Undefined";
        }
    }

    /** A {@code namespace()}: the one thing whose attributes a template may set. */
    final class Namespace implements Value {
        final Map<String, Value> attributes = new LinkedHashMap<>();

        @Override
        public boolean truthy() {
            return true;
        }

        @Override
        public String typeName() {
            return "Namespace";
        }
    }
}
