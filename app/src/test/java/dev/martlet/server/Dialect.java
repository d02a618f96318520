package dev.martlet.server;

import dev.martlet.chat.template.ChatTemplates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Model families as their models write: two calls of {@code get_weather}, and a last answer. The templates are the
 * families' own; what is a marker is a token of its own, as in their vocabularies.
 */
enum Dialect {
    HERMES(
            "Qwen-Qwen2.5-7B-Instruct",
            List.of("<|im_start|>", "<|im_end|>"),
            "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": %s}\n</tool_call>",
            "",
            "\n",
            ""),
    GLM4(
            "",
            List.of("<|user|>", "<|assistant|>", "<|observation|>", "<|system|>"),
            "get_weather\n%s",
            "",
            "<|assistant|>",
            ""),
    GLM45(
            "GLM-4.6",
            List.of("<|user|>", "<|assistant|>", "<|observation|>", "<|system|>", "<tool_call>", "</tool_call>"),
            "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>%s</arg_value>\n</tool_call>",
            "<think>I should look.</think>\n",
            "\n",
            ""),
    LLAMA3_JSON(
            "meta-llama-Llama-3.1-8B-Instruct",
            List.of("<|python_tag|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"),
            "{\"name\": \"get_weather\", \"parameters\": %s}",
            "",
            "; ",
            ""),
    MISTRAL_ARGS(
            "Mistral-Small-3.2-24B-Instruct-2506",
            List.of("[TOOL_CALLS]", "[ARGS]", "[CALL_ID]", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[TOOL_RESULTS]"),
            "[TOOL_CALLS]get_weather[ARGS]%s",
            "",
            "",
            ""),
    DEEPSEEK_V31(
            "deepseek-ai-DeepSeek-V3.1",
            List.of(
                    "<｜tool▁calls▁begin｜>",
                    "<｜tool▁calls▁end｜>",
                    "<｜tool▁call▁begin｜>",
                    "<｜tool▁call▁end｜>",
                    "<｜tool▁sep｜>"),
            "<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>%s<｜tool▁call▁end｜>",
            "<｜tool▁calls▁begin｜>",
            "",
            "<｜tool▁calls▁end｜>"),
    QWEN3_CODER(
            "Qwen3-Coder",
            List.of("<|im_start|>", "<|im_end|>"),
            "<tool_call>\n<function=get_weather>\n<parameter=city>\n%s\n</parameter>\n</function>\n</tool_call>",
            "",
            "\n",
            ""),
    KIMI_K2(
            "Kimi-K2-Instruct",
            List.of(
                    "<|tool_calls_section_begin|>",
                    "<|tool_calls_section_end|>",
                    "<|tool_call_begin|>",
                    "<|tool_call_end|>",
                    "<|tool_call_argument_begin|>"),
            "<|tool_call_begin|>functions.get_weather:%d<|tool_call_argument_begin|>%s<|tool_call_end|>",
            "<|tool_calls_section_begin|>",
            "",
            "<|tool_calls_section_end|>"),
    GPT_OSS(
            "openai-gpt-oss-120b",
            List.of("<|start|>", "<|channel|>", "<|constrain|>", "<|message|>", "<|call|>", "<|return|>", "<|end|>"),
            "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>%s<|call|>",
            "<|channel|>analysis<|message|>I should look.<|end|><|start|>assistant",
            "<|start|>assistant",
            "");

    /** What the two calls ask for. */
    static final List<String> CITIES = List.of("Zürich", "東京 🌸 \"Nord\"");

    /** The last answer, once the results of both calls are in the prompt. */
    static final String ANSWER = "Mild in both – schön!";

    private static final String RESULT = "mild in ";

    private final String template;
    private final List<String> tokens;
    private final String call;
    private final String before;
    private final String between;
    private final String after;

    Dialect(String template, List<String> tokens, String call, String before, String between, String after) {
        this.template = template;
        this.tokens = tokens;
        this.call = call;
        this.before = before;
        this.between = between;
        this.after = after;
    }

    /** The format's id. */
    String id() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    List<String> tokens() {
        return tokens;
    }

    String template() {
        if (template.isEmpty()) {
            return ChatTemplates.GLM4;
        }
        try {
            return Files.readString(Path.of(System.getProperty("martlet.llama.templates"), template + ".jinja"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the tool of the tests returns for a city. */
    static String result(String city) {
        return RESULT + city.replace("\"", "");
    }

    /** What the model makes of a prompt: the calls, or the answer if both calls and results are in it. */
    String answer(String prompt) {
        if (!prompt.contains(RESULT)) {
            return before + call(0) + between + call(1) + after;
        }
        if (this == GPT_OSS && !prompt.contains(result(CITIES.getLast()))) {
            // With strict tools an answer of this family ends with its first call, as the models' own do.
            return call(1);
        }
        for (String city : CITIES) {
            String word = city.substring(0, 2);
            boolean called = prompt.indexOf(word) < prompt.indexOf(result(city));
            if (!called || !prompt.contains(result(city))) {
                return "The prompt lacks " + city + ": " + prompt;
            }
        }
        return this == GPT_OSS ? "<|channel|>final<|message|>" + ANSWER : ANSWER;
    }

    private String call(int index) {
        String city = CITIES.get(index);
        String json = "{\"city\": \"" + city.replace("\"", "\\\"") + "\"}";
        return switch (this) {
            case GLM45, QWEN3_CODER -> call.formatted(city);
            case KIMI_K2 -> call.formatted(index, json);
            case HERMES, GLM4, LLAMA3_JSON, MISTRAL_ARGS, DEEPSEEK_V31, GPT_OSS -> call.formatted(json);
        };
    }
}
