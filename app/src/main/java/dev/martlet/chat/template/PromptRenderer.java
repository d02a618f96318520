package dev.martlet.chat.template;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.Message;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolChoice;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Renders conversations with a model's template, and says in words what the template has no place for.
 *
 * <p>The template's context is the one that Hugging Face's {@code apply_chat_template} gives: {@code messages},
 * {@code tools}, {@code add_generation_prompt}, the tokenizer's tokens, and the request's own variables. Immutable and safe
 * from any thread.
 */
public final class PromptRenderer {
    /** The format of most models without a template of their own. */
    static final String CHATML = """
            {%- for message in messages -%}
            {%- if message.role not in ['system', 'user', 'assistant'] -%}
            {{ raise_exception('unknown role ' ~ message.role) }}
            {%- endif -%}
            {{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
            {{ '<|im_start|>assistant\\n' }}
            {%- endif -%}
            """;

    private static final JsonProvider JSON = JsonProvider.provider();
    private static final String EFFORT = "reasoning_effort";
    private static final Set<String> RESERVED = Set.of("messages", "tools", "add_generation_prompt");
    /** Put behind a message that is to be continued; private-use characters, which no template writes. */
    private static final String MARK = "\uE0C3\uF5A1\uE92D\uF00B";

    private final ChatTemplate template;
    private final Map<String, String> tokens;
    private final TemplateCapabilities capabilities;

    /**
     * Learns what the template can do.
     *
     * @param tokens the tokenizer's tokens by variable: {@code bos_token}, {@code eos_token}
     */
    public PromptRenderer(ChatTemplate template, Map<String, String> tokens) {
        this.template = template;
        this.tokens = Map.copyOf(tokens);
        this.capabilities = TemplateCapabilities.of(template, this.tokens);
    }

    /**
     * Makes the renderer of a model file.
     *
     * @param source the file's template; ChatML where it has none
     * @throws TemplateException where the source is no template, or runs into a limit with a short conversation
     */
    public static PromptRenderer of(Optional<String> source, Map<String, String> tokens) {
        // Some published templates append to lists, which only the strictest engine refuses.
        var template = JinjaTemplate.compile(source.orElse(CHATML), TemplateLimits.DEFAULT, true);
        return new PromptRenderer(template, tokens);
    }

    public TemplateCapabilities capabilities() {
        return capabilities;
    }

    /**
     * Renders a conversation.
     *
     * @throws TemplateException where the template refuses it ({@link TemplateException.Cause#RAISED}), fails, or does not
     *     show the message to be continued
     */
    public Prompt render(Conversation conversation, PromptOptions options) {
        List<Segment> segments = template.renderSegments(context(conversation, options), options.clock());
        return Prompt.of(options.continueFinalMessage() ? upToMark(segments) : segments);
    }

    /** The template's variables for a conversation. */
    JsonObject context(Conversation conversation, PromptOptions options) {
        boolean offered = !conversation.tools().isEmpty() && !(conversation.toolChoice() instanceof ToolChoice.None);
        JsonObjectBuilder context = JSON.createObjectBuilder();
        tokens.forEach(context::add);
        JsonArrayBuilder tools = JSON.createArrayBuilder();
        if (offered) {
            conversation.tools().stream()
                    .map(capabilities.wholeTools() ? ToolInstructions::whole : ToolInstructions::definition)
                    .forEach(tools::add);
        }
        JsonArray definitions = tools.build();
        OldVariables.add(template, context, definitions, options.clock());
        options.variables().forEach((name, value) -> {
            if (!RESERVED.contains(name) && !JinjaTemplate.TOKEN_VARIABLES.contains(name)) {
                context.add(name, value);
            }
        });
        capabilities
                .thinkingVariable()
                .filter(name -> !options.variables().containsKey(name))
                .ifPresent(name -> thinking(options.variables()).ifPresent(value -> context.add(name, value)));
        var writer = new MessageWriter(capabilities, builtIns(conversation));
        boolean inSystem = offered && capabilities.toolsInSystem();
        if (inSystem) {
            writer.systemWithTools("", definitions);
        }
        write(conversation, offered && !capabilities.tools(), options.continueFinalMessage(), writer);
        context.add("messages", writer.finish());
        if (offered && capabilities.tools() && !inSystem) {
            context.add("tools", definitions);
        }
        return context.add("add_generation_prompt", options.addGenerationPrompt())
                .build();
    }

    /** Whether the request wants reasoning, said under another name than the template's. */
    private Optional<JsonValue> thinking(JsonObject variables) {
        Optional<JsonValue> said = CapabilityProbe.THINKING.stream()
                .filter(variables::containsKey)
                .findFirst()
                .map(variables::get);
        if (said.isPresent() || template.uses(EFFORT) || !(variables.get(EFFORT) instanceof JsonString effort)) {
            return said;
        }
        return Optional.of(effort.getString().equals("none") ? JsonValue.FALSE : JsonValue.TRUE);
    }

    private static Set<String> builtIns(Conversation conversation) {
        return conversation.tools().stream()
                .filter(Tool.BuiltIn.class::isInstance)
                .map(Tool::name)
                .collect(Collectors.toSet());
    }

    private void write(Conversation conversation, boolean describeTools, boolean mark, MessageWriter writer) {
        List<Message> messages = capabilities.toolCalls() && !capabilities.parallelCalls()
                ? SingleCalls.split(conversation.messages())
                : conversation.messages();
        boolean merge = !capabilities.systemRole();
        var instructions = new ArrayList<String>();
        int from = 0;
        if (merge || describeTools) {
            // The leading system messages become one text, with the tools behind it.
            while (from < messages.size() && messages.get(from) instanceof Message.System system) {
                instructions.add(system.text());
                from++;
            }
        }
        if (describeTools) {
            instructions.add(ToolInstructions.describe(conversation.tools(), conversation.parallelToolCalls()));
        }
        if (!instructions.isEmpty()) {
            String text = instructions.stream().filter(s -> !s.isEmpty()).collect(Collectors.joining("\n\n"));
            if (merge) {
                writer.mergedUser(text);
            } else {
                writer.system(text, Optional.empty());
            }
        }
        for (int i = from; i < messages.size(); i++) {
            write(messages.get(i), mark && i == messages.size() - 1, writer);
        }
    }

    private void write(Message message, boolean mark, MessageWriter writer) {
        String text = mark ? message.text() + MARK : message.text();
        switch (message) {
            case Message.System system -> {
                if (capabilities.systemRole()) {
                    writer.system(text, system.name());
                } else {
                    writer.mergedUser(text);
                }
            }
            case Message.User user -> writer.user(text, user.name());
            case Message.Assistant assistant -> writer.assistant(assistant, text);
            case Message.ToolResult result -> {
                if (capabilities.toolRole()) {
                    writer.toolResult(result);
                } else {
                    writer.mergedUser(ToolInstructions.result(text));
                }
            }
        }
    }

    /** Cuts the prompt where the mark is. */
    private static List<Segment> upToMark(List<Segment> segments) {
        String text = Segment.join(segments);
        int end = text.lastIndexOf(MARK);
        if (end < 0) {
            throw new TemplateException(
                    TemplateException.Cause.FAILED, "the template does not show the final message", 0, 0);
        }
        var kept = new ArrayList<Segment>();
        int at = 0;
        for (Segment segment : segments) {
            int length = Math.min(segment.text().length(), end - at);
            if (length > 0) {
                kept.add(new Segment(segment.text().substring(0, length), segment.trusted()));
            }
            at += segment.text().length();
        }
        return kept;
    }
}
