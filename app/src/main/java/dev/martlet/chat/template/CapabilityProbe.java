package dev.martlet.chat.template;

import dev.martlet.chat.template.TemplateCapabilities.Arguments;
import dev.martlet.chat.template.TemplateCapabilities.Content;
import dev.martlet.chat.template.TemplateCapabilities.EmptyContent;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Renders small conversations with words that no template has, and looks which of them come out. */
final class CapabilityProbe {
    private static final JsonProvider JSON = JsonProvider.provider();
    private static final Clock CLOCK = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);

    /** Names that templates have for the switch of reasoning. */
    static final List<String> THINKING = List.of("enable_thinking", "thinking");

    private static final String SYSTEM = "zqsystem";
    private static final String USER = "zquser";
    private static final String TOOL = "zqtool";
    private static final String KEY = "zqkey";
    private static final String FIRST = "zqfirst";
    private static final String SECOND = "zqsecond";
    private static final String RESULT = "zqresult";
    private static final String REASONING = "zqreasoning";
    private static final String LONG_ID = "call_zq1A2b3C4d5E6f7G8h";
    private static final String SHORT_ID = "zq1A2b3C4";

    private final ChatTemplate template;
    private final Map<String, String> tokens;
    private boolean tools;
    private Content content = Content.STRING;
    private Arguments arguments = Arguments.OBJECT;
    private EmptyContent empty = EmptyContent.NULL;
    private String id = LONG_ID;

    CapabilityProbe(ChatTemplate template, Map<String, String> tokens) {
        this.template = template;
        this.tokens = tokens;
    }

    TemplateCapabilities capabilities() {
        content = form();
        boolean system = shows(render(messages(message("system", SYSTEM), user())), SYSTEM);
        tools = shows(render(messages(user()), "tools", tools()), TOOL);
        boolean toolsInSystem = !tools && shows(render(messages(systemWithTools(), user())), TOOL);
        tools |= toolsInSystem;
        boolean calls = learnCalls();
        boolean metadata =
                !calls && showsAll(render(messages(user(), metadataCall(), observation())), TOOL, FIRST, RESULT);
        calls |= metadata;
        boolean parallel = metadata || calls && shows(withTools(user(), calls(2), result(id), result(id)), SECOND);
        boolean toolRole = metadata || shows(withTools(user(), calls(1), result(id)), RESULT);
        Optional<String> thinking = THINKING.stream().filter(this::switches).findFirst();
        return new TemplateCapabilities(
                content,
                system,
                tools,
                calls,
                parallel,
                toolRole,
                arguments,
                empty,
                id.equals(SHORT_ID),
                reasoningField(calls),
                thinking,
                render(messages(user())).map(Prompt::endsInReasoning).orElse(false),
                metadata,
                toolsInSystem,
                tools && !toolsInSystem && !shows(render(messages(user()), "tools", bareTools()), TOOL));
    }

    private static JsonObject systemWithTools() {
        return JSON.createObjectBuilder()
                .add("role", "system")
                .add("content", "")
                .add("tools", tools())
                .build();
    }

    /** GLM-4's form of a call. The name of the tool must come out, and it is in no other message. */
    private JsonObject metadataCall() {
        return JSON.createObjectBuilder(message("assistant", FIRST))
                .add("metadata", TOOL)
                .build();
    }

    private JsonObject observation() {
        return message("observation", RESULT);
    }

    private Content form() {
        content = Content.PARTS;
        Optional<String> parts = render(messages(user()));
        content = Content.STRING;
        Optional<String> string = render(messages(user()));
        // A template that loops over parts prints a string letter by letter, or not at all.
        boolean printsParts = shows(parts, USER)
                && !parts.get().contains("'type'")
                && !parts.get().contains("\"type\"");
        return !shows(string, USER) && printsParts ? Content.PARTS : Content.STRING;
    }

    /** Finds forms in which a call comes out whole; false where there are none. */
    private boolean learnCalls() {
        for (String tried : List.of(LONG_ID, SHORT_ID)) {
            for (Arguments form : Arguments.values()) {
                id = tried;
                arguments = form;
                if (learnEmptyContent()) {
                    return true;
                }
            }
        }
        id = LONG_ID;
        arguments = Arguments.OBJECT;
        return false;
    }

    private boolean learnEmptyContent() {
        empty = EmptyContent.NULL;
        Optional<String> withNull = withTools(user(), calls(1), result(id));
        empty = EmptyContent.EMPTY_STRING;
        Optional<String> withEmpty = withTools(user(), calls(1), result(id));
        boolean printsNull =
                withEmpty.isPresent() && withNull.isPresent() && nulls(withNull.get()) > nulls(withEmpty.get());
        if (showsCall(withNull) && !printsNull) {
            empty = EmptyContent.NULL;
            return true;
        }
        return showsCall(withEmpty);
    }

    private static int nulls(String prompt) {
        return prompt.split("None|null", -1).length;
    }

    private static boolean showsCall(Optional<String> prompt) {
        if (!shows(prompt, FIRST) || !prompt.get().contains(KEY)) {
            return false;
        }
        boolean pythonDict = prompt.get().contains("'" + KEY + "'");
        boolean quotedTwice = prompt.get().contains("\\\"" + KEY);
        return !pythonDict && !quotedTwice;
    }

    /** Renders with the tools where the template knows tools, as real conversations are rendered. */
    private Optional<String> withTools(JsonObject... messages) {
        return tools ? render(messages(messages), "tools", tools()) : render(messages(messages));
    }

    private boolean switches(String variable) {
        Optional<String> on = render(messages(user()), variable, JsonValue.TRUE);
        Optional<String> off = render(messages(user()), variable, JsonValue.FALSE);
        return on.isPresent() && off.isPresent() && !on.equals(off);
    }

    private Optional<String> reasoningField(boolean calls) {
        for (String field : List.of("reasoning_content", "reasoning", "thinking")) {
            JsonObject call =
                    JSON.createObjectBuilder(calls(1)).add(field, REASONING).build();
            JsonObject plain = JSON.createObjectBuilder(message("assistant", "a"))
                    .add(field, REASONING)
                    .build();
            boolean shown = calls && shows(withTools(user(), call, result(id)), REASONING)
                    || shows(render(messages(user(), plain)), REASONING);
            if (shown) {
                return Optional.of(field);
            }
        }
        return Optional.empty();
    }

    private static boolean showsAll(Optional<String> prompt, String... words) {
        return List.of(words).stream().allMatch(word -> shows(prompt, word));
    }

    private static boolean shows(Optional<String> prompt, String word) {
        return prompt.isPresent() && prompt.get().contains(word);
    }

    private Optional<String> render(JsonArray messages) {
        return render(messages, "add_generation_prompt", JsonValue.TRUE);
    }

    private Optional<String> render(JsonArray messages, String variable, JsonValue value) {
        JsonObjectBuilder context = JSON.createObjectBuilder().add("add_generation_prompt", true);
        tokens.forEach(context::add);
        boolean offered = variable.equals("tools");
        OldVariables.add(template, context, offered ? value.asJsonArray() : JsonValue.EMPTY_JSON_ARRAY, CLOCK);
        context.add("messages", messages).add(variable, value);
        try {
            return Optional.of(template.render(context.build(), CLOCK));
        } catch (TemplateException e) {
            if (e.kind() == TemplateException.Cause.LIMIT) {
                throw e;
            }
            // A refusal is the answer to the probe.
            return Optional.empty();
        }
    }

    private static JsonArray messages(JsonObject... messages) {
        JsonArrayBuilder array = JSON.createArrayBuilder();
        for (JsonObject message : messages) {
            array.add(message);
        }
        return array.build();
    }

    private JsonObject user() {
        return message("user", USER);
    }

    private JsonObject message(String role, String text) {
        JsonObjectBuilder message = JSON.createObjectBuilder().add("role", role);
        return MessageWriter.content(message, content, text).build();
    }

    private JsonObject calls(int count) {
        JsonArrayBuilder calls = JSON.createArrayBuilder().add(call(FIRST));
        if (count > 1) {
            calls.add(call(SECOND));
        }
        JsonObjectBuilder message = JSON.createObjectBuilder().add("role", "assistant");
        if (empty == EmptyContent.NULL) {
            message.addNull("content");
        } else {
            message.add("content", "");
        }
        return message.add("tool_calls", calls).build();
    }

    private JsonObject call(String value) {
        JsonObject object = JSON.createObjectBuilder().add(KEY, value).build();
        JsonObjectBuilder function = JSON.createObjectBuilder().add("name", TOOL);
        if (arguments == Arguments.OBJECT) {
            function.add("arguments", object);
        } else {
            function.add("arguments", object.toString());
        }
        return JSON.createObjectBuilder()
                .add("id", id)
                .add("type", "function")
                .add("function", function)
                .build();
    }

    private JsonObject result(String callId) {
        JsonObjectBuilder message = JSON.createObjectBuilder()
                .add("role", "tool")
                .add("tool_call_id", callId)
                .add("name", TOOL);
        return MessageWriter.content(message, content, RESULT).build();
    }

    private static JsonArray bareTools() {
        JsonObjectBuilder function = JSON.createObjectBuilder().add("name", TOOL);
        return JSON.createArrayBuilder()
                .add(JSON.createObjectBuilder().add("type", "function").add("function", function))
                .build();
    }

    private static JsonArray tools() {
        JsonObject parameters = JSON.createObjectBuilder()
                .add("type", "object")
                .add(
                        "properties",
                        JSON.createObjectBuilder()
                                .add(
                                        "zqproperty",
                                        JSON.createObjectBuilder()
                                                .add("type", "string")
                                                .add("description", "zq")))
                .add("required", JSON.createArrayBuilder().add("zqproperty"))
                .build();
        JsonObject function = JSON.createObjectBuilder()
                .add("name", TOOL)
                .add("description", "zq")
                .add("parameters", parameters)
                .build();
        return JSON.createArrayBuilder()
                .add(JSON.createObjectBuilder().add("type", "function").add("function", function))
                .build();
    }
}
