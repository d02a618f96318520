package dev.martlet.chat.toolcall;

import dev.martlet.chat.toolcall.CallForm.Arguments;
import dev.martlet.grammar.Grammar;
import dev.martlet.grammar.GrammarException;
import dev.martlet.grammar.JsonSchemaOptions;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The grammar of one tool's arguments, as its format writes them. JSON follows any schema that grammars can; formats
 * with bare strings follow objects whose properties are listed, and refuse what they could not keep.
 */
final class ArgumentsGrammar {
    /** Most members of an object whose schema lists none. */
    private static final int MOST_MEMBERS = 64;

    private static final JsonSchemaOptions LAYOUT = JsonSchemaOptions.standard();

    /** Keywords of an object's schema that say nothing beyond its list of properties. */
    private static final Set<String> LISTING = Set.of(
            "type",
            "properties",
            "required",
            "additionalProperties",
            "$schema",
            "$id",
            "$defs",
            "definitions",
            "title",
            "description",
            "examples",
            "default",
            "$comment");

    /** Keywords of a string's schema that can be kept to without JSON around the string. */
    private static final Set<String> BARE = Set.of(
            "type",
            "enum",
            "const",
            "minLength",
            "maxLength",
            "title",
            "description",
            "examples",
            "default",
            "$comment");

    private final Arguments form;
    private final Spelling spelling;
    private final JsonObject schema;
    private final String text;

    private ArgumentsGrammar(Arguments form, Spelling spelling, JsonObject schema) {
        this.form = form;
        this.spelling = spelling;
        this.schema = schema;
        this.text = schema.toString();
    }

    /**
     * @param schema what the arguments must follow; an object, whether it says so or not
     * @throws GrammarException with the pointer and keyword that cannot be kept
     */
    static Grammar of(Arguments form, Spelling spelling, JsonObject schema) {
        ArgumentsGrammar grammar = new ArgumentsGrammar(form, spelling, schema);
        if (schema.isEmpty()) {
            return grammar.anything();
        }
        return switch (form) {
            case Arguments.Json json -> grammar.json();
            case Arguments.Tags tags ->
                Grammar.sequence(
                        grammar.members().stream().map(Member::optional).toArray(Grammar[]::new));
            case Arguments.List list -> grammar.list(list);
        };
    }

    /** Any object, as far as it is written flat. */
    private Grammar anything() {
        Grammar key = Grammar.ofRegex("[A-Za-z_][A-Za-z0-9_]{0,63}");
        return switch (form) {
            case Arguments.Json json -> json();
            case Arguments.Tags tags ->
                Grammar.sequence(
                                spelling.of(tags.open()),
                                key,
                                spelling.of(tags.beforeText()),
                                Grammar.textWithout(List.of(tags.end())),
                                spelling.of(tags.close()))
                        .repeated(0, MOST_MEMBERS);
            case Arguments.List list -> {
                Grammar member = Grammar.sequence(key, spelling.of(list.assign()), Grammar.ofJson(LAYOUT));
                Grammar next = Grammar.sequence(spelling.of(list.separator()), member);
                yield Grammar.sequence(member, next.repeated(0, MOST_MEMBERS)).repeated(0, 1);
            }
        };
    }

    private Grammar json() {
        if (schema.containsKey("type") || schema.containsKey("$ref")) {
            return Grammar.ofJsonSchema(text, LAYOUT);
        }
        String typed = "{\"type\":\"object\"" + (schema.isEmpty() ? "" : ",") + text.substring(1);
        return Grammar.ofJsonSchema(typed, LAYOUT);
    }

    /** A member as it is written, without a separator. */
    private record Member(Grammar grammar, boolean required) {
        Grammar optional() {
            return grammar.repeated(required ? 1 : 0, 1);
        }
    }

    private List<Member> members() {
        schema.keySet().stream()
                .filter(word -> !LISTING.contains(word))
                .findFirst()
                .ifPresent(word -> {
                    throw unsupported("", word);
                });
        if (schema.get("type") instanceof JsonValue type && (Toolbox.types(schema, schema) & Toolbox.OBJECT) == 0) {
            throw new GrammarException(
                    GrammarException.Reason.UNSATISFIABLE, "", "type", "arguments are an object, not " + type);
        }
        JsonObject properties =
                schema.get("properties") instanceof JsonObject object ? object : JsonValue.EMPTY_JSON_OBJECT;
        Set<String> required = schema.get("required") instanceof JsonArray array
                ? array.stream()
                        .filter(JsonString.class::isInstance)
                        .map(name -> ((JsonString) name).getString())
                        .collect(Collectors.toSet())
                : Set.of();
        for (String name : required) {
            if (!properties.containsKey(name)) {
                throw unsupported("", "required");
            }
        }
        List<Member> members = new ArrayList<>();
        properties.forEach(
                (name, property) -> members.add(new Member(member(name, property), required.contains(name))));
        return members;
    }

