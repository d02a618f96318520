package dev.martlet.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.martlet.chat.Message;
import dev.martlet.chat.Tool;
import dev.martlet.chat.ToolCall;
import dev.martlet.chat.ToolChoice;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.ApiException;
import dev.martlet.openai.ChatCompletionRequest;
import dev.martlet.openai.Json;
import dev.martlet.openai.ResponseFormat;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResponseRequestTest {

    private static ResponseRequest parse(String json) {
        return ResponseRequest.parse(Json.object(json.getBytes(StandardCharsets.UTF_8)), 1000, name -> true);
    }

    private static ChatCompletionRequest chat(String members) {
        return parse("{\"input\":\"hi\"," + members + "}").chat();
    }

    private static List<Message> messages(String input) {
        return parse("{\"input\":" + input + "}").chat().conversation().messages();
    }

    /** Messages in short: the role's first letter, thoughts, text, calls. */
    private static String shortly(List<Message> messages) {
        return messages.stream()
                .map(message -> switch (message) {
                    case Message.System system -> "S:" + system.text();
                    case Message.User user -> "U:" + user.text();
                    case Message.Assistant assistant ->
                        "A:"
                                + assistant
                                        .reasoning()
                                        .map(text -> "(" + text + ")")
                                        .orElse("") + assistant.text()
                                + assistant.toolCalls().stream()
                                        .map(call -> "[" + call.id() + " " + call.name() + call.arguments() + "]")
                                        .collect(Collectors.joining());
                    case Message.ToolResult result -> "T:" + result.toolCallId() + "=" + result.text();
                })
                .collect(Collectors.joining(" "));
    }

    @Test
    void shouldReadAText() {
        ChatCompletionRequest request = chat("\"model\":\"m\",\"instructions\":\"be nice\"");
        assertThat(request.model()).contains("m");
        assertThat(shortly(request.conversation().messages())).isEqualTo("S:be nice U:hi");
        assertThat(request.addGenerationPrompt()).isTrue();
        assertThat(request.choices()).isEqualTo(1);
        assertThat(request.stream()).isFalse();
        assertThat(request.maxTokens()).isEmpty();
        assertThat(request.format()).isInstanceOf(ResponseFormat.Text.class);
        assertThat(request.ignored()).isEmpty();
    }

    @Test
    void shouldReadItems() {
        assertThat(shortly(messages("""
                [{"role":"developer","content":"d"},
                 {"type":"message","role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]},
                 {"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"why"}]},
                 {"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"see","annotations":[]}]},
                 {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\\"x\\":1}","status":"completed"},
                 {"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},
                 {"type":"function_call_output","call_id":"c1","output":"one"},
                 {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"}]},
                 {"role":"assistant","content":"done"},
                 {"role":"user","content":"more"}]
                """)))
                .isEqualTo("S:d U:ab A:(why)see[c1 f{\"x\":1}][c2 g{}] T:c1=one T:c2=two A:done U:more");
    }

    @Test
    void shouldMakeOneMessageOfOneTurn() {
        String call = "{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"}";
        String output = "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"r\"}";
        String said = "{\"role\":\"assistant\",\"content\":\"a\"}";
        String summary = "{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"s\"}],"
                + "\"encrypted_content\":\"x\"}";
        assertThat(shortly(messages("[" + call + "," + said + "," + output + "]")))
                .isEqualTo("A:a[c f{}] T:c=r");
        assertThat(shortly(messages("[" + summary + "," + summary + "," + call + "," + output + "]")))
                .isEqualTo("A:(s\ns)[c f{}] T:c=r");
        assertThat(shortly(messages("[" + said + "," + said + "]"))).isEqualTo("A:a A:a");
    }

    @Test
    void shouldReadTools() {
        ChatCompletionRequest request = chat("\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"description\":\"d\","
                + "\"parameters\":{\"type\":\"object\"},\"strict\":true},{\"type\":\"function\",\"name\":\"g\","
                + "\"parameters\":null,\"strict\":null}],\"tool_choice\":{\"type\":\"function\",\"name\":\"g\"},"
                + "\"parallel_tool_calls\":false");
        Tool.Function first = (Tool.Function) request.conversation().tools().getFirst();
        assertThat(first.strict()).isTrue();
        assertThat(first.definition().toString())
                .isEqualTo("{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
                        + "\"parameters\":{\"type\":\"object\"}}}");
        assertThat(((Tool.Function) request.conversation().tools().get(1)).strict())
                .isFalse();
        assertThat(request.conversation().toolChoice()).isEqualTo(new ToolChoice.Named("g"));
        assertThat(request.conversation().parallelToolCalls()).isFalse();
        assertThat(
                        chat("\"tools\":[{\"type\":\"function\",\"name\":\"f\"}],\"tool_choice\":{\"type\":\"allowed_tools\","
                                        + "\"mode\":\"required\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"}]}")
                                .conversation()
                                .toolChoice())
                .isEqualTo(new ToolChoice.Allowed(List.of("f"), true));
    }

    @Test
    void shouldReadWhatTheAnswerIsToBe() {
        ChatCompletionRequest request = chat(
                "\"max_output_tokens\":7,\"temperature\":0.5,\"top_p\":0.9,\"stream\":true,"
                        + "\"reasoning\":{\"effort\":\"none\",\"summary\":null},"
                        + "\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}");
        assertThat(request.maxTokens()).hasValue(7);
        assertThat(request.sampling().temperature()).hasValue(0.5);
        assertThat(request.stream()).isTrue();
        assertThat(request.templateKwargs().toString())
                .isEqualTo("{\"reasoning_effort\":\"none\",\"enable_thinking\":false}");
        assertThat(request.format())
                .isEqualTo(new ResponseFormat.JsonSchema("{\"type\":\"object\"}", "text.format.schema"));
        assertThat(chat("\"text\":{\"format\":{\"type\":\"json_object\"}}").format())
                .isInstanceOf(ResponseFormat.JsonObject.class);
    }

    @Test
    void shouldTellWhatHasNoEffect() {
        assertThat(chat("\"store\":true,\"include\":[\"reasoning.encrypted_content\"],\"truncation\":\"auto\","
                                + "\"reasoning\":{\"summary\":\"auto\"},\"text\":{\"verbosity\":\"low\"},\"user\":\"u\","
                                + "\"metadata\":{\"a\":\"b\"},\"max_tool_calls\":2,\"background\":false")
                        .ignored())
                .containsExactlyInAnyOrder(
                        "store",
                        "include",
                        "truncation",
                        "reasoning.summary",
                        "text.verbosity",
                        "user",
                        "max_tool_calls");
        assertThat(chat("\"store\":false,\"include\":[],\"truncation\":\"disabled\",\"previous_response_id\":null")
                        .ignored())
                .isEmpty();
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {}                                                                  | input
            {"input":7}                                                         | input
            {"input":[]}                                                        | input
            {"input":["x"]}                                                     | input[0]
            {"input":[{}]}                                                      | input[0].type
            {"input":[{"role":"wizard","content":"x"}]}                         | input[0].role
            {"input":[{"role":"user"}]}                                         | input[0].content
            {"input":[{"role":"user","content":[{"type":"input_image","image_url":"x"}]}]} | input[0].content[0].type
            {"input":[{"role":"user","content":[{"type":"input_file"}]}]}       | input[0].content[0].type
            {"input":[{"role":"user","content":[{"type":"smell"}]}]}            | input[0].content[0].type
            {"input":[{"type":"item_reference","id":"msg_1"}]}                  | input[0].type
            {"input":[{"type":"web_search_call"}]}                              | input[0].type
            {"input":[{"type":"function_call","name":"f","arguments":"{}"}]}    | input[0].call_id
            {"input":[{"type":"function_call","call_id":"c","arguments":"{}"}]} | input[0].name
            {"input":[{"type":"function_call","call_id":"c","name":"f","arguments":{}}]} | input[0].arguments
            {"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]} | input[0]
            {"input":[{"type":"function_call_output","output":"x"}]}            | input[0].call_id
            {"input":[{"type":"function_call_output","call_id":"","output":"x"}]} | input[0].call_id
            {"input":[{"type":"function_call_output","call_id":"c"}]}           | input[0].output
            {"input":[{"type":"function_call_output","call_id":"c","output":5}]} | input[0].output
            {"input":[{"type":"reasoning","summary":{}}]}                       | input[0].summary
            {"input":[{"type":"reasoning","content":[{"type":"reasoning_text"}]}]} | input[0].content[0].text
            """)
    void shouldNameTheItemAtFault(String body, String param) {
        check(body, param);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "previous_response_id":"resp_1"             | previous_response_id
            "conversation":"conv_1"                     | conversation
            "prompt":{"id":"p"}                         | prompt
            "background":true                           | background
            "instructions":[]                           | instructions
            "model":5                                   | model
            "max_output_tokens":0                       | max_output_tokens
            "temperature":3                             | temperature
            "top_p":"x"                                 | top_p
            "stream":1                                  | stream
            "metadata":{"a":1}                          | metadata.a
            "truncation":"middle"                       | truncation
            "reasoning":"high"                          | reasoning
            "reasoning":{"effort":"hardly"}             | reasoning.effort
            "text":"x"                                  | text
            "text":{"format":"json"}                    | text.format
            "text":{"format":{}}                        | text.format.type
            "text":{"format":{"type":"xml"}}            | text.format.type
            "text":{"format":{"type":"json_schema"}}    | text.format.schema
            "text":{"format":{"type":"json_schema","schema":[]}} | text.format.schema
            "tools":{}                                  | tools
            "tools":[{"type":"web_search"}]             | tools[0].type
            "tools":[{"type":"function","name":"f"},{"type":"code_interpreter"}] | tools[1].type
            "tools":[{"type":"function"}]               | tools[0].name
            "tools":[{"type":"function","name":"f","parameters":"x"}] | tools[0].parameters
            "tool_choice":"required"                    | tool_choice
            "tool_choice":{"type":"file_search"}        | tool_choice.type
            "tool_choice":{"type":"function"}           | tool_choice.name
            "tool_choice":{"type":"function","name":"f"} | tool_choice.name
            "tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]} | tool_choice.tools[0].name
            "parallel_tool_calls":"no"                  | parallel_tool_calls
            """)
    void shouldNameTheFieldAtFault(String members, String param) {
        check("{\"input\":\"hi\"," + members + "}", param);
    }

    private static void check(String body, String param) {
        ApiException e = catchThrowableOfType(ApiException.class, () -> parse(body));
        assertThat(e).as("the request was taken").isNotNull();
        ApiError error = e.error();
        assertThat(error.param()).contains(param);
        assertThat(error.status()).isEqualTo(400);
        assertThat(error.code()).isPresent();
    }

    @Test
    void shouldKeepTheCallsOfHistoriesAsTheyAre() {
        List<Message> messages = messages(
                "[{\"type\":\"function_call\",\"call_id\":\"functions.f:0\",\"name\":\"f\","
                        + "\"arguments\":\"{\\\"ci\"},{\"type\":\"function_call_output\",\"call_id\":\"functions.f:0\",\"output\":\"\"}]");
        assertThat(((Message.Assistant) messages.getFirst()).toolCalls())
                .containsExactly(new ToolCall("functions.f:0", "f", "{\"ci"));
    }
}
