package dev.martlet.anthropic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.martlet.chat.Message;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolChoice;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.ApiException;
import dev.martlet.openai.ChatCompletionRequest;
import dev.martlet.openai.Json;
import dev.martlet.openai.ResponseFormat;
import jakarta.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessagesReaderTest {
    private static final String HI = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    private static JsonObject json(String text) {
        return Json.object(text.getBytes(StandardCharsets.UTF_8));
    }

    private static ChatCompletionRequest parse(String body) {
        return MessagesReader.answer(json(body), 1000, name -> true);
    }

    private static ChatCompletionRequest read(String members) {
        return parse("{" + HI + ",\"max_tokens\":9," + members + "}");
    }

    private static ChatCompletionRequest conversation(String messages) {
        return parse("{\"max_tokens\":9,\"messages\":[" + messages + "]}");
    }

    /** Messages in short: the role's first letter, thoughts, text, calls. */
    private static String shortly(ChatCompletionRequest request) {
        return request.conversation().messages().stream()
                .map(message -> switch (message) {
                    case Message.System system -> "S:" + system.text();
                    case Message.User user -> "U:" + user.text();
                    case Message.Assistant said ->
                        "A:" + said.reasoning().orElse("") + "|" + said.text() + "|"
                                + said.toolCalls().stream()
                                        .map(call -> call.id() + " " + call.name() + call.arguments())
                                        .collect(Collectors.joining(","));
                    case Message.ToolResult result -> "T:" + result.toolCallId() + "=" + result.text();
                })
                .collect(Collectors.joining(" "));
    }

    @Test
    void shouldReadATextAndTheSystem() {
        ChatCompletionRequest request = read("\"model\":\"m\",\"system\":\"be nice\"");
        assertThat(shortly(request)).isEqualTo("S:be nice U:hi");
        assertThat(request.model()).contains("m");
        assertThat(request.maxTokens()).hasValue(9);
        assertThat(request.addGenerationPrompt()).isTrue();
        assertThat(request.ignored()).isEmpty();
        assertThat(shortly(read("\"system\":[{\"type\":\"text\",\"text\":\"a\",\"cache_control\":"
                        + "{\"type\":\"ephemeral\"}},{\"type\":\"text\",\"text\":\"b\"}]")))
                .isEqualTo("S:ab U:hi");
    }

    @Test
    void shouldReadTheWholeRoundOfATool() {
        ChatCompletionRequest request = conversation("""
                {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
                {"role":"assistant","content":[{"type":"thinking","thinking":"why","signature":""},
                  {"type":"redacted_thinking","data":"x"},{"type":"text","text":"see"},
                  {"type":"tool_use","id":"toolu_1","name":"f","input":{"x":1}},
                  {"type":"tool_use","id":"toolu_2","name":"g","input":{}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"one"},
                  {"type":"tool_result","tool_use_id":"toolu_2","is_error":true,"content":[{"type":"text","text":"two"}]},
                  {"type":"text","text":"and?"}]}
                """);
        assertThat(shortly(request))
                .isEqualTo("U:ab A:why|see|toolu_1 f{\"x\":1},toolu_2 g{} T:toolu_1=one T:toolu_2=Error: two U:and?");
        assertThat(request.continueFinalMessage()).isFalse();
    }

    @Test
    void shouldGoOnWithTheAssistantsWords() {
        ChatCompletionRequest request =
                conversation("{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"The\"}");
        assertThat(shortly(request)).isEqualTo("U:hi A:|The|");
        assertThat(request.continueFinalMessage()).isTrue();
        assertThat(request.addGenerationPrompt()).isFalse();
    }

    @Test
    void shouldReadTools() {
        ChatCompletionRequest request = read("\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"input_schema\":"
                + "{\"type\":\"object\"},\"cache_control\":{\"type\":\"ephemeral\"}},{\"type\":\"custom\",\"name\":\"g\","
                + "\"input_schema\":{},\"strict\":true}]");
        Tool.Function first = (Tool.Function) request.conversation().tools().getFirst();
        assertThat(first.definition().toString())
                .isEqualTo("{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
                        + "\"parameters\":{\"type\":\"object\"}}}");
        assertThat(((Tool.Function) request.conversation().tools().get(1)).strict())
                .isTrue();
        assertThat(request.conversation().toolChoice()).isEqualTo(new ToolChoice.Auto());
        assertThat(request.conversation().parallelToolCalls()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"auto", "any", "none"})
    void shouldReadTheChoiceOfATool(String type) {
        ChatCompletionRequest request = read("\"tools\":[{\"name\":\"f\",\"input_schema\":{}}],\"tool_choice\":"
                + "{\"type\":\"" + type + "\",\"disable_parallel_tool_use\":true}");
        assertThat(request.conversation().parallelToolCalls()).isFalse();
        assertThat(request.conversation().toolChoice())
                .isEqualTo(
                        switch (type) {
                            case "auto" -> new ToolChoice.Auto();
                            case "any" -> new ToolChoice.Required();
                            default -> new ToolChoice.None();
                        });
        assertThat(read("\"tools\":[{\"name\":\"f\",\"input_schema\":{}}],\"tool_choice\":{\"type\":\"tool\","
                                + "\"name\":\"f\"}")
                        .conversation()
                        .toolChoice())
                .isEqualTo(new ToolChoice.Named("f"));
    }

    @Test
    void shouldReadWhatTheAnswerIsToBe() {
        ChatCompletionRequest request = read("\"temperature\":0.5,\"top_p\":0.9,\"top_k\":7,\"stream\":true,"
                + "\"stop_sequences\":[\"a\",\"b\",\"c\",\"d\",\"e\"],\"output_config\":{\"effort\":\"low\",\"format\":"
                + "{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}");
        assertThat(request.sampling().temperature()).hasValue(0.5);
        assertThat(request.sampling().topK()).hasValue(7);
        assertThat(request.stream()).isTrue();
        assertThat(request.stops()).containsExactly("a", "b", "c", "d", "e");
        assertThat(request.templateKwargs().getString("reasoning_effort")).isEqualTo("low");
        assertThat(request.format())
                .isEqualTo(new ResponseFormat.JsonSchema("{\"type\":\"object\"}", "output_config.format.schema"));
    }

    @Test
    void shouldReadWhetherToThink() {
        ChatCompletionRequest on = read("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}");
        assertThat(on.templateKwargs().toString()).isEqualTo("{\"enable_thinking\":true}");
        assertThat(on.ignored()).containsExactly("thinking.budget_tokens");
        assertThat(read("\"thinking\":{\"type\":\"disabled\"}").templateKwargs().toString())
                .isEqualTo("{\"enable_thinking\":false}");
        assertThat(read("\"thinking\":{\"type\":\"adaptive\"}").templateKwargs())
                .isEmpty();
        assertThat(MessagesReader.answer(
                                json("{" + HI + ",\"max_tokens\":1,\"thinking\":{\"type\":\"disabled\"}}"),
                                1000,
                                name -> false)
                        .ignored())
                .containsExactly("thinking.type");
    }

    @Test
    void shouldTellWhatHasNoEffect() {
        assertThat(
                        read("\"metadata\":{\"user_id\":\"u\"},\"container\":\"c\",\"cache_control\":{\"type\":\"ephemeral\"}")
                                .ignored())
                .containsExactlyInAnyOrder("metadata", "container");
    }

    @Test
    void shouldNeedNoLimitToCount() {
        assertThat(MessagesReader.count(json("{" + HI + "}"), 1000, name -> true)
                        .maxTokens())
                .isEmpty();
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            ""                                                               | messages
            "messages":"hi"                                                  | messages
            "messages":[]                                                    | messages
            "messages":[1]                                                   | messages[0]
            "messages":[{}]                                                  | messages[0].role
            "messages":[{"role":"tool","content":"x"}]                       | messages[0].role
            "messages":[{"role":"user"}]                                     | messages[0].content
            "messages":[{"role":"user","content":5}]                         | messages[0].content
            "messages":[{"role":"user","content":["x"]}]                     | messages[0].content[0]
            "messages":[{"role":"user","content":[{"text":"x"}]}]            | messages[0].content[0].type
            "messages":[{"role":"user","content":[{"type":"text"}]}]         | messages[0].content[0].text
            "messages":[{"role":"user","content":[{"type":"image"}]}]        | messages[0].content[0].type
            "messages":[{"role":"user","content":[{"type":"document"}]}]     | messages[0].content[0].type
            "messages":[{"role":"user","content":[{"type":"tool_use"}]}]     | messages[0].content[0].type
            "messages":[{"role":"user","content":[{"type":"tool_result"}]}]  | messages[0].content[0].tool_use_id
            "messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image"}]}]}] | messages[0].content[0].content[0].type
            "messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","is_error":1}]}] | messages[0].content[0].is_error
            "messages":[{"role":"assistant","content":[{"type":"tool_result"}]}] | messages[0].content[0].type
            "messages":[{"role":"assistant","content":[{"type":"thinking"}]}]    | messages[0].content[0].thinking
            "messages":[{"role":"assistant","content":[{"type":"tool_use","name":"f","input":{}}]}] | messages[0].content[0].id
            "messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","input":{}}]}]   | messages[0].content[0].name
            "messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":"{}"}]}] | messages[0].content[0].input
            "messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]}]   | messages[0].content
            """)
    void shouldNameTheMessageAtFault(String members, String param) {
        check("{\"max_tokens\":1" + (members.equals("\"\"") ? "" : "," + members) + "}", param);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "max_tokens":null                              | max_tokens
            "max_tokens":0                                 | max_tokens
            "max_tokens":"9"                               | max_tokens
            "max_tokens":1,"system":5                      | system
            "max_tokens":1,"system":[{"type":"image"}]     | system[0].type
            "max_tokens":1,"temperature":-1                | temperature
            "max_tokens":1,"top_p":2                       | top_p
            "max_tokens":1,"top_k":-2                      | top_k
            "max_tokens":1,"stop_sequences":"x"            | stop_sequences
            "max_tokens":1,"stop_sequences":["x",""]       | stop_sequences[1]
            "max_tokens":1,"stream":1                      | stream
            "max_tokens":1,"tools":[{"type":"web_search_20250305","name":"web_search"}] | tools[0].type
            "max_tokens":1,"tools":[{"input_schema":{}}]   | tools[0].name
            "max_tokens":1,"tools":[{"name":"f","input_schema":[]}] | tools[0].input_schema
            "max_tokens":1,"tool_choice":"auto"            | tool_choice
            "max_tokens":1,"tool_choice":{}                | tool_choice.type
            "max_tokens":1,"tool_choice":{"type":"some"}   | tool_choice.type
            "max_tokens":1,"tool_choice":{"type":"any"}    | tool_choice.type
            "max_tokens":1,"tool_choice":{"type":"tool"}   | tool_choice.name
            "max_tokens":1,"tool_choice":{"type":"tool","name":"f"} | tool_choice.name
            "max_tokens":1,"tool_choice":{"type":"auto","disable_parallel_tool_use":1} | tool_choice.disable_parallel_tool_use
            "max_tokens":1,"thinking":true                 | thinking
            "max_tokens":1,"thinking":{"type":"some"}      | thinking.type
            "max_tokens":1,"thinking":{"type":"enabled","budget_tokens":"many"} | thinking.budget_tokens
            "max_tokens":1,"output_config":{"effort":"x"}  | output_config.effort
            "max_tokens":1,"output_config":{"format":{"type":"xml"}} | output_config.format.type
            "max_tokens":1,"output_config":{"format":{"type":"json_schema"}} | output_config.format.schema
            """)
    void shouldNameTheFieldAtFault(String members, String param) {
        check("{" + HI + "," + members + "}", param);
    }

    private static void check(String body, String param) {
        ApiException e = catchThrowableOfType(ApiException.class, () -> parse(body));
        assertThat(e).as("the request was taken").isNotNull();
        ApiError error = e.error();
        assertThat(error.param()).contains(param);
        assertThat(error.status()).isEqualTo(400);
        assertThat(List.of(Errors.status(error))).containsExactly(400);
    }
}
