package dev.martlet.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The keywords of one schema object, read with their types checked. */
record KeywordReader(JsonValue.Obj schema, String pointer) {

    boolean has(String keyword) {
        return schema.members().containsKey(keyword);
    }

    /** The keyword's value; JSON's null where it is not there. */
    JsonValue get(String keyword) {
        return schema.members().getOrDefault(keyword, new JsonValue.Null());
    }

    GrammarException bad(GrammarException.Reason reason, String keyword, String detail) {
        return new GrammarException(reason, pointer, keyword, detail);
    }

    /** Does something for a keyword; what it throws without a place of its own gets this one. */
    <T> T at(String keyword, Supplier<T> what) {
        try {
            return what.get();
        } catch (GrammarException e) {
            if (e.place().startsWith("/")) {
                throw e;
            }
            throw new GrammarException(e.reason(), pointer, keyword, Evaluator.detail(e));
        }
    }

    String text(String keyword) {
        if (get(keyword) instanceof JsonValue.Str string) {
            return string.value();
        }
        throw bad(GrammarException.Reason.INVALID, keyword, "expected a string");
    }

    BigDecimal number(String keyword) {
        if (get(keyword) instanceof JsonValue.Num number) {
            return at(keyword, () -> Numbers.decimal(number.text()));
        }
        throw bad(GrammarException.Reason.INVALID, keyword, "expected a number");
    }

    /** A count of at least 0; {@link Rx#UNBOUNDED} when it is as large as that. */
    int count(String keyword, int otherwise) {
        if (!has(keyword)) {
            return otherwise;
        }
        BigDecimal value = number(keyword);
        if (value.signum() < 0 || value.scale() > 0) {
            throw bad(GrammarException.Reason.INVALID, keyword, "expected a whole number of at least 0");
        }
        return value.min(BigDecimal.valueOf(Rx.UNBOUNDED)).intValueExact();
    }

    List<JsonValue> list(String keyword) {
        if (get(keyword) instanceof JsonValue.Arr array) {
            return array.items();
        }
        throw bad(GrammarException.Reason.INVALID, keyword, "expected an array");
    }

    List<String> names(String keyword) {
        List<String> out = new ArrayList<>();
        for (JsonValue item : list(keyword)) {
            if (!(item instanceof JsonValue.Str name)) {
                throw bad(GrammarException.Reason.INVALID, keyword, "expected an array of strings");
            }
            out.add(name.value());
        }
        return out;
    }

    Map<String, JsonValue> members(String keyword) {
        if (!has(keyword)) {
            return Map.of();
        }
        if (get(keyword) instanceof JsonValue.Obj object) {
            return object.members();
        }
        throw bad(GrammarException.Reason.INVALID, keyword, "expected an object");
    }

    Formula schema(String keyword, FormulaPool pool) {
        return pool.schema(get(keyword), pointer + "/" + keyword);
    }

    List<Formula> schemas(String keyword, FormulaPool pool) {
        List<JsonValue> items = list(keyword);
        List<Formula> out = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            out.add(pool.schema(items.get(i), pointer + "/" + keyword + "/" + i));
        }
        return out;
    }

    /** The schemas of a keyword whose value maps names to schemas. */
    Map<String, Formula> schemaMap(String keyword, FormulaPool pool) {
        Map<String, Formula> out = new LinkedHashMap<>();
        members(keyword)
                .forEach((name, json) ->
                        out.put(name, pool.schema(json, pointer + "/" + keyword + "/" + SchemaDocument.escaped(name))));
        return out;
    }
}
