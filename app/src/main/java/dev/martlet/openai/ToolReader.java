package dev.martlet.openai;

import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolChoice;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads {@code tools}, {@code tool_choice} and their old forms {@code functions} and {@code function_call}. */
public final class ToolReader {

    /** Tools that a model family knows by name, without a definition: GLM-4's and Llama 3's. */
    private static final Set<String> BUILT_IN =
            Set.of("simple_browser", "cogview", "python", "code_interpreter", "brave_search", "wolfram_alpha");

    private ToolReader() {}

    static List<Tool> tools(JsonArray array, String path) {
        List<Tool> tools = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            String at = path + "[" + i + "]";
            tools.add(tool(new Fields(Fields.asObject(array.get(i), at), at), array.getJsonObject(i)));
        }
        return tools;
    }

    /** The old form: definitions of functions without the object around them. */
    static List<Tool> functions(JsonArray array, String path) {
        List<Tool> tools = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            String at = path + "[" + i + "]";
            JsonObject function = Fields.asObject(array.get(i), at);
            JsonObject definition = Json.builders()
                    .createObjectBuilder()
                    .add("type", "function")
                    .add("function", function)
                    .build();
            tools.add(function(new Fields(function, at), "parameters", definition));
        }
        return tools;
    }

    /**
     * Functions whose name and schema stand beside their type.
     *
     * @param type what a function's type is called; may be left out
     * @param parameters what the schema of the arguments is called
     */
    public static List<Tool> flat(JsonArray array, String path, String type, String parameters) {
        List<Tool> tools = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            String at = path + "[" + i + "]";
            Fields fields = new Fields(Fields.asObject(array.get(i), at), at);
            String given = fields.string("type").orElse(type);
            if (!given.equals(type)) {
                throw notOffered(fields, given);
            }
            tools.add(function(fields, parameters, nested(fields, parameters)));
        }
        return tools;
    }

    /** A flat function in the form that chat templates know. */
    private static JsonObject nested(Fields fields, String parameters) {
        JsonObjectBuilder function = Json.builders().createObjectBuilder();
        function.add("name", fields.requiredString("name"));
        fields.string("description").ifPresent(text -> function.add("description", text));
        fields.object(parameters).ifPresent(schema -> function.add("parameters", schema));
        return Json.builders()
                .createObjectBuilder()
                .add("type", "function")
                .add("function", function)
                .build();
    }

    private static Tool tool(Fields fields, JsonObject definition) {
        String type = fields.string("type").orElse("function");
        if (type.equals("function")) {
            return function(function(fields), "parameters", definition);
        }
        if (BUILT_IN.contains(type)) {
            return new Tool.BuiltIn(type, definition);
        }
        throw notOffered(fields, type);
    }

    private static ApiException notOffered(Fields tool, String type) {
        return ApiError.unsupported(
                        tool.path("type"), "Tools of type '" + Fields.shorten(type) + "' are not offered here.")
                .toException();
    }

    private static Tool function(Fields fields, String schema, JsonObject definition) {
        String name = fields.requiredString("name");
        if (name.isBlank() || name.length() > 256 || name.chars().anyMatch(Character::isISOControl)) {
            throw Fields.invalidValue(fields.path("name"), "expected 1 to 256 characters, no control characters.");
        }
        Optional<String> description = fields.string("description");
        Optional<JsonObject> parameters = fields.object(schema);
        boolean strict = fields.flag("strict").orElse(false);
        return new Tool.Function(name, description, parameters, strict, definition);
    }

    /** Reads {@code tool_choice}; a name that no tool has is an error. */
    static ToolChoice choice(JsonValue value, String path, List<Tool> tools) {
        return choice(value, path, tools, false);
    }

    /** @param flat whether a function's name stands beside its type */
    public static ToolChoice choice(JsonValue value, String path, List<Tool> tools, boolean flat) {
        return switch (value) {
            case JsonString word ->
                switch (word.getString()) {
                    case "auto" -> new ToolChoice.Auto();
                    case "none" -> new ToolChoice.None();
                    case "required", "any" -> {
                        if (tools.isEmpty()) {
                            throw Fields.invalidValue(path, "'" + word.getString() + "' needs tools to choose from.");
                        }
                        yield new ToolChoice.Required();
                    }
                    default ->
                        throw Fields.invalidValue(
                                path,
                                "'" + Fields.shorten(word.getString())
                                        + "' is not one of 'none', 'auto' and 'required'.");
                };
            case JsonObject object -> named(new Fields(object, path), tools, flat);
            case JsonValue other -> throw Fields.wrongType(path, "a string or an object", other);
        };
    }

    private static ToolChoice named(Fields fields, List<Tool> tools, boolean flat) {
        String type = fields.requiredString("type");
        return switch (type) {
            case "function" -> new ToolChoice.Named(declared(flat ? fields : function(fields), tools));
            case "allowed_tools" -> allowed(fields, tools, flat);
            default ->
                throw Fields.invalidValue(
                        fields.path("type"),
                        "'" + Fields.shorten(type) + "' is not one of 'function' and 'allowed_tools'.");
        };
    }

    private static ToolChoice allowed(Fields choice, List<Tool> tools, boolean flat) {
        // The specification nests the list in an object of the type's name; clients send it flat as well.
        Fields fields = choice.object("allowed_tools")
                .map(inner -> new Fields(inner, choice.path("allowed_tools")))
                .orElse(choice);
        String mode = fields.string("mode").orElse("auto");
        if (!mode.equals("auto") && !mode.equals("required")) {
            throw Fields.invalidValue(fields.path("mode"), "expected 'auto' or 'required'.");
        }
        JsonArray array = fields.array("tools").orElseThrow(() -> Fields.missing(fields.path("tools")));
        List<String> names = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            String at = fields.path("tools") + "[" + i + "]";
            Fields tool = new Fields(Fields.asObject(array.get(i), at), at);
            names.add(declared(flat ? tool : function(tool), tools));
        }
        return new ToolChoice.Allowed(names, mode.equals("required"));
    }

    /** Reads {@code function_call}: a word, or an object with a name. */
    static ToolChoice functionCall(JsonValue value, String path, List<Tool> tools) {
        if (value instanceof JsonObject object) {
            return new ToolChoice.Named(declared(new Fields(object, path), tools));
        }
        return switch (Fields.asString(value, path)) {
            case "auto" -> new ToolChoice.Auto();
            case "none" -> new ToolChoice.None();
            default -> throw Fields.invalidValue(path, "expected 'none', 'auto' or an object with a name.");
        };
    }

    /** The fields within a nested function. */
    private static Fields function(Fields fields) {
        JsonObject function = fields.object("function").orElseThrow(() -> Fields.missing(fields.path("function")));
        return new Fields(function, fields.path("function"));
    }

    /** The name of a tool that must be among those declared. */
    public static String declared(Fields fields, List<Tool> tools) {
        String name = fields.requiredString("name");
        if (tools.stream().noneMatch(tool -> tool.name().equals(name))) {
            throw Fields.invalidValue(
                    fields.path("name"), "no tool named '" + Fields.shorten(name) + "' is declared in 'tools'.");
        }
        return name;
    }
}
