package dev.martlet.chat.template;

import java.util.Objects;
import java.util.Optional;

/**
 * What a chat template can express, as learned by rendering small probes with it.
 *
 * @param content how it takes a message's content
 * @param systemRole whether it shows a system message
 * @param tools whether it describes the tools of the context
 * @param toolCalls whether it shows the calls of an assistant message
 * @param parallelCalls whether it shows more than one call of a message
 * @param toolRole whether it shows a tool's result
 * @param arguments how it takes a call's arguments
 * @param emptyContent how it takes an assistant message that has calls and no content
 * @param shortCallIds whether it refuses call ids that are not nine letters and digits
 * @param reasoningField the field of an assistant message whose text it shows as reasoning
 * @param thinkingVariable the variable that switches reasoning, where switching changes the generation prompt
 * @param reasoningOpen whether the generation prompt by default ends inside reasoning
 * @param metadata whether it takes GLM-4's messages: a call is an assistant message with the tool's name as
 *     {@code metadata} and the arguments as content, a result is of role {@code observation}
 * @param toolsInSystem whether it takes the tools as a member of the system message
 * @param wholeTools whether it fails on a tool without a description or parameters
 */
public record TemplateCapabilities(
        Content content,
        boolean systemRole,
        boolean tools,
        boolean toolCalls,
        boolean parallelCalls,
        boolean toolRole,
        Arguments arguments,
        EmptyContent emptyContent,
        boolean shortCallIds,
        Optional<String> reasoningField,
        Optional<String> thinkingVariable,
        boolean reasoningOpen,
        boolean metadata,
        boolean toolsInSystem,
        boolean wholeTools) {

    /** Forms of a message's content. */
    public enum Content {
        /** A string. */
        STRING,
        /** A list of typed parts. */
        PARTS
    }

    /** Forms of a call's arguments. */
    public enum Arguments {
        /** A parsed object. */
        OBJECT,
        /** The JSON text. */
        STRING
    }

    /** Forms of content that is not there. */
    public enum EmptyContent {
        NULL,
        EMPTY_STRING
    }

    public TemplateCapabilities {
        Objects.requireNonNull(content, "content");
        Objects.requireNonNull(arguments, "arguments");
        Objects.requireNonNull(emptyContent, "emptyContent");
        Objects.requireNonNull(reasoningField, "reasoningField");
        Objects.requireNonNull(thinkingVariable, "thinkingVariable");
    }

    /**
     * Learns what a template can do. Renders some thirty short prompts; what a template refuses, it cannot.
     *
     * @param tokens the tokenizer's tokens by variable, such as {@code bos_token}
     * @throws TemplateException where the template runs into a limit, of which no conversation is to be expected
     */
    public static TemplateCapabilities of(ChatTemplate template, java.util.Map<String, String> tokens) {
        return new CapabilityProbe(template, tokens).capabilities();
    }
}
