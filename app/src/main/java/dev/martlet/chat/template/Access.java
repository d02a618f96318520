package dev.martlet.chat.template;

import java.util.ArrayList;
import java.util.List;

/** Attributes, items and slices, in Jinja's order of looking. */
final class Access {
    private Access() {}

    /** {@code object.name}: the attribute, else the item, else undefined. */
    static Value attribute(Run run, Value object, String name, Text key) {
        Value found = switch (object) {
            case Dict dict -> {
                Builtin method = Methods.DICT.get(name);
                yield method != null
                        ? new Builtin.Bound(dict, method)
                        : dict.entries().get(key);
            }
            default -> attributeOnly(run, object, name);
        };
        return found != null ? found : missing(object, name);
    }

    /** The attribute alone, else undefined: what Jinja's {@code attr} filter takes. */
    static Value attributeAlone(Run run, Value object, String name) {
        Value found = attributeOnly(run, object, name);
        return found != null ? found : missing(object, name);
    }

    private static Value attributeOnly(Run run, Value object, String name) {
        return switch (object) {
            case Value.Undefined undefined -> throw Failure.of(undefined.message());
            case Value.Namespace namespace -> namespace.attributes.get(name);
            case Value.Fields fields -> fields.field(run, name);
            case Text text -> bound(text, Methods.STRING.get(name));
            case Sequence list when list.kind == Sequence.Kind.LIST -> bound(list, Methods.LIST.get(name));
            case Sequence tuple when tuple.kind == Sequence.Kind.TUPLE -> bound(tuple, Methods.TUPLE.get(name));
            case Dict dict -> bound(dict, Methods.DICT.get(name));
            case Value.Callable function when name.equals("name") -> Text.trusted(function.name());
            default -> null;
        };
    }

    private static Value bound(Value self, Builtin method) {
        return method == null ? null : new Builtin.Bound(self, method);
    }

    /** {@code object[key]}: the item, else the attribute of that name, else undefined. */
    static Value item(Run run, Value object, Value key) {
        switch (object) {
            case Dict dict -> {
                if (key instanceof Text text) {
                    run.work(text.string.length() >> 8);
                }
                Value found = key instanceof Dict || key instanceof Sequence list && list.kind == Sequence.Kind.LIST
                        ? null
                        : dict.get(key);
                if (found != null) {
                    return found;
                }
            }
            case Sequence sequence
            when sequence.indexed() && Operations.number(key) != null -> {
                Value found = at(sequence.items(), key);
                return found != null ? found : missing(object, key);
            }
            case Text text
            when Operations.number(key) != null -> {
                int length = text.length();
                long index = Operations.index(key);
                index = index < 0 ? index + length : index;
                if (index < 0 || index >= length) {
                    return missing(object, key);
                }
                int from = Strings.offset(run, text, length, (int) index);
                return text.substring(from, from + Character.charCount(text.string.codePointAt(from)));
            }
            case Value.Undefined undefined -> throw Failure.of(undefined.message());
            default -> {}
        }
        Value found = key instanceof Text name ? attributeOnly(run, object, name.string) : null;
        return found != null ? found : missing(object, key);
    }

    private static Value at(List<Value> items, Value key) {
        if (Operations.number(key) instanceof Value.Float) {
            return null;
        }
        long index = Operations.index(key);
        index = index < 0 ? index + items.size() : index;
        return index < 0 || index >= items.size() ? null : items.get((int) index);
    }

    private static Value missing(Value object, Value key) {
        if (key instanceof Text name) {
            return missing(object, name.string);
        }
        return new Value.Undefined(describe(object) + " has no element " + Printer.repr(key));
    }

    private static Value missing(Value object, String name) {
        return new Value.Undefined("'" + describe(object) + "' has no attribute '" + name + "'");
    }

    private static String describe(Value object) {
        return object == Value.None.NONE ? "None" : object.typeName() + " object";
    }

    /** {@code object[start:stop:step]}; null and None leave a bound out. */
    static Value slice(Run run, Value object, Value start, Value stop, Value step) {
        if (object instanceof Value.Undefined undefined) {
            throw Failure.of(undefined.message());
        }
        boolean sliceable = object instanceof Text || object instanceof Sequence s && s.indexed();
        if (!sliceable) {
            return new Value.Undefined(describe(object) + " has no slice");
        }
        int length = Operations.length(run, object);
        long by = bound(step, 1);
        if (by == 0) {
            throw Failure.of("slice step cannot be zero");
        }
        long first = by > 0 ? 0 : -1;
        long last = by > 0 ? length : length - 1L;
        long from = clamp(bound(start, by > 0 ? first : last), start, length, first, last);
        long to = clamp(bound(stop, by > 0 ? last : first), stop, length, first, last);
        return switch (object) {
            case Text text -> sliceText(run, text, length, from, to, by);
            case Sequence sequence -> sliceItems(run, sequence, from, to, by);
            default -> throw new AssertionError(object.typeName());
        };
    }

    private static long bound(Value given, long otherwise) {
        return given == null || given == Value.None.NONE ? otherwise : Operations.index(given);
    }

    private static long clamp(long index, Value given, int length, long first, long last) {
        boolean counted = given != null && given != Value.None.NONE && index < 0;
        return Math.clamp(counted ? Math.max(index, -length - 1L) + length : index, first, last);
    }

    private static Text sliceText(Run run, Text text, int length, long from, long to, long by) {
        if (by == 1) {
            if (from >= to) {
                return Text.EMPTY;
            }
            run.allocate(to - from);
            int begin = Strings.offset(run, text, length, (int) from);
            int end = length == text.string.length()
                    ? (int) to
                    : text.string.offsetByCodePoints(begin, (int) (to - from));
            return text.substring(begin, end);
        }
        var taken = new TextBuilder(run);
        List<Value> characters = Strings.characters(run, text);
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            taken.append((Text) characters.get((int) i));
        }
        return taken.toText();
    }

    private static Sequence sliceItems(Run run, Sequence sequence, long from, long to, long by) {
        var taken = new ArrayList<Value>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            run.elements(1);
            taken.add(sequence.items().get((int) i));
        }
        return sequence.kind == Sequence.Kind.TUPLE ? Sequence.tuple(taken) : Sequence.list(taken);
    }
}
