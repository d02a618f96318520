package dev.martlet.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.chat.Message;
import dev.martlet.chat.Part;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolCall;
import dev.martlet.chat.ToolChoice;
import dev.martlet.engine.Sampling;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What requests are understood as; {@link BadRequestTest} has those that are refused. */
class ChatCompletionRequestTest {
    private static final String HI = "{\"role\":\"user\",\"content\":\"hi\"}";
    private static final String TOOL = "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}";

    private static ChatCompletionRequest parse(String json) {
        return ChatCompletionRequest.parse(Json.object(json.getBytes(StandardCharsets.UTF_8)), 1000);
    }

    private static ChatCompletionRequest with(String members) {
        return parse("{\"messages\":[" + HI + "]" + (members.isEmpty() ? "" : "," + members) + "}");
    }

    private static List<Message> messages(String json) {
        return parse("{\"messages\":[" + json + "]}").conversation().messages();
    }

    private static List<Part> text(String text) {
        return List.of(new Part.Text(text));
    }

    @Test
    void shouldFillInDefaults() {
        ChatCompletionRequest request = with("");
        assertThat(request.model()).isEmpty();
        assertThat(request.stream()).isFalse();
        assertThat(request.includeUsage()).isFalse();
        assertThat(request.choices()).isEqualTo(1);
        assertThat(request.maxTokens()).isEmpty();
        assertThat(request.stops()).isEmpty();
        assertThat(request.stopTokens()).isEmpty();
        assertThat(request.topLogprobs()).isEqualTo(-1);
        assertThat(request.logprobs()).isFalse();
        assertThat(request.addGenerationPrompt()).isTrue();
        assertThat(request.continueFinalMessage()).isFalse();
        assertThat(request.functionsForm()).isFalse();
        assertThat(request.priority()).isZero();
        assertThat(request.ignored()).isEmpty();
        assertThat(request.conversation().toolChoice()).isEqualTo(new ToolChoice.Auto());
        assertThat(request.conversation().parallelToolCalls()).isTrue();
        assertThat(request.sampling().sampling(Sampling.seeded(1), 5, 0)).isEqualTo(Sampling.seeded(5));
    }

    @Test
    void shouldReadEveryField() {
        ChatCompletionRequest request = with("""
                "model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},"n":2,"max_tokens":3,
                "temperature":0.5,"top_p":0.25,"top_k":7,"min_p":0.125,"repetition_penalty":1.5,
                "frequency_penalty":-1,"presence_penalty":1,"seed":-9,"min_tokens":2,"ignore_eos":true,
                "logit_bias":{"5":-100,"6":2.5},"stop":["a","b"],"stop_token_ids":[3,4],"logprobs":true,
                "top_logprobs":4,"response_format":{"type":"text"},"modalities":["text"],"cache_prompt":true,
                "store":false,"service_tier":"auto","parallel_tool_calls":false,"tool_choice":"none",
                "chat_template_kwargs":{"x":1},"priority":-5
                """);
        assertThat(request.model()).contains("gpt-4o");
        assertThat(request.stream()).isTrue();
        assertThat(request.includeUsage()).isTrue();
        assertThat(request.choices()).isEqualTo(2);
        assertThat(request.maxTokens()).isEqualTo(OptionalInt.of(3));
        assertThat(request.stops()).containsExactly("a", "b");
        assertThat(request.stopTokens()).containsExactlyInAnyOrder(3, 4);
        assertThat(request.ignoreEndOfGeneration()).isTrue();
        assertThat(request.topLogprobs()).isEqualTo(4);
        assertThat(request.priority()).isEqualTo(-5);
        assertThat(request.templateKwargs().toString()).isEqualTo("{\"x\":1}");
        assertThat(request.conversation().parallelToolCalls()).isFalse();
        assertThat(request.conversation().toolChoice()).isEqualTo(new ToolChoice.None());
        assertThat(request.ignored()).isEmpty();
        Sampling sampling = request.sampling().sampling(Sampling.greedy(), 0, 1);
        assertThat(sampling)
                .isEqualTo(new Sampling(
                        0.5f,
                        7,
                        0.25f,
                        0.125f,
                        1.5f,
                        -1,
                        1,
                        -8,
                        java.util.Map.of(5, Float.NEGATIVE_INFINITY, 6, 2.5f),
                        2));
    }

