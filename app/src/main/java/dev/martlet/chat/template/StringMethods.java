package dev.martlet.chat.template;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;

/** The methods of Python's str. */
final class StringMethods {
    private StringMethods() {}

    static Map<String, Builtin> table() {
        var table = new HashMap<String, Builtin>();
        cases(table);
        strips(table);
        splits(table);
        searches(table);
        checks(table);
        pads(table);
        Builtin.raw(table, "format", (run, self, args) -> Formats.braces(run, (Text) self, args));
        return Map.copyOf(table);
    }

    private static void cases(Map<String, Builtin> table) {
        Builtin.define(table, "upper", "", (run, self, args) -> upper(run, (Text) self));
        Builtin.define(table, "lower", "", (run, self, args) -> lower(run, (Text) self));
        Builtin.define(table, "casefold", "", (run, self, args) -> lower(run, (Text) self));
        Builtin.define(table, "capitalize", "", (run, self, args) -> capitalize(run, (Text) self));
        Builtin.define(table, "title", "", (run, self, args) -> {
            Text text = (Text) self;
            run.allocate(text.string.length());
            boolean[] inWord = {false};
            return text.map(part -> title(part, inWord));
        });
        Builtin.define(table, "swapcase", "", (run, self, args) -> {
            Text text = (Text) self;
            run.allocate(text.string.length());
            return text.map(part -> {
                var out = new StringBuilder();
                part.codePoints()
                        .forEach(c -> out.appendCodePoint(
                                Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c)));
                return out.toString();
            });
        });
    }

    static Text upper(Run run, Text text) {
        run.allocate(text.string.length());
        return text.map(part -> part.toUpperCase(Locale.ROOT));
    }

    static Text lower(Run run, Text text) {
        run.allocate(text.string.length());
        return text.map(part -> part.toLowerCase(Locale.ROOT));
    }

    static Text capitalize(Run run, Text text) {
        if (text.isEmpty()) {
            return text;
        }
        int second = text.string.offsetByCodePoints(0, 1);
        Text head = upper(run, text.substring(0, second));
        Text tail = lower(run, text.substring(second, text.string.length()));
        return new TextBuilder(run).append(head).append(tail).toText();
    }

    private static String title(String part, boolean[] inWord) {
        var out = new StringBuilder(part.length());
        part.codePoints().forEach(c -> {
            out.appendCodePoint(inWord[0] ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inWord[0] = Character.isLetter(c);
        });
        return out.toString();
    }

    private static void strips(Map<String, Builtin> table) {
        strip(table, "strip", true, true);
        strip(table, "lstrip", true, false);
        strip(table, "rstrip", false, true);
        Builtin.define(table, "removeprefix", "prefix", (run, self, args) -> {
            Text text = (Text) self;
            String prefix = Builtin.string(args[0]).string;
            return text.string.startsWith(prefix) ? text.substring(prefix.length(), text.string.length()) : text;
        });
        Builtin.define(table, "removesuffix", "suffix", (run, self, args) -> {
            Text text = (Text) self;
            String suffix = Builtin.string(args[0]).string;
            return text.string.endsWith(suffix) ? text.substring(0, text.string.length() - suffix.length()) : text;
        });
    }

    private static void strip(Map<String, Builtin> table, String name, boolean left, boolean right) {
        Builtin.define(table, name, "/ chars", (run, self, args) -> {
            Text text = (Text) self;
            Text characters = optional(args[0]);
            long tries = characters == null ? 1 : Math.max(characters.string.length(), 1);
            Text stripped = Strings.strip(text, characters, left, right);
            run.work((text.string.length() - stripped.string.length()) * tries >> 4);
            if (stripped != text) {
                run.allocate(stripped.string.length());
            }
            return stripped;
        });
    }

    /** A string argument that may be None. */
    static Text optional(Value argument) {
        return argument == null || argument == Value.None.NONE ? null : Builtin.string(argument);
    }

    private static void splits(Map<String, Builtin> table) {
        Builtin.define(
                table,
                "split",
                "/ sep maxsplit",
                (run, self, args) -> Sequence.list(
                        Strings.split(run, (Text) self, optional(args[0]), Builtin.integer(args[1], -1))));
        Builtin.define(
                table,
                "rsplit",
                "/ sep maxsplit",
                (run, self, args) -> Sequence.list(
                        Strings.splitFromRight(run, (Text) self, optional(args[0]), Builtin.integer(args[1], -1))));
        Builtin.define(
                table,
                "splitlines",
                "/ keepends",
                (run, self, args) -> Sequence.list(Strings.splitLines(run, (Text) self, Builtin.flag(args[0], false))));
        Builtin.define(table, "partition", "sep", (run, self, args) -> {
            Text text = (Text) self;
            int at = Strings.indexOf(run, text.string, separator(args[0]), 0);
            return at < 0
                    ? Sequence.tuple(List.of(text, Text.EMPTY, Text.EMPTY))
                    : parts(run, text, at, at + separator(args[0]).length());
        });
        Builtin.define(table, "rpartition", "sep", (run, self, args) -> {
            Text text = (Text) self;
            run.work((long) text.string.length() * separator(args[0]).length() >> 6);
            int at = text.string.lastIndexOf(separator(args[0]));
            return at < 0
                    ? Sequence.tuple(List.of(Text.EMPTY, Text.EMPTY, text))
                    : parts(run, text, at, at + separator(args[0]).length());
        });
        Builtin.define(
                table,
                "join",
                "items",
                (run, self, args) -> Strings.join(run, (Text) self, Operations.iterate(run, args[0]), false));
        Builtin.define(
                table,
                "replace",
                "old new / count",
                (run, self, args) -> Strings.replace(
                        run,
                        (Text) self,
                        Builtin.string(args[0]),
                        Builtin.string(args[1]),
                        Builtin.integer(args[2], -1)));
    }

    private static String separator(Value argument) {
        String separator = Builtin.string(argument).string;
        if (separator.isEmpty()) {
            throw Failure.of("empty separator");
        }
        return separator;
    }

    private static Sequence parts(Run run, Text text, int from, int to) {
        run.allocate(text.string.length());
        return Sequence.tuple(
                List.of(text.substring(0, from), text.substring(from, to), text.substring(to, text.string.length())));
    }

    private static void searches(Map<String, Builtin> table) {
        Builtin.define(
                table,
                "startswith",
                "prefix / start end",
                (run, self, args) -> Value.Bool.of(affix(run, part(run, self, args), args[0], true)));
        Builtin.define(
                table,
                "endswith",
                "suffix / start end",
                (run, self, args) -> Value.Bool.of(affix(run, part(run, self, args), args[0], false)));
        Builtin.define(
                table, "find", "sub / start end", (run, self, args) -> Value.Int.of(find(run, self, args, false)));
        Builtin.define(
                table, "rfind", "sub / start end", (run, self, args) -> Value.Int.of(find(run, self, args, true)));
        Builtin.define(
                table,
                "index",
                "sub / start end",
                (run, self, args) -> Value.Int.of(found(find(run, self, args, false))));
        Builtin.define(
                table,
                "rindex",
                "sub / start end",
                (run, self, args) -> Value.Int.of(found(find(run, self, args, true))));
        Builtin.define(table, "count", "sub / start end", (run, self, args) -> {
            String s = part(run, self, args).string;
            String sub = Builtin.string(args[0]).string;
            if (sub.isEmpty()) {
                return Value.Int.of(s.codePointCount(0, s.length()) + 1L);
            }
            long count = 0;
            for (int at = Strings.indexOf(run, s, sub, 0);
                    at >= 0;
                    at = Strings.indexOf(run, s, sub, at + sub.length())) {
                run.step();
                count++;
            }
            return Value.Int.of(count);
        });
    }

    /** The part of the string that a method's optional start and end leave. */
    private static Text part(Run run, Value self, Value[] args) {
        return args[1] == null && args[2] == null
                ? (Text) self
                : (Text) Access.slice(run, self, args[1], args[2], null);
    }

    private static boolean affix(Run run, Text text, Value affix, boolean front) {
        if (affix instanceof Sequence tuple && tuple.kind == Sequence.Kind.TUPLE) {
            for (Value one : tuple.items()) {
                run.step();
                if (affix(run, text, one, front)) {
                    return true;
                }
            }
            return false;
        }
        String part = Builtin.string(affix).string;
        run.work(part.length() >> 8);
        return front ? text.string.startsWith(part) : text.string.endsWith(part);
    }

    private static long find(Run run, Value self, Value[] args, boolean last) {
        Text text = part(run, self, args);
        String sub = Builtin.string(args[0]).string;
        int at;
        if (last) {
            run.work((long) text.string.length() * sub.length() >> 6);
            at = text.string.lastIndexOf(sub);
        } else {
            at = Strings.indexOf(run, text.string, sub, 0);
        }
        if (at < 0) {
            return -1;
        }
        long start = args[1] == null || args[1] == Value.None.NONE ? 0 : Operations.index(args[1]);
        int length = ((Text) self).length();
        long base = Math.clamp(start < 0 ? start + length : start, 0, length);
        return base + text.string.codePointCount(0, at);
    }

    private static long found(long index) {
        if (index < 0) {
            throw Failure.of("substring not found");
        }
        return index;
    }

    private static void checks(Map<String, Builtin> table) {
        check(table, "isalnum", Character::isLetterOrDigit);
        check(table, "isalpha", Character::isLetter);
        check(table, "isdecimal", Character::isDigit);
        check(table, "isdigit", Character::isDigit);
        check(table, "isnumeric", Character::isDigit);
        check(table, "isspace", Strings::isSpace);
        Builtin.define(table, "isascii", "", (run, self, args) -> {
            run.work(((Text) self).string.length() >> 4);
            return Value.Bool.of(((Text) self).string.chars().allMatch(c -> c < 0x80));
        });
        Builtin.define(table, "isprintable", "", (run, self, args) -> {
            run.work(((Text) self).string.length() >> 4);
            return Value.Bool.of(((Text) self).string.codePoints().allMatch(Printer::printable));
        });
        Builtin.define(
                table,
                "islower",
                "",
                (run, self, args) -> cased(run, (Text) self, Character::isUpperCase, Character::isLowerCase));
        Builtin.define(
                table,
                "isupper",
                "",
                (run, self, args) -> cased(run, (Text) self, Character::isLowerCase, Character::isUpperCase));
        Builtin.define(table, "isidentifier", "", (run, self, args) -> {
            String s = ((Text) self).string;
            run.work(s.length() >> 4);
            return Value.Bool.of(!s.isEmpty()
                    && (s.codePointAt(0) == '_' || Character.isUnicodeIdentifierStart(s.codePointAt(0)))
                    && s.codePoints().skip(1).allMatch(Character::isUnicodeIdentifierPart));
        });
    }

    private static void check(Map<String, Builtin> table, String name, IntPredicate holds) {
        Builtin.define(table, name, "", (run, self, args) -> {
            run.work(((Text) self).string.length() >> 2);
            return Value.Bool.of(!((Text) self).isEmpty()
                    && ((Text) self).string.codePoints().allMatch(holds));
        });
    }

    private static Value cased(Run run, Text text, IntPredicate never, IntPredicate once) {
        run.work(text.string.length());
        return Value.Bool.of(text.string.codePoints().noneMatch(never)
                && text.string.codePoints().anyMatch(once));
    }

    private static void pads(Map<String, Builtin> table) {
        Builtin.define(
                table,
                "center",
                "width / fillchar",
                (run, self, args) -> Strings.pad(run, (Text) self, Builtin.integer(args[0], 0), fill(args[1]), 1));
        Builtin.define(
                table,
                "ljust",
                "width / fillchar",
                (run, self, args) -> Strings.pad(run, (Text) self, Builtin.integer(args[0], 0), fill(args[1]), 0));
        Builtin.define(
                table,
                "rjust",
                "width / fillchar",
                (run, self, args) -> Strings.pad(run, (Text) self, Builtin.integer(args[0], 0), fill(args[1]), 2));
        Builtin.define(table, "zfill", "width", (run, self, args) -> {
            Text text = (Text) self;
            int sign = text.string.startsWith("-") || text.string.startsWith("+") ? 1 : 0;
            int missing = Math.max(0, Builtin.integer(args[0], 0) - text.length());
            run.allocate(missing);
            return new TextBuilder(run)
                    .append(text.substring(0, sign))
                    .neutral("0".repeat(missing))
                    .append(text.substring(sign, text.string.length()))
                    .toText();
        });
        Builtin.define(table, "expandtabs", "/ tabsize", (run, self, args) -> {
            int size = Math.clamp(Builtin.integer(args[0], 8), 0, 1000);
            Text text = (Text) self;
            var out = new TextBuilder(run);
            int column = 0;
            int plain = 0;
            for (int i = 0; i < text.string.length(); i++) {
                char c = text.string.charAt(i);
                if (c == '\t') {
                    out.append(text.substring(plain, i));
                    int blanks = size == 0 ? 0 : size - column % size;
                    out.neutral(" ".repeat(blanks));
                    column += blanks;
                    plain = i + 1;
                } else {
                    column = c == '\n' || c == '\r' ? 0 : column + 1;
                }
            }
            return out.append(text.substring(plain, text.string.length())).toText();
        });
    }

    private static String fill(Value argument) {
        String fill = argument == null ? " " : Builtin.string(argument).string;
        if (fill.codePointCount(0, fill.length()) != 1) {
            throw Failure.of("The fill character must be exactly one character long");
        }
        return fill;
    }
}