    private Grammar member(String name, JsonValue property) {
        String pointer = "/properties/" + name.replace("~", "~0").replace("/", "~1");
        if (!name.matches("[A-Za-z0-9_.$-]+")) {
            throw new GrammarException(
                    GrammarException.Reason.UNSUPPORTED, pointer, "", "the model's call format cannot spell this name");
        }
        boolean bare = Toolbox.types(property, schema) == Toolbox.STRING;
        return switch (form) {
            case Arguments.Json json -> throw new IllegalStateException("JSON is written as a whole");
            case Arguments.Tags tags ->
                Grammar.sequence(
                        spelling.of(tags.open()),
                        Grammar.literal(name),
                        spelling.of(bare ? tags.beforeText() : tags.beforeValue()),
                        bare ? bare(pointer, property, tags.end()) : value(pointer),
                        spelling.of(tags.close()));
            case Arguments.List list -> {
                Grammar value = bare && !list.delimiter().isEmpty()
                        ? Grammar.sequence(
                                spelling.of(list.delimiter()),
                                bare(pointer, property, list.delimiter()),
                                spelling.of(list.delimiter()))
                        : value(pointer);
                yield Grammar.sequence(Grammar.literal(name), spelling.of(list.assign()), value);
            }
        };
    }

    private Grammar value(String pointer) {
        return Grammar.ofJsonSchema(text, pointer, LAYOUT);
    }

    /** A string without quotes that ends before {@code end}. */
    private Grammar bare(String pointer, JsonValue property, String end) {
        if (!(property instanceof JsonObject string)) {
            throw unsupported(pointer, "");
        }
        string.keySet().stream()
                .filter(word -> !BARE.contains(word))
                .findFirst()
                .ifPresent(word -> {
                    throw unsupported(pointer, word);
                });
        if (string.containsKey("const")) {
            return Grammar.literal(bareText(string.get("const"), pointer, "const", end));
        }
        if (string.get("enum") instanceof JsonArray options) {
            return Grammar.ofChoice(options.stream()
                    .filter(JsonString.class::isInstance)
                    .map(option -> bareText(option, pointer, "enum", end))
                    .toList());
        }
        int least = string.getInt("minLength", 0);
        int most = string.getInt("maxLength", Integer.MAX_VALUE);
        if (least == 0 && most == Integer.MAX_VALUE) {
            return Grammar.textWithout(List.of(end));
        }
        String bounds = "{" + least + "," + (most == Integer.MAX_VALUE ? "" : most) + "}";
        return Grammar.ofRegex("(?![\\s\\S]*" + quoted(end) + ")[\\s\\S]" + bounds);
    }

    private static String quoted(String text) {
        return Pattern.compile("[^A-Za-z0-9<>_=:\u0080-\uffff]").matcher(text).replaceAll("\\\\$0");
    }

    private static String bareText(JsonValue value, String pointer, String keyword, String end) {
        if (value instanceof JsonString string
                && !string.getString().contains(end)
                && !string.getString().isEmpty()) {
            return string.getString();
        }
        throw unsupported(pointer, keyword);
    }

    private static GrammarException unsupported(String pointer, String keyword) {
        return new GrammarException(
                GrammarException.Reason.UNSUPPORTED,
                pointer,
                keyword,
                "it cannot be kept to in this model's call format, which writes strings without quotes");
    }

    /** Members in their order with separators between those that are there. */
    private Grammar list(Arguments.List list) {
        Grammar comma = spelling.of(list.separator());
        Optional<Grammar> afterSome = Optional.empty();
        Optional<Grammar> afterNone = Optional.empty();
        for (Member member : members().reversed()) {
            Grammar here = then(member.grammar(), afterSome);
            Grammar further = Grammar.sequence(comma, here);
            Optional<Grammar> none = Optional.of(member.required() ? here : either(here, afterNone));
            afterSome = Optional.of(member.required() ? further : either(further, afterSome));
            afterNone = none;
        }
        return afterNone.orElseGet(Spelling::nothing);
    }

    private static Grammar then(Grammar first, Optional<Grammar> second) {
        return second.map(rest -> Grammar.sequence(first, rest)).orElse(first);
    }

    private static Grammar either(Grammar taken, Optional<Grammar> skipped) {
        return Grammar.anyOf(List.of(taken, skipped.orElseGet(Spelling::nothing)));
    }
}