    @Test
    void shouldTakeNullForAbsent() {
        ChatCompletionRequest request =
                with("\"max_tokens\":null,\"tools\":null,\"tool_choice\":null,\"stop\":null,\"temperature\":null,"
                        + "\"logprobs\":null,\"stream\":null,\"stream_options\":null,\"whatever\":null");
        assertThat(request.ignored()).isEmpty();
        assertThat(request.maxTokens()).isEmpty();
    }

    @Test
    void shouldTellIgnoredFields() {
        ChatCompletionRequest request = with("\"user\":\"u\",\"metadata\":{},\"store\":true,\"service_tier\":\"flex\","
                + "\"prompt_cache_key\":\"k\",\"frobnicate\":[1],\"cache_prompt\":false,"
                + "\"max_tokens\":1,\"max_completion_tokens\":2,\"stream_options\":{\"include_usage\":true},"
                + "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"strict\":true}}]");
        assertThat(request.maxTokens()).isEqualTo(OptionalInt.of(2));
        assertThat(request.ignored())
                .containsExactlyInAnyOrder(
                        "user",
                        "metadata",
                        "store",
                        "service_tier",
                        "prompt_cache_key",
                        "frobnicate",
                        "cache_prompt",
                        "max_tokens",
                        "stream_options");
    }

    @Test
    void shouldReadWhatIsPredicted() {
        assertThat(with("\"prediction\":null").prediction()).isEmpty();
        ChatCompletionRequest request = with("\"prediction\":{\"type\":\"content\",\"content\":\"a b\",\"x\":1}");
        assertThat(request.prediction()).contains("a b");
        assertThat(request.ignored()).containsExactly("prediction.x");
        assertThat(with("\"prediction\":{\"type\":\"content\",\"content\":["
                                + "{\"type\":\"text\",\"text\":\"a \"},{\"type\":\"text\",\"text\":\"b\"}]}")
                        .prediction())
                .contains("a b");
    }

