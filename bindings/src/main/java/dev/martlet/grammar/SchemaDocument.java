package dev.martlet.grammar;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A schema's text as a tree, and what its references point at. */
final class SchemaDocument {

    private final JsonValue root;
    /** Identifiers and anchors that subschemas give themselves, by the text that refers to them. */
    private final Map<String, String> named = new HashMap<>();

    private final boolean siblingsOfRefCount;

    SchemaDocument(JsonValue root) {
        this.root = root;
        this.siblingsOfRefCount = !(member(root, "$schema") instanceof JsonValue.Str dialect
                && dialect.value().matches("https?://json-schema\\.org/draft-0[3467]/schema#?"));
        collect(root, "", rootId());
    }

    JsonValue root() {
        return root;
    }

    /** Whether keywords beside a $ref are enforced: from draft 2019-09 on. Before, a $ref stands for the whole schema. */
    boolean siblingsOfRefCount() {
        return siblingsOfRefCount;
    }

    private static JsonValue member(JsonValue json, String name) {
        return json instanceof JsonValue.Obj object
                ? object.members().getOrDefault(name, new JsonValue.Null())
                : new JsonValue.Null();
    }

    private String rootId() {
        return member(root, "$id") instanceof JsonValue.Str id
                ? id.value()
                : member(root, "id") instanceof JsonValue.Str old ? old.value() : "";
    }

    private void collect(JsonValue json, String pointer, String base) {
        switch (json) {
            case JsonValue.Obj object -> {
                for (String keyword : List.of("$id", "id", "$anchor")) {
                    if (object.members().get(keyword) instanceof JsonValue.Str id) {
                        String name = keyword.equals("$anchor") ? "#" + id.value() : id.value();
                        named.putIfAbsent(name, pointer);
                        resolved(base, name).ifPresent(absolute -> named.putIfAbsent(absolute, pointer));
                    }
                }
                object.members().forEach((name, value) -> collect(value, pointer + "/" + escaped(name), base));
            }
            case JsonValue.Arr array -> {
                for (int i = 0; i < array.items().size(); i++) {
                    collect(array.items().get(i), pointer + "/" + i, base);
                }
            }
            case JsonValue.Null n -> {}
            case JsonValue.Bool b -> {}
            case JsonValue.Num n -> {}
            case JsonValue.Str s -> {}
        }
    }

    private static Optional<String> resolved(String base, String name) {
        try {
            return Optional.of(URI.create(base).resolve(name).toString());
        } catch (IllegalArgumentException notAnUri) {
            return Optional.empty();
        }
    }

    static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }

    /**
     * The pointer that a reference means.
     *
     * @throws GrammarException INVALID when there is nothing there, UNSUPPORTED when it is another document
     */
    String pointer(String reference, String from) {
        String known = named.get(reference);
        if (known == null) {
            known = resolved(rootId(), reference).map(named::get).orElse(null);
        }
        if (known != null) {
            return known;
        }
        int hash = reference.indexOf('#');
        String document = hash < 0 ? reference : reference.substring(0, hash);
        String fragment = hash < 0 ? "" : reference.substring(hash + 1);
        String base = document.isEmpty() ? "" : named.get(document);
        if (base == null && !document.isEmpty()) {
            base = named.get(document + "#");
        }
        if (base == null) {
            throw new GrammarException(
                    GrammarException.Reason.UNSUPPORTED,
                    from,
                    "$ref",
                    "\"" + reference + "\" is in another document; nothing is fetched");
        }
        if (!fragment.isEmpty() && !fragment.startsWith("/")) {
            throw missing(reference, from);
        }
        String pointer = base + (fragment.indexOf('%') < 0 ? fragment : decoded(fragment, reference, from));
        if (at(pointer).isEmpty()) {
            throw missing(reference, from);
        }
        return pointer;
    }

    private static String decoded(String fragment, String reference, String from) {
        try {
            return URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException badEscape) {
            throw missing(reference, from);
        }
    }

    private static GrammarException missing(String reference, String from) {
        return new GrammarException(
                GrammarException.Reason.INVALID, from, "$ref", "\"" + reference + "\" points at nothing");
    }

    /** What stands at a pointer. */
    Optional<JsonValue> at(String pointer) {
        JsonValue here = root;
        if (pointer.isEmpty()) {
            return Optional.of(here);
        }
        for (String part : pointer.substring(1).split("/", -1)) {
            String name = part.replace("~1", "/").replace("~0", "~");
            JsonValue next = switch (here) {
                case JsonValue.Obj object -> object.members().get(name);
                case JsonValue.Arr array ->
                    name.matches("0|[1-9][0-9]{0,8}")
                                    && Integer.parseInt(name) < array.items().size()
                            ? array.items().get(Integer.parseInt(name))
                            : null;
                case JsonValue.Null n -> null;
                case JsonValue.Bool b -> null;
                case JsonValue.Num n -> null;
                case JsonValue.Str s -> null;
            };
            if (next == null) {
                return Optional.empty();
            }
            here = next;
        }
        return Optional.of(here);
    }
}
