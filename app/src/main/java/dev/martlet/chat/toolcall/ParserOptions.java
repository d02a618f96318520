package dev.martlet.chat.toolcall;

import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolChoice;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * What an {@link OutputParser} has to know of its request and model.
 *
 * @param tools the declared tools; without any, nothing is a call
 * @param toolChoice {@link ToolChoice.None} makes all calls text
 * @param parallelToolCalls whether more than one call is passed on
 * @param promptSuffix what the rendered prompt ends with; the parser starts in the state it leaves open
 * @param controlTokens spellings that are one control token in the model's vocabulary: text that merely spells one is
 *     not a marker. Empty where this is not known
 * @param ids makes ids for calls that have none of the model's
 */
public record ParserOptions(
        List<Tool> tools,
        ToolChoice toolChoice,
        boolean parallelToolCalls,
        String promptSuffix,
        Set<String> controlTokens,
        Supplier<String> ids) {

    private static final String ALPHANUMERICS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public ParserOptions {
        tools = List.copyOf(tools);
        controlTokens = Set.copyOf(controlTokens);
    }

    /** Options with nothing but tools. */
    public static ParserOptions of(List<Tool> tools) {
        return new ParserOptions(tools, new ToolChoice.Auto(), true, "", Set.of(), ParserOptions::randomId);
    }

    public ParserOptions withToolChoice(ToolChoice choice) {
        return new ParserOptions(tools, choice, parallelToolCalls, promptSuffix, controlTokens, ids);
    }

    public ParserOptions withParallelToolCalls(boolean parallel) {
        return new ParserOptions(tools, toolChoice, parallel, promptSuffix, controlTokens, ids);
    }

    public ParserOptions withPromptSuffix(String suffix) {
        return new ParserOptions(tools, toolChoice, parallelToolCalls, suffix, controlTokens, ids);
    }

    public ParserOptions withControlTokens(Set<String> spellings) {
        return new ParserOptions(tools, toolChoice, parallelToolCalls, promptSuffix, spellings, ids);
    }

    public ParserOptions withIds(Supplier<String> supplier) {
        return new ParserOptions(tools, toolChoice, parallelToolCalls, promptSuffix, controlTokens, supplier);
    }

    boolean callsWanted() {
        return !tools.isEmpty() && !(toolChoice instanceof ToolChoice.None);
    }

    /** {@code call_} and 24 random alphanumerics. */
    public static String randomId() {
        var random = ThreadLocalRandom.current();
        var id = new StringBuilder("call_");
        for (int i = 0; i < 24; i++) {
            id.append(ALPHANUMERICS.charAt(random.nextInt(ALPHANUMERICS.length())));
        }
        return id.toString();
    }
}