    /** What other servers have and this one takes without an effect. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "typical_p",
                "deterministic",
                "timings",
                "return_token_ids",
                "prompt_cache_key",
                "safety_identifier",
                "verbosity",
                "best_of",
                "echo"
            })
    void shouldTellAForeignField(String name) {
        assertThat(with("\"" + name + "\":1").ignored()).containsExactly(name);
    }

    @Test
    void shouldTellVariablesThatTheTemplateDoesNotRead() {
        String members = ",\"chat_template_kwargs\":{\"a\":1,\"b\":2},\"reasoning_effort\":";
        assertThat(ignored(members + "\"low\"", "a")).containsExactly("chat_template_kwargs.b", "reasoning_effort");
        assertThat(ignored(members + "\"low\"", "a", "b", "enable_thinking")).containsExactly("reasoning_effort");
        assertThat(ignored(members + "\"none\"", "a", "b", "enable_thinking")).isEmpty();
        assertThat(ignored(members + "\"none\"", "a", "b", "reasoning_effort")).isEmpty();
    }

    private static List<String> ignored(String members, String... variables) {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]" + members + "}";
        return ChatCompletionRequest.parse(
                        Json.object(body.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                        1000,
                        List.of(variables)::contains)
                .ignored();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void shouldReadTheShapeOfTheAnswer(String members, ResponseFormat format) {
        ChatCompletionRequest request = with(members);
        assertThat(request.format()).isEqualTo(format);
        assertThat(request.ignored()).isEmpty();
    }

    static Stream<Arguments> shouldReadTheShapeOfTheAnswer() {
        String schema = "{\"type\":\"object\"}";
        String named = "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"strict\":true,";
        return Stream.of(
                Arguments.of("\"n\":1", new ResponseFormat.Text()),
                Arguments.of("\"response_format\":{\"type\":\"text\"}", new ResponseFormat.Text()),
                Arguments.of(
                        "\"response_format\":{\"type\":\"json_object\"}",
                        new ResponseFormat.JsonObject("response_format")),
                Arguments.of(
                        named + "\"schema\":" + schema + "}}",
                        new ResponseFormat.JsonSchema(schema, "response_format.json_schema.schema")),
                Arguments.of(
                        "\"response_format\":{\"type\":\"json_object\",\"schema\":" + schema + "}",
                        new ResponseFormat.JsonSchema(schema, "response_format.schema")),
                Arguments.of(
                        "\"guided_json\":\"{\\\"type\\\":\\\"object\\\"}\"",
                        new ResponseFormat.JsonSchema(schema, "guided_json")),
                Arguments.of("\"json_schema\":" + schema, new ResponseFormat.JsonSchema(schema, "json_schema")),
                Arguments.of("\"grammar\":\"root ::= x\"", new ResponseFormat.Gbnf("root ::= x", "grammar")),
                Arguments.of(
                        "\"guided_grammar\":\"root ::= x\"", new ResponseFormat.Gbnf("root ::= x", "guided_grammar")),
                Arguments.of("\"guided_regex\":\"a+\"", new ResponseFormat.Regex("a+", "guided_regex")),
                Arguments.of(
                        "\"structured_outputs\":{\"choice\":[\"a\",\"b\"]}",
                        new ResponseFormat.Choice(List.of("a", "b"), "structured_outputs.choice")));
    }

    @Test
    void shouldReadEveryRole() {
        assertThat(messages("""
                {"role":"developer","content":"d"},{"role":"system","content":"s","name":"n"},
                {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
                {"role":"assistant","content":null,"reasoning_content":"r","tool_calls":[
                  {"id":"call_x","type":"function","function":{"name":"f","arguments":"{}"}}]},
                {"role":"tool","tool_call_id":"call_x","content":"42"}
                """))
                .containsExactly(
                        new Message.System(text("d"), Optional.empty()),
                        new Message.System(text("s"), Optional.of("n")),
                        new Message.User(List.of(new Part.Text("a"), new Part.Text("b")), Optional.empty()),
                        new Message.Assistant(
                                List.of(),
                                Optional.of("r"),
                                List.of(new ToolCall("call_x", "f", "{}")),
                                Optional.empty()),
                        new Message.ToolResult("call_x", text("42"), Optional.empty()));
    }

    @Test
    void shouldTakeOddHistories() {
        List<Message> messages = messages("""
                {"role":"user","content":""},
                {"role":"assistant","content":"","tool_calls":[
                  {"id":null,"function":{"name":"f","arguments":"{\\"a\\":"}},
                  {"function":{"name":"g","arguments":{"b":1}}},
                  {"id":"","function":{"name":"h"}}]},
                {"role":"tool","content":"first"},
                {"role":"tool","tool_call_id":null,"content":null},
                {"role":"tool","tool_call_id":"call_never_issued","content":["x",{"type":"text","text":"y"}]},
                {"role":"assistant"},
                {"role":"user","content":[]}
                """);
        String first = "call_" + "0".repeat(24);
        String second = "call_" + "0".repeat(23) + "1";
        assertThat(((Message.Assistant) messages.get(1)).toolCalls())
                .containsExactly(
                        new ToolCall(first, "f", "{\"a\":"),
                        new ToolCall(second, "g", "{\"b\":1}"),
                        new ToolCall("call_" + "0".repeat(23) + "2", "h", "{}"));
        assertThat(messages.subList(2, 5))
                .containsExactly(
                        new Message.ToolResult(first, text("first"), Optional.empty()),
                        new Message.ToolResult(second, List.of(), Optional.empty()),
                        new Message.ToolResult(
                                "call_never_issued",
                                List.of(new Part.Text("x"), new Part.Text("y")),
                                Optional.empty()));
    }

    @Test
    void shouldReplaceLoneSurrogates() {
        assertThat(messages("{\"role\":\"user\",\"content\":\"a\\ud83d \\ud83d\\ude00\"}")
                        .getFirst()
                        .text())
                .isEqualTo("a\ufffd \ud83d\ude00");
    }

    @Test
    void shouldReadTools() {
        ChatCompletionRequest request = with("\"tools\":[" + TOOL + ",{\"type\":\"simple_browser\"},"
                + "{\"type\":\"function\",\"function\":{\"name\":\"g\",\"description\":\"d\",\"parameters\":"
                + "{\"type\":\"object\",\"$schema\":\"x\",\"additionalProperties\":false}}}],\"tool_choice\":\"auto\"");
        List<Tool> tools = request.conversation().tools();
        assertThat(tools).extracting(Tool::name).containsExactly("f", "simple_browser", "g");
        assertThat(tools.get(1)).isInstanceOf(Tool.BuiltIn.class);
        Tool.Function g = (Tool.Function) tools.get(2);
        assertThat(g.description()).contains("d");
        assertThat(g.parameters().orElseThrow()).containsKey("$schema");
        assertThat(g.definition().getString("type")).isEqualTo("function");
    }

    @Test
    void shouldTranslateTheOldForm() {
        ChatCompletionRequest request = parse("""
                {"messages":[{"role":"user","content":"q"},
                  {"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},
                  {"role":"function","name":"f","content":"42"}],
                 "functions":[{"name":"f","parameters":{"type":"object"}}],"function_call":"auto"}
                """);
        String id = "call_" + "0".repeat(24);
        assertThat(request.functionsForm()).isTrue();
        assertThat(request.conversation().parallelToolCalls()).isFalse();
        assertThat(((Tool.Function) request.conversation().tools().getFirst())
                        .definition()
                        .toString())
                .isEqualTo(
                        "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}");
        assertThat(((Message.Assistant) request.conversation().messages().get(1)).toolCalls())
                .containsExactly(new ToolCall(id, "f", "{}"));
        assertThat(request.conversation().messages().get(2))
                .isEqualTo(new Message.ToolResult(id, text("42"), Optional.of("f")));
    }

    @Test
    void shouldContinueAFinalMessage() {
        ChatCompletionRequest request = parse("{\"messages\":[" + HI
                + ",{\"role\":\"assistant\",\"content\":\"Once\"}],\"continue_final_message\":true}");
        assertThat(request.continueFinalMessage()).isTrue();
        assertThat(request.addGenerationPrompt()).isFalse();
    }

    @Test
    void shouldTurnTheEffortIntoTemplateVariables() {
        assertThat(with("\"reasoning_effort\":\"low\"").templateKwargs().toString())
                .isEqualTo("{\"reasoning_effort\":\"low\"}");
        assertThat(with("\"reasoning_effort\":\"none\",\"chat_template_kwargs\":{\"enable_thinking\":true}")
                        .templateKwargs()
                        .toString())
                .isEqualTo("{\"reasoning_effort\":\"none\",\"enable_thinking\":true}");
    }

    @Test
    void shouldTakeIntegersWrittenAsDecimals() {
        assertThat(with("\"n\":2.0,\"max_tokens\":1e2").maxTokens()).isEqualTo(OptionalInt.of(100));
        assertThat(with("\"stop\":\"x\"").stops()).containsExactly("x");
        assertThat(with("\"top_k\":-1").sampling().topK()).isEqualTo(OptionalInt.of(0));
        assertThat(with("\"top_p\":0")
                        .sampling()
                        .sampling(Sampling.greedy(), 0, 0)
                        .topP())
                .isPositive();
    }

    @Test
    void shouldKeepRecordsImmutable() {
        assertThatThrownBy(() -> with("").stops().add("x")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> with("").ignored().add("x")).isInstanceOf(UnsupportedOperationException.class);
    }
}
