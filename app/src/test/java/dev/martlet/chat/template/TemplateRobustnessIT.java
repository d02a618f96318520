package dev.martlet.chat.template;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.Message;
import dev.martlet.chat.Part;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolCall;
import dev.martlet.chat.ToolChoice;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Random contexts and conversations through every template of the bundle. */
class TemplateRobustnessIT {
    /** Stands in every string of the context, and in no template. */
    private static final char MARK = '⟦';

    private static final int CONTEXTS = 1_000;
    private static final Map<String, String> TOKENS = Map.of("bos_token", "<s>", "eos_token", "</s>");
    private static final List<String> TEXTS = List.of(
            MARK + "hello",
            MARK + "<|im_end|>" + MARK,
            " " + MARK + "\n",
            MARK + "<think>a</think>b" + MARK,
            "\"" + MARK + "'\\",
            MARK + "😀é",
            MARK + "{{ x }}{% if %}",
            MARK + "</s>[INST]",
            MARK + "");

    /** A thousand contexts through every template: each renders or is refused, none runs into a limit. */
    @Test
    void shouldRenderOrRefuseAnyContext() {
        long seed = System.nanoTime();
        System.out.println("TemplateRobustnessIT seed " + seed);
        var random = new Random(seed);
        List<JsonObject> contexts =
                Stream.generate(() -> context(random)).limit(CONTEXTS).toList();
        List<Path> files = Bundle.files();
        assertThat(files).hasSizeGreaterThan(60);
        for (Path file : files) {
            var template =
                    JinjaTemplate.compile(Bundle.source(file.getFileName().toString()));
            int rendered = 0;
            for (JsonObject context : contexts) {
                try {
                    check(() -> file + " " + context, template.renderSegments(context, Clock.systemUTC()));
                    rendered++;
                } catch (TemplateException e) {
                    assertThat(e.kind()).as("%s %s", file, context).isNotEqualTo(TemplateException.Cause.LIMIT);
                }
            }
            assertThat(rendered).as(file.toString()).isPositive();
        }
    }

    @Test
    void shouldRenderOrRefuseAnyConversation() {
        long seed = System.nanoTime();
        System.out.println("TemplateRobustnessIT seed " + seed);
        var random = new Random(seed);
        int rendered = 0;
        List<Path> files = Bundle.files();
        for (Path file : files) {
            var renderer = PromptRenderer.of(
                    Optional.of(Bundle.source(file.getFileName().toString())), TOKENS);
            for (int i = 0; i < 6; i++) {
                Conversation conversation = conversation(random);
                try {
                    Prompt prompt = renderer.render(conversation, PromptOptions.defaults());
                    check(() -> file + " " + conversation, prompt.segments());
                    rendered++;
                } catch (TemplateException e) {
                    assertThat(e.kind()).as("%s %s", file, conversation).isNotEqualTo(TemplateException.Cause.LIMIT);
                }
            }
        }
        // A well-formed conversation renders in nearly every template.
        assertThat(rendered).isGreaterThan(files.size() * 6 * 8 / 10);
    }

    @Test
    void shouldCompileOrRefuseDamagedTemplates() {
        long seed = System.nanoTime();
        System.out.println("TemplateRobustnessIT seed " + seed);
        var random = new Random(seed);
        String[] pieces = {
            "{{",
            "}}",
            "{%",
            "%}",
            "-",
            "'",
            "\"",
            "|",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ".",
            ":",
            ",",
            "~",
            "+",
            " not ",
            " in ",
            " is ",
            " if ",
            " else ",
            "0",
            "-1",
            "|tojson",
            "|list",
            "|join",
            "[0]",
            "[::-1]",
            ".items()",
            "none",
            "loop",
            "\\",
        };
        var limits = new TemplateLimits(1 << 20, 200_000, 1 << 20, 1 << 22, 1_000);
        int rendered = 0;
        for (Path file : Bundle.files()) {
            String source = Bundle.source(file.getFileName().toString());
            for (int i = 0; i < 6; i++) {
                var damaged = new StringBuilder(source);
                for (int k = random.nextInt(4); k >= 0; k--) {
                    int at = random.nextInt(damaged.length());
                    if (random.nextBoolean()) {
                        damaged.insert(at, pieces[random.nextInt(pieces.length)]);
                    } else {
                        damaged.delete(at, Math.min(damaged.length(), at + 1 + random.nextInt(4)));
                    }
                }
                try {
                    var template = JinjaTemplate.compile(damaged.toString(), limits, true);
                    template.renderSegments(context(random), Clock.systemUTC());
                    rendered++;
                } catch (TemplateException e) {
                    assertThat(e.detail()).isNotEmpty();
                }
            }
        }
        assertThat(rendered).isPositive();
    }

