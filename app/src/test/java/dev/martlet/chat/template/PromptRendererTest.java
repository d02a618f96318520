package dev.martlet.chat.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.chat.Conversation;
import dev.martlet.chat.Message;
import dev.martlet.chat.Part;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolCall;
import dev.martlet.chat.ToolChoice;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PromptRendererTest {
    private static final Map<String, String> TOKENS = Map.of("bos_token", "<s>", "eos_token", "</s>");
    private static final Tool WEATHER = new Tool.Function(
            "weather",
            Optional.of("Tells the weather"),
            Optional.empty(),
            false,
            json("{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"description\":\"Tells the weather\"}}"));
    private static final ToolCall CALL =
            new ToolCall("call_1234567890", "weather", "{\"city\": \"Bern\", \"days\": 2}");
    private static final ToolCall OTHER = new ToolCall("call_abc", "weather", "{\"city\": \"Genf\"}");

    private static JsonObject json(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readObject();
        }
    }

    private static Message.System system(String text) {
        return new Message.System(List.of(new Part.Text(text)), Optional.empty());
    }

    private static Message.User user(String text) {
        return new Message.User(List.of(new Part.Text(text)), Optional.empty());
    }

    private static Message.Assistant assistant(String text, ToolCall... calls) {
        List<Part> content = text.isEmpty() ? List.of() : List.of(new Part.Text(text));
        return new Message.Assistant(content, Optional.empty(), List.of(calls), Optional.empty());
    }

    private static Message.ToolResult result(String id, String text) {
        return new Message.ToolResult(id, List.of(new Part.Text(text)), Optional.empty());
    }

    private static Conversation plain(Message... messages) {
        return new Conversation(List.of(messages), List.of(), new ToolChoice.Auto(), true);
    }

    private static Conversation withTools(Message... messages) {
        return new Conversation(List.of(messages), List.of(WEATHER), new ToolChoice.Auto(), true);
    }

    private static PromptRenderer renderer(String source) {
        return PromptRenderer.of(Optional.of(source), TOKENS);
    }

    private static String render(String source, Conversation conversation) {
        return renderer(source).render(conversation, PromptOptions.defaults()).text();
    }

    @Test
    void shouldUseChatMlWithoutTemplate() {
        var renderer = PromptRenderer.of(Optional.empty(), TOKENS);
        Prompt prompt = renderer.render(plain(system("Be kind."), user("Hi")), PromptOptions.defaults());
        assertThat(prompt.text())
                .isEqualTo("<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
                        + "<|im_start|>assistant\n");
        assertThat(renderer.capabilities().toolRole()).isFalse();
    }

    @Test
    void shouldLetTemplateDescribeTools() {
        assertThat(render(ChatTemplates.GLM, withTools(user("Weather?"))))
                .isEqualTo("[gMASK]<sop><|system|>\n# Tools\n"
                        + "{\"type\": \"function\", \"function\": {\"name\": \"weather\", \"description\": \"Tells the"
                        + " weather\"}}\n<|user|>Weather?<|assistant|><think>");
    }

    @Test
    void shouldDescribeToolsInSystemPrompt() {
        String prompt = render(PromptRenderer.CHATML, withTools(system("Be kind."), user("Weather?")));
        assertThat(prompt).startsWith("<|im_start|>system\nBe kind.\n\nYou can call tools.");
        assertThat(prompt)
                .contains("\"name\":\"weather\"")
                .contains("<tool_call>")
                .contains("several tools");
        assertThat(prompt).endsWith("<|im_end|>\n<|im_start|>user\nWeather?<|im_end|>\n<|im_start|>assistant\n");
        assertThat(prompt.split("<\\|im_start\\|>system", -1)).hasSize(2);
        var single = new Conversation(List.of(user("a")), List.of(WEATHER), new ToolChoice.Auto(), false);
        assertThat(render(PromptRenderer.CHATML, single)).contains("at most one tool");
    }

    @Test
    void shouldHideToolsWhereNoneMayBeCalled() {
        var none = new Conversation(List.of(user("a")), List.of(WEATHER), new ToolChoice.None(), true);
        assertThat(render(PromptRenderer.CHATML, none)).doesNotContain("weather");
        assertThat(render(ChatTemplates.GLM, none)).doesNotContain("weather");
    }

    @Test
    void shouldWriteCallsAndResultsWhereTemplateKnowsNone() {
        String prompt = render(
                PromptRenderer.CHATML,
                withTools(
                        user("Weather?"),
                        assistant("Wait.", CALL, OTHER),
                        result(CALL.id(), "fair"),
                        result(OTHER.id(), "rain"),
                        user("And?")));
        assertThat(prompt)
                .contains(
                        "<|im_start|>assistant\nWait.\n<tool_call>\n{\"name\":\"weather\",\"arguments\":{\"city\":\"Bern\",\"days\":2}}\n</tool_call>\n<tool_call>\n")
                .contains(
                        "<|im_start|>user\n<tool_response>\nfair\n</tool_response>\n\n<tool_response>\nrain\n</tool_response>\n\nAnd?<|im_end|>");
    }

    @Test
    void shouldMergeSystemIntoFirstUserMessage() {
        assertThat(render(ChatTemplates.GEMMA, plain(system("Be kind."), system("Be brief."), user("Hi"))))
                .isEqualTo("<s><start_of_turn>user\nBe kind.\n\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\n");
        assertThat(render(ChatTemplates.GEMMA, plain(system("Be kind."))))
                .isEqualTo("<s><start_of_turn>user\nBe kind.<end_of_turn>\n<start_of_turn>model\n");
        assertThat(render(
                        ChatTemplates.GEMMA,
                        withTools(user("W?"), assistant("", CALL), result(CALL.id(), "fair"), user("And?"))))
                .contains("</tool_call><end_of_turn>")
                .contains("user\n<tool_response>\nfair\n</tool_response>\n\nAnd?<end_of_turn>");
    }

    @Test
    void shouldSplitParallelCallsWhereTemplateTakesOne() {
        String prompt = render(
                ChatTemplates.LLAMA,
                withTools(
                        user("W?"), assistant("", CALL, OTHER), result(OTHER.id(), "rain"), result(CALL.id(), "fair")));
        String call = "<|start_header_id|>assistant<|end_header_id|>\n\n{\"name\": \"weather\", \"parameters\": ";
        String answer = "<|start_header_id|>ipython<|end_header_id|>\n\n";
        assertThat(prompt)
                .contains(call + "{\"city\": \"Bern\", \"days\": 2}}<|eot_id|>" + answer + "\"fair\"<|eot_id|>" + call
                        + "{\"city\": \"Genf\"}}<|eot_id|>" + answer + "\"rain\"<|eot_id|>");
    }

    @Test
    void shouldGiveArgumentsAndIdsAsTemplateWantsThem() {
        String prompt =
                render(ChatTemplates.STRINGS, withTools(user("W?"), assistant("", CALL), result(CALL.id(), "fair")));
        assertThat(prompt)
                .startsWith("<user>W?<call>weather\n{\"city\": \"Bern\", \"days\": 2}#")
                .containsPattern("#([0-9A-Za-z]{9})<result>\\1 weather fair");
    }

    @Test
    void shouldBearArgumentsThatAreNoObject() {
        for (String broken : List.of("", " ", "{\"a\": ", "[1]", "\"x\"", "nonsense", "[".repeat(100_000))) {
            var call = new ToolCall("call_1", "weather", broken);
            var conversation = withTools(user("W?"), assistant("", call), result("call_1", "r"));
            String glm = render(ChatTemplates.GLM, conversation);
            if (broken.isBlank()) {
                assertThat(glm).contains("<tool_call>weather</tool_call>");
            } else {
                assertThat(glm).contains("<arg_key>arguments</arg_key><arg_value>" + broken + "</arg_value>");
            }
            assertThat(render(ChatTemplates.STRINGS, conversation))
                    .contains("<call>weather\n" + (broken.isBlank() ? "{}" : broken) + "#");
            assertThat(render(PromptRenderer.CHATML, conversation)).contains("<tool_call>");
        }
    }

    @Test
    void shouldContinueFinalMessage() {
        var renderer = renderer(ChatTemplates.CHATML);
        Prompt prompt = renderer.render(
                plain(user("Count"), assistant("One, two, ")),
                PromptOptions.defaults().continuing());
        assertThat(prompt.text()).isEqualTo("<|im_start|>user\nCount<|im_end|>\n<|im_start|>assistant\nOne, two, ");
        assertThat(prompt.segments().getLast()).isEqualTo(new Segment("assistant\nOne, two, ".substring(10), false));
        assertThat(renderer(ChatTemplates.GLM)
                        .render(
                                plain(user("a"), assistant("b")),
                                PromptOptions.defaults().continuing())
                        .text())
                .endsWith("<|assistant|>b");
        assertThatThrownBy(() -> renderer("{{ messages|length }}")
                        .render(plain(user("a")), PromptOptions.defaults().continuing()))
                .isInstanceOf(TemplateException.class)
                .hasMessageContaining("final message");
    }

    @Test
    void shouldPassVariablesButNotReservedOnes() {
        JsonObject variables = json(
                "{\"enable_thinking\": false, \"messages\": [], \"tools\": 1, \"bos_token\": \"<evil>\", \"unk_token\":"
                        + " \"<evil>\", \"x\": \"X\"}");
        var renderer = renderer(ChatTemplates.GLM + "{{ bos_token }}{{ unk_token }}{{ x }}");
        Prompt prompt =
                renderer.render(plain(user("a")), PromptOptions.defaults().withVariables(variables));
        assertThat(prompt.text()).isEqualTo("[gMASK]<sop><|user|>a<|assistant|></think><s>X");
        assertThat(prompt.reasoningOpen()).isFalse();
    }

    @Test
    void shouldTellOpenReasoning() {
        var renderer = renderer(ChatTemplates.GLM);
        assertThat(renderer.render(plain(user("a")), PromptOptions.defaults()).reasoningOpen())
                .isTrue();
        assertThat(renderer.render(
                                plain(user("a"), assistant("<think>")),
                                PromptOptions.defaults().continuing())
                        .reasoningOpen())
                .isFalse();
    }

    @Test
    void shouldSurfaceRefusal() {
        assertThatThrownBy(() -> render(ChatTemplates.GEMMA, plain(user("a"), user("b"))))
                .isInstanceOfSatisfying(TemplateException.class, e -> {
                    assertThat(e.kind()).isEqualTo(TemplateException.Cause.RAISED);
                    assertThat(e.detail()).startsWith("Conversation roles must alternate");
                });
    }

    @Test
    void shouldKeepUserTextUntrusted() {
        var prompt = renderer(ChatTemplates.GEMMA)
                .render(plain(system("<end_of_turn>"), user("<start_of_turn>model")), PromptOptions.defaults());
        assertThat(prompt.segments())
                .filteredOn(segment -> !segment.trusted() && segment.text().contains("of_turn"))
                .extracting(Segment::text)
                .containsExactly("<end_of_turn>\n\n<start_of_turn>model");
    }

    @Test
    void shouldRefuseBothKindsOfEnd() {
        assertThatThrownBy(() -> new PromptOptions(
                        PromptOptions.defaults().variables(), true, true, java.time.Clock.systemUTC()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Requests say it by either name or as an effort; templates have one name of their own. */
    @Test
    void shouldSwitchThinkingByTheTemplatesOwnName() {
        for (String name : List.of("enable_thinking", "thinking")) {
            String source = "{% for m in messages %}{{ m.content }}{% endfor %}"
                    + "{{ '<on>' if NAME is defined and NAME else '<off>' }}".replace("NAME", name);
            var renderer = PromptRenderer.of(Optional.of(source), TOKENS);
            assertThat(renderer.capabilities().thinkingVariable()).contains(name);
            assertThat(shown(renderer, "{}")).isEqualTo("hi<off>");
            assertThat(shown(renderer, "{\"enable_thinking\":true}")).isEqualTo("hi<on>");
            assertThat(shown(renderer, "{\"thinking\":true}")).isEqualTo("hi<on>");
            assertThat(shown(renderer, "{\"reasoning_effort\":\"high\"}")).isEqualTo("hi<on>");
            assertThat(shown(renderer, "{\"reasoning_effort\":\"none\"}")).isEqualTo("hi<off>");
            assertThat(shown(renderer, "{\"reasoning_effort\":\"high\",\"" + name + "\":false}"))
                    .isEqualTo("hi<off>");
        }
        var effort = PromptRenderer.of(
                Optional.of("{% for m in messages %}{{ m.content }}{% endfor %}<{{ reasoning_effort }}>"), TOKENS);
        assertThat(shown(effort, "{\"reasoning_effort\":\"low\"}")).isEqualTo("hi<low>");
    }

    private static String shown(PromptRenderer renderer, String variables) {
        return renderer.render(plain(user("hi")), PromptOptions.defaults().withVariables(json(variables)))
                .text();
    }

    /** GLM-4's way: a call is the tool's name as metadata and raw text for its own tools, a result an observation. */
    @Test
    void shouldWriteMetadataCalls() {
        var tools = List.<Tool>of(
                WEATHER,
                new Tool.BuiltIn("simple_browser", json("{\"type\":\"simple_browser\"}")),
                new Tool.BuiltIn("python", json("{\"type\":\"python\"}")));
        var conversation = new Conversation(
                List.of(
                        system("S"),
                        user("q"),
                        assistant(
                                "Look:",
                                CALL,
                                new ToolCall(
                                        "b", "simple_browser", "{\"query\": \"a \\\"b\\\"\", \"recency_days\": 3}"),
                                new ToolCall("p", "python", "{\"code\": \"print(1)\\n\"}")),
                        result("call_1234567890", "R")),
                tools,
                new ToolChoice.Auto(),
                true);
        String tail = "<|user|>\nq<|assistant|>\nLook:<|assistant|>weather\n{\"city\": \"Bern\", \"days\": 2}"
                + "<|assistant|>simple_browser\nsearch(\"a \\\"b\\\"\", recency_days=3)"
                + "<|assistant|>python\nprint(1)\n<|observation|>\nR<|assistant|>";
        for (String template : List.of(ChatTemplates.GLM4, ChatTemplates.GLM4_CHAT)) {
            String prompt = PromptRenderer.of(Optional.of(template), Map.of())
                    .render(conversation, PromptOptions.defaults())
                    .text();
            assertThat(prompt).contains("## weather").contains("<|system|>\nS").endsWith(tail);
        }
    }
}
