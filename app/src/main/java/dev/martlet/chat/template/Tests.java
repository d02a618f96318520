package dev.martlet.chat.template;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;

/** Jinja's tests: what may follow {@code is}. */
final class Tests {
    static final Map<String, Builtin> TABLE = table();

    private Tests() {}

    private interface Check {
        boolean holds(Value value);
    }

    private static Map<String, Builtin> table() {
        var table = new HashMap<String, Builtin>();
        kinds(table);
        comparisons(table);
        return Map.copyOf(table);
    }

    private static void simple(Map<String, Builtin> table, String name, Check check) {
        Builtin.define(table, name, "", (run, self, args) -> Value.Bool.of(check.holds(self)));
    }

    private static void kinds(Map<String, Builtin> table) {
        simple(table, "defined", value -> !(value instanceof Value.Undefined));
        simple(table, "undefined", value -> value instanceof Value.Undefined);
        simple(table, "none", value -> value == Value.None.NONE);
        simple(table, "boolean", value -> value instanceof Value.Bool);
        simple(table, "true", value -> value == Value.Bool.TRUE);
        simple(table, "false", value -> value == Value.Bool.FALSE);
        simple(table, "integer", value -> value instanceof Value.Int || value instanceof Value.BigInt);
        simple(table, "float", value -> value instanceof Value.Float);
        simple(table, "number", value -> Operations.number(value) != null);
        simple(table, "string", value -> value instanceof Text);
        simple(table, "mapping", value -> value instanceof Dict);
        simple(
                table,
                "iterable",
                value -> value instanceof Text
                        || value instanceof Sequence
                        || value instanceof Dict
                        || value instanceof Value.Undefined);
        // What has a length and takes an index: also a dict, and in Jinja also undefined.
        simple(
                table,
                "sequence",
                value -> value instanceof Text
                        || value instanceof Sequence sequence && sequence.indexed()
                        || value instanceof Dict
                        || value instanceof Value.Undefined);
        simple(table, "callable", value -> value instanceof Value.Callable || value instanceof Value.Undefined);
        simple(table, "escaped", value -> value instanceof Text text && text.markup);
        letters(table, "lower", Character::isUpperCase, Character::isLowerCase);
        letters(table, "upper", Character::isLowerCase, Character::isUpperCase);
        Builtin.define(
                table,
                "filter",
                "",
                (run, self, args) -> Value.Bool.of(Filters.TABLE.containsKey(Builtin.string(self).string)));
        Builtin.define(
                table,
                "test",
                "",
                (run, self, args) -> Value.Bool.of(Tests.TABLE.containsKey(Builtin.string(self).string)));
    }

    private static void letters(Map<String, Builtin> table, String name, IntPredicate never, IntPredicate once) {
        Builtin.define(table, name, "", (run, self, args) -> {
            String s = Printer.string(run, self).string;
            run.work(s.length());
            return Value.Bool.of(
                    s.codePoints().noneMatch(never) && s.codePoints().anyMatch(once));
        });
    }

    private static void comparisons(Map<String, Builtin> table) {
        Builtin.define(table, "eq", "other", (run, self, args) -> Value.Bool.of(Operations.equal(run, self, args[0])));
        Builtin.define(table, "ne", "other", (run, self, args) -> Value.Bool.of(!Operations.equal(run, self, args[0])));
        order(table, "lt", "<", order -> order < 0);
        order(table, "le", "<=", order -> order <= 0);
        order(table, "gt", ">", order -> order > 0);
        order(table, "ge", ">=", order -> order >= 0);
        alias(table, "eq", "==", "equalto");
        alias(table, "ne", "!=");
        alias(table, "lt", "<", "lessthan");
        alias(table, "le", "<=");
        alias(table, "gt", ">", "greaterthan");
        alias(table, "ge", ">=");
        Builtin.define(table, "in", "seq", (run, self, args) -> Value.Bool.of(Operations.contains(run, args[0], self)));
        Builtin.define(
                table,
                "sameas",
                "other",
                (run, self, args) -> Value.Bool.of(self == args[0]
                        || self instanceof Value.Int i && args[0] instanceof Value.Int j && i.equals(j)));
        Builtin.define(
                table, "odd", "", (run, self, args) -> Value.Bool.of(remainder(run, self, Value.Int.of(2)) == 1));
        Builtin.define(
                table, "even", "", (run, self, args) -> Value.Bool.of(remainder(run, self, Value.Int.of(2)) == 0));
        Builtin.define(
                table, "divisibleby", "num", (run, self, args) -> Value.Bool.of(remainder(run, self, args[0]) == 0));
    }

    private static void order(Map<String, Builtin> table, String name, String symbol, IntPredicate holds) {
        Builtin.define(
                table,
                name,
                "other",
                (run, self, args) -> Value.Bool.of(holds.test(Operations.compare(run, symbol, self, args[0]))));
    }

    private static void alias(Map<String, Builtin> table, String name, String... aliases) {
        for (String alias : aliases) {
            table.put(alias, table.get(name));
        }
    }

    private static double remainder(Run run, Value value, Value divisor) {
        return Operations.toDouble(Operations.arithmetic(run, Operations.Arithmetic.MODULO, value, divisor));
    }
}