    private static void check(Supplier<String> description, List<Segment> segments) {
        Optional<Boolean> last = Optional.empty();
        for (Segment segment : segments) {
            boolean wrong = segment.text().isEmpty()
                    || segment.trusted() && segment.text().indexOf(MARK) >= 0
                    || last.equals(Optional.of(segment.trusted()));
            assertThat(wrong)
                    .as("%s: %s", wrong ? description.get() : "", segment)
                    .isFalse();
            last = Optional.of(segment.trusted());
        }
    }

    private static String text(Random random) {
        return TEXTS.get(random.nextInt(TEXTS.size()));
    }

    private static JsonObject context(Random random) {
        var context = Json.createObjectBuilder()
                .add("bos_token", "<s>")
                .add("eos_token", "</s>")
                .add("add_generation_prompt", random.nextBoolean());
        var messages = Json.createArrayBuilder();
        int count = random.nextInt(5);
        for (int i = 0; i < count; i++) {
            var message = Json.createObjectBuilder()
                    .add(
                            "role",
                            List.of("user", "assistant", "system", "tool", "user")
                                    .get(random.nextInt(5)));
            for (String field : List.of("content", "tool_calls", "name", "tool_call_id", "reasoning_content")) {
                if (field.equals("content") || random.nextInt(4) == 0) {
                    message.add(field, random.nextInt(3) == 0 ? value(random, 0) : Json.createValue(text(random)));
                }
            }
            messages.add(message);
        }
        context.add("messages", messages);
        for (String name : List.of("functions", "datetime")) {
            context.add(name, text(random));
        }
        for (String name : List.of("tools", "enable_thinking", "thinking", "documents", "date_string")) {
            if (random.nextInt(3) == 0) {
                context.add(name, value(random, 0));
            }
        }
        return context.build();
    }

    private static JsonValue value(Random random, int depth) {
        return switch (random.nextInt(depth > 3 ? 6 : 9)) {
            case 0 -> JsonValue.NULL;
            case 1 -> JsonValue.TRUE;
            case 2 -> JsonValue.FALSE;
            case 3 -> Json.createValue(random.nextInt());
            case 4 -> Json.createValue(random.nextGaussian());
            case 5 -> Json.createValue(text(random));
            case 6 -> {
                var array = Json.createArrayBuilder();
                for (int i = random.nextInt(3); i > 0; i--) {
                    array.add(value(random, depth + 1));
                }
                yield array.build();
            }
            default -> {
                var object = Json.createObjectBuilder();
                for (String name :
                        List.of("type", "function", "name", "arguments", "parameters", "properties", "text")) {
                    if (random.nextBoolean()) {
                        object.add(name, value(random, depth + 1));
                    }
                }
                yield object.build();
            }
        };
    }

    private static Conversation conversation(Random random) {
        var messages = new ArrayList<Message>();
        if (random.nextBoolean()) {
            messages.add(new Message.System(part(random), Optional.empty()));
        }
        for (int turn = 0; turn <= random.nextInt(3); turn++) {
            messages.add(new Message.User(part(random), Optional.empty()));
            int calls = random.nextInt(3);
            if (calls > 0) {
                var made = new ArrayList<ToolCall>();
                for (int i = 0; i < calls; i++) {
                    String arguments = random.nextInt(4) == 0 ? text(random) : "{\"a\": \"" + MARK + "\", \"b\": [1]}";
                    made.add(new ToolCall("call_" + random.nextInt(1000), "f" + MARK, arguments));
                }
                List<Part> content = random.nextBoolean() ? part(random) : List.of();
                messages.add(new Message.Assistant(content, Optional.empty(), made, Optional.empty()));
                made.forEach(call -> messages.add(new Message.ToolResult(call.id(), part(random), Optional.empty())));
            }
            Optional<String> reasoning = random.nextBoolean() ? Optional.of(text(random)) : Optional.empty();
            messages.add(new Message.Assistant(part(random), reasoning, List.of(), Optional.empty()));
        }
        messages.add(new Message.User(part(random), Optional.empty()));
        List<Tool> tools = random.nextBoolean() ? List.of(tool()) : List.of();
        return new Conversation(messages, tools, new ToolChoice.Auto(), random.nextBoolean());
    }

    private static List<Part> part(Random random) {
        return List.of(new Part.Text(text(random)));
    }

    private static Tool tool() {
        JsonObject parameters = Json.createObjectBuilder()
                .add("type", "object")
                .add(
                        "properties",
                        Json.createObjectBuilder()
                                .add(
                                        "a",
                                        Json.createObjectBuilder()
                                                .add("type", "string")
                                                .add("description", MARK + "a")))
                .add("required", Json.createArrayBuilder().add("a"))
                .build();
        JsonObject function = Json.createObjectBuilder()
                .add("name", "f" + MARK)
                .add("description", MARK + "does")
                .add("parameters", parameters)
                .build();
        JsonObject definition = Json.createObjectBuilder()
                .add("type", "function")
                .add("function", function)
                .build();
        return new Tool.Function("f" + MARK, Optional.of(MARK + "does"), Optional.of(parameters), false, definition);
    }
}
