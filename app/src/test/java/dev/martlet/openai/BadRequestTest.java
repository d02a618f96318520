package dev.martlet.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that are refused: each a 400 that names its field. */
class BadRequestTest {

    private static ApiError refused(byte[] body) {
        ApiException e =
                catchThrowableOfType(ApiException.class, () -> ChatCompletionRequest.parse(Json.object(body), 1000));
        assertThat(e).as("the request was taken").isNotNull();
        return e.error();
    }

    private static ApiError refused(String json) {
        return refused(json.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @MethodSource
    void shouldRefuseBodiesThatAreNoObject(byte[] body) {
        ApiError error = refused(body);
        assertThat(error.status()).isEqualTo(400);
        assertThat(error.type()).isEqualTo("invalid_request_error");
        assertThat(error.param()).isEmpty();
    }

    static Stream<byte[]> shouldRefuseBodiesThatAreNoObject() {
        return Stream.concat(
                Stream.of(
                                "",
                                "  ",
                                "[]",
                                "null",
                                "1",
                                "\"x\"",
                                "{",
                                "{\"a\":}",
                                "{} x",
                                "{\"a\":1}{",
                                "nope",
                                "{'a':1}",
                                "[".repeat(100_000),
                                "{\"a\":".repeat(100_000),
                                "{\"a\":1e}",
                                "{\"a\":\"\u0001\"}")
                        .map(text -> text.getBytes(StandardCharsets.UTF_8)),
                Stream.of(new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'}, new byte[] {(byte) 0xC3}, new byte[] {
                    (byte) 0xED, (byte) 0xA0, (byte) 0x80
                }));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {}                                                                  | messages
            {"messages":null}                                                   | messages
            {"messages":{}}                                                     | messages
            {"messages":"hi"}                                                   | messages
            {"messages":[]}                                                     | messages
            {"messages":["hi"]}                                                 | messages[0]
            {"messages":[null]}                                                 | messages[0]
            {"messages":[{}]}                                                   | messages[0].role
            {"messages":[{"role":5,"content":"x"}]}                             | messages[0].role
            {"messages":[{"role":"wizard","content":"x"}]}                      | messages[0].role
            {"messages":[{"role":"user"}]}                                      | messages[0].content
            {"messages":[{"role":"user","content":null}]}                       | messages[0].content
            {"messages":[{"role":"user","content":5}]}                          | messages[0].content
            {"messages":[{"role":"user","content":{}}]}                         | messages[0].content
            {"messages":[{"role":"user","content":[5]}]}                        | messages[0].content[0]
            {"messages":[{"role":"user","content":[{"text":"x"}]}]}             | messages[0].content[0].type
            {"messages":[{"role":"user","content":[{"type":"text"}]}]}          | messages[0].content[0].text
            {"messages":[{"role":"user","content":[{"type":"image_url"}]}]}     | messages[0].content[0].type
            {"messages":[{"role":"user","content":[{"type":"odour"}]}]}         | messages[0].content[0].type
            {"messages":[{"role":"user","content":"x","name":7}]}               | messages[0].name
            {"messages":[{"role":"system"},{"role":"user","content":"x"}]}      | messages[0].content
            {"messages":[{"role":"function","content":"x"}]}                    | messages[0].name
            {"messages":[{"role":"assistant","content":"x"}]}                   | messages[0].role
            {"messages":[{"role":"assistant","tool_calls":{}}]}                 | messages[0].tool_calls
            {"messages":[{"role":"assistant","tool_calls":[1]}]}                | messages[0].tool_calls[0]
            {"messages":[{"role":"assistant","tool_calls":[{}]}]}               | messages[0].tool_calls[0].function
            {"messages":[{"role":"assistant","tool_calls":[{"function":{}}]}]}  | messages[0].tool_calls[0].function.name
            {"messages":[{"role":"assistant","tool_calls":[{"id":1}]}]}         | messages[0].tool_calls[0].id
            {"messages":[{"role":"assistant","function_call":{}}]}              | messages[0].function_call.name
            {"messages":[{"role":"user","content":"x"},{"role":"tool","tool_call_id":4,"content":"x"}]} | messages[1].tool_call_id
            """)
    void shouldNameTheMessageAtFault(String body, String param) {
        check(refused(body), param);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "model":5                                  | model
            "temperature":9                            | temperature
            "temperature":-0.1                         | temperature
            "temperature":"hot"                        | temperature
            "temperature":1e400                        | temperature
            "temperature":true                         | temperature
            "top_p":1.5                                | top_p
            "top_p":-1                                 | top_p
            "top_k":-2                                 | top_k
            "top_k":1.5                                | top_k
            "min_p":2                                  | min_p
            "priority":101                             | priority
            "repetition_penalty":0                     | repetition_penalty
            "repetition_penalty":1e-60                 | repetition_penalty
            "repeat_penalty":101                       | repeat_penalty
            "frequency_penalty":2.1                    | frequency_penalty
            "presence_penalty":-3                      | presence_penalty
            "n":0                                      | n
            "n":129                                    | n
            "n":1.5                                    | n
            "n":"1"                                    | n
            "n":1e400                                  | n
            "n":1e999999999                            | n
            "max_tokens":-1                            | max_tokens
            "max_tokens":0                             | max_tokens
            "max_tokens":2147483648                    | max_tokens
            "max_completion_tokens":0                  | max_completion_tokens
            "min_tokens":-1                            | min_tokens
            "seed":1.5                                 | seed
            "seed":99999999999999999999                | seed
            "stop":5                                   | stop
            "stop":""                                  | stop
            "stop":[""]                                | stop[0]
            "stop":["a",5]                             | stop[1]
            "stop":["a","b","c","d","e"]               | stop
            "stop_token_ids":5                         | stop_token_ids
            "stop_token_ids":[1000]                    | stop_token_ids[0]
            "stop_token_ids":[1,-1]                    | stop_token_ids[1]
            "logit_bias":[]                            | logit_bias
            "logit_bias":{"x":1}                       | logit_bias
            "logit_bias":{"1000":1}                    | logit_bias
            "logit_bias":{"-1":1}                      | logit_bias
            "logit_bias":{"1":101}                     | logit_bias.1
            "logit_bias":{"1":"a"}                     | logit_bias.1
            "logprobs":1                               | logprobs
            "logprobs":true,"top_logprobs":21          | top_logprobs
            "logprobs":true,"top_logprobs":-1          | top_logprobs
            "top_logprobs":2                           | top_logprobs
            "stream":"yes"                             | stream
            "stream":true,"stream_options":1           | stream_options
            "stream":true,"stream_options":{"include_usage":1} | stream_options.include_usage
            "tools":{}                                 | tools
            "tools":[1]                                | tools[0]
            "tools":[{}]                               | tools[0].function
            "tools":[{"type":"custom"}]                | tools[0].type
            "tools":[{"type":"function"}]              | tools[0].function
            "tools":[{"type":"function","function":{}}]                                   | tools[0].function.name
            "tools":[{"type":"function","function":{"name":""}}]                          | tools[0].function.name
            "tools":[{"type":"function","function":{"name":1}}]                           | tools[0].function.name
            "tools":[{"type":"function","function":{"name":"f","parameters":[]}}]         | tools[0].function.parameters
            "tools":[{"type":"function","function":{"name":"f","description":1}}]         | tools[0].function.description
            "tools":[{"type":"function","function":{"name":"f","strict":"yes"}}]          | tools[0].function.strict
            "tool_choice":"required"                   | tool_choice
            "tool_choice":"sometimes"                  | tool_choice
            "tool_choice":7                            | tool_choice
            "tool_choice":{}                           | tool_choice.type
            "tool_choice":{"type":"magic"}             | tool_choice.type
            "tool_choice":{"type":"function"}          | tool_choice.function
            "tool_choice":{"type":"function","function":{"name":"g"}}                     | tool_choice.function.name
            "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"x"}}           | tool_choice.allowed_tools.mode
            "tool_choice":{"type":"allowed_tools","tools":[{"function":{"name":"g"}}]}    | tool_choice.tools[0].function.name
            "parallel_tool_calls":"no"                 | parallel_tool_calls
            "functions":[{}]                           | functions[0].name
            "functions":[{"name":"f"}],"function_call":{"name":"g"}                       | function_call.name
            "functions":[{"name":"f"}],"function_call":"maybe"                            | function_call
            "response_format":"json"                   | response_format
            "response_format":{}                       | response_format.type
            "response_format":{"type":"xml"}           | response_format.type
            "response_format":{"type":"json_schema"}                        | response_format.json_schema
            "response_format":{"type":"json_schema","json_schema":{}}       | response_format.json_schema.schema
            "response_format":{"type":"json_schema","json_schema":{"schema":1}} | response_format.json_schema.schema
            "response_format":{"type":"json_schema","json_schema":{"schema":{},"strict":1}} | response_format.json_schema.strict
            "guided_choice":[]                         | guided_choice
            "guided_choice":[1]                        | guided_choice[0]
            "structured_outputs":{"regex":1}           | structured_outputs.regex
            "response_format":{"type":"json_object"},"grammar":"root ::= x" | grammar
            "guided_regex":"a","guided_choice":["b"]   | guided_choice
            "reasoning_effort":"hardly"                | reasoning_effort
            "chat_template_kwargs":[]                  | chat_template_kwargs
            "continue_final_message":true              | messages[0].role
            "continue_final_message":true,"add_generation_prompt":true                    | continue_final_message
            "modalities":["audio"]                     | modalities[0]
            "prediction":"x"                           | prediction
            "prediction":{"content":"x"}               | prediction.type
            "prediction":{"type":"guess","content":"x"}                                   | prediction.type
            "prediction":{"type":"content"}            | prediction.content
            "prediction":{"type":"content","content":5}                                   | prediction.content
            "prediction":{"type":"content","content":[{"type":"image_url"}]}              | prediction.content[0].type
            "user":5                                   | user
            "metadata":"x"                             | metadata
            """)
    void shouldNameTheFieldAtFault(String members, String param) {
        check(refused("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]," + members + "}"), param);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "bad_words":["x"]                                              | bad_words
            "audio":{}                                                     | audio
            "response_format":{"type":"structural_tag"}                    | response_format.type
            """)
    void shouldRefuseWhatItCannotPromise(String members, String param) {
        ApiError error = refused("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]," + members + "}");
        check(error, param);
        assertThat(error.code()).contains("unsupported_value");
    }

    @Test
    void shouldKeepHugeValuesOutOfMessages() {
        String digits = "9".repeat(1000);
        ApiError error =
                refused("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":" + digits + "}");
        check(error, "max_tokens");
        assertThat(error.message()).hasSizeLessThan(300);
        assertThat(refused("{\"max_tokens\":" + digits.repeat(10) + "}").message())
                .hasSizeLessThan(300);
    }

    @Test
    void shouldWriteTheWireShape() {
        assertThat(new String(
                        ApiError.invalid("a.b", "invalid_type", "say \"no\"").body(), StandardCharsets.UTF_8))
                .isEqualTo("{\"error\":{\"message\":\"say \\\"no\\\"\",\"type\":\"invalid_request_error\","
                        + "\"param\":\"a.b\",\"code\":\"invalid_type\"}}");
    }

    private static void check(ApiError error, String param) {
        assertThat(error.param()).contains(param);
        assertThat(error.status()).isEqualTo(400);
        assertThat(error.type()).isEqualTo("invalid_request_error");
        assertThat(error.code()).isPresent();
    }
}
