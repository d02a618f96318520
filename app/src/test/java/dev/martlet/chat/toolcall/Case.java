package dev.martlet.chat.toolcall;

import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolCall;
import dev.martlet.chat.ToolChoice;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;

/** One case of {@code toolcalls.json} and the rules by which answers are compared with it. */
record Case(JsonObject json) {

    static List<Case> all(String resource) {
        try (InputStream in = Objects.requireNonNull(Case.class.getResourceAsStream(resource), resource);
                JsonReader reader = Json.createReader(in)) {
            return reader.readArray().getValuesAs(JsonObject.class).stream()
                    .map(Case::new)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String id() {
        return json.getString("id");
    }

    ToolCallFormat format() {
        String id = json.getString("format");
        return ToolCallFormats.byId(id).orElseThrow(() -> new AssertionError("no format " + id));
    }

    String output() {
        return json.getString("output");
    }

    StopCause cause() {
        return json.getString("stop", "stop").equals("length") ? StopCause.LENGTH : StopCause.STOP;
    }

    ParserOptions options() {
        ToolChoice choice = switch (json.getOrDefault("tool_choice", JsonValue.NULL)) {
            case JsonString word when word.getString().equals("none") -> new ToolChoice.None();
            case JsonString word when word.getString().equals("required") -> new ToolChoice.Required();
            default -> new ToolChoice.Auto();
        };
        return ParserOptions.of(tools(json.getJsonArray("tools")))
                .withToolChoice(choice)
                .withParallelToolCalls(json.getBoolean("parallel_tool_calls", true))
                .withPromptSuffix(json.getString("prompt_suffix", ""));
    }

    static List<Tool> tools(JsonArray array) {
        List<Tool> tools = new ArrayList<>();
        for (JsonObject tool : array.getValuesAs(JsonObject.class)) {
            JsonObject function = tool.getJsonObject("function");
            if (function == null) {
                tools.add(new Tool.BuiltIn(tool.getString("type"), tool));
            } else {
                tools.add(new Tool.Function(
                        function.getString("name"),
                        Optional.ofNullable(function.getString("description", null)),
                        Optional.ofNullable(function.getJsonObject("parameters")),
                        false,
                        tool));
            }
        }
        return tools;
    }

    /** Splits into the README's chunkings: whole, fixed sizes, seeded random sizes. */
    static List<List<String>> chunkings(String text) {
        List<List<String>> all = new ArrayList<>();
        all.add(List.of(text));
        for (int size : new int[] {1, 2, 3, 5, 7, 16}) {
            all.add(split(text, () -> size));
        }
        for (int seed = 0; seed < 10; seed++) {
            var random = new Random(seed);
            all.add(split(text, () -> 1 + random.nextInt(40)));
        }
        return all;
    }

    static List<String> split(String text, java.util.function.IntSupplier sizes) {
        List<String> chunks = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int count = Math.min(sizes.getAsInt(), text.codePointCount(at, text.length()));
            int end = text.offsetByCodePoints(at, count);
            chunks.add(text.substring(at, end));
            at = end;
        }
        return chunks;
    }

    /** Why an answer is none of the acceptable ones; empty where it is. */
    Optional<String> mismatch(Answer answer) {
        String first = mismatch(json.getJsonObject("expect"), answer);
        if (first.isEmpty()) {
            return Optional.empty();
        }
        JsonArray others = json.getJsonArray("also_ok");
        if (others != null) {
            for (JsonObject other : others.getValuesAs(JsonObject.class)) {
                if (mismatch(other, answer).isEmpty()) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(first);
    }

    private static String mismatch(JsonObject expect, Answer answer) {
        boolean loose = expect.getBoolean("loose_ws", false);
        String content = text(expect, "content", loose);
        if (!content.equals(plain(answer.content().orElse(""), loose))) {
            return "content is <" + answer.content().orElse("") + ">, not <" + content + ">";
        }
        String reasoning = text(expect, "reasoning", loose);
        if (!reasoning.equals(plain(answer.reasoning().orElse(""), loose))) {
            return "reasoning is <" + answer.reasoning().orElse("") + ">, not <" + reasoning + ">";
        }
        JsonArray calls = expect.getJsonArray("tool_calls");
        if (calls.size() != answer.toolCalls().size()) {
            return "calls are " + answer.toolCalls() + ", not " + calls;
        }
        var ids = new HashSet<String>();
        for (int i = 0; i < calls.size(); i++) {
            JsonObject call = calls.getJsonObject(i);
            ToolCall got = answer.toolCalls().get(i);
            if (!call.getString("name").equals(got.name())) {
                return "name is " + got.name() + ", not " + call.getString("name");
            }
            if (call.containsKey("id") && !call.getString("id").equals(got.id())
                    || got.id().isEmpty()
                    || !ids.add(got.id())) {
                return "id is " + got.id();
            }
            String json = got.arguments();
            if (call.getBoolean("truncated", false)) {
                json = closed(json);
            }
            try (JsonReader reader = Json.createReader(new StringReader(json))) {
                JsonValue value = reader.readValue();
                if (!same(call.get("arguments"), value)) {
                    return "arguments are " + json + ", not " + call.get("arguments");
                }
            } catch (jakarta.json.JsonException e) {
                return "arguments are no JSON: " + json;
            }
        }
        String reason = answer.finishReason().name().toLowerCase(java.util.Locale.ROOT);
        return reason.equals(expect.getString("finish_reason")) ? "" : "finish_reason is " + reason;
    }

    private static String text(JsonObject expect, String key, boolean loose) {
        return expect.isNull(key) ? "" : plain(expect.getString(key), loose);
    }

    private static String plain(String text, boolean loose) {
        String stripped = text.strip();
        return loose ? stripped.replaceAll("\\s+", " ") : stripped;
    }

    static boolean same(JsonValue a, JsonValue b) {
        if (a instanceof JsonNumber x && b instanceof JsonNumber y) {
            return x.bigDecimalValue().compareTo(y.bigDecimalValue()) == 0;
        }
        if (a instanceof JsonObject x && b instanceof JsonObject y) {
            return x.keySet().equals(y.keySet()) && x.keySet().stream().allMatch(key -> same(x.get(key), y.get(key)));
        }
        if (a instanceof JsonArray x && b instanceof JsonArray y) {
            if (x.size() != y.size()) {
                return false;
            }
            for (int i = 0; i < x.size(); i++) {
                if (!same(x.get(i), y.get(i))) {
                    return false;
                }
            }
            return true;
        }
        return a.equals(b);
    }

    /** Closes a cut JSON text: ends a string, drops a dangling key, colon or comma, closes what is open. */
    static String closed(String json) {
        if (json.isBlank()) {
            return "{}";
        }
        var out = new StringBuilder();
        LenientJson reader = LenientJson.value(out);
        for (int i = 0; i < json.length(); i++) {
            reader.accept(json.charAt(i));
        }
        reader.close();
        return out.toString();
    }
}
