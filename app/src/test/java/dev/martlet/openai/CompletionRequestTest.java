package dev.martlet.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.martlet.engine.Sampling;
import dev.martlet.openai.CompletionRequest.Prompt;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompletionRequestTest {

    private static CompletionRequest parse(String json) {
        return CompletionRequest.parse(Json.object(json.getBytes(StandardCharsets.UTF_8)), 1000);
    }

    private static CompletionRequest with(String members) {
        return parse("{\"prompt\":\"hi\"," + members + "}");
    }

    @Test
    void shouldTakeAPromptInEachOfItsShapes() {
        assertThat(parse("{\"prompt\":\"hi\"}").prompts()).containsExactly(new Prompt.Text("hi", "prompt"));
        assertThat(parse("{\"prompt\":\"\"}").prompts()).containsExactly(new Prompt.Text("", "prompt"));
        assertThat(parse("{\"prompt\":[\"a\",\"b\"]}").prompts())
                .containsExactly(new Prompt.Text("a", "prompt[0]"), new Prompt.Text("b", "prompt[1]"));
        assertThat(parse("{\"prompt\":[1,999]}").prompts())
                .containsExactly(new Prompt.Tokens(List.of(1, 999), "prompt"));
        assertThat(parse("{\"prompt\":[[1],[2,3]]}").prompts())
                .containsExactly(
                        new Prompt.Tokens(List.of(1), "prompt[0]"), new Prompt.Tokens(List.of(2, 3), "prompt[1]"));
        assertThat(parse("{\"prompt\":\"\\ud800\"}").prompts()).containsExactly(new Prompt.Text("\ufffd", "prompt"));
    }

    @Test
    void shouldLeaveOpenWhatIsNotSaid() {
        CompletionRequest request = parse("{\"prompt\":\"hi\",\"suffix\":null,\"logprobs\":null,\"model\":null}");
        assertThat(request.model()).isEmpty();
        assertThat(request.suffix()).isEmpty();
        assertThat(request.maxTokens()).isEmpty();
        assertThat(request.choices()).isEqualTo(1);
        assertThat(request.candidates()).isEqualTo(1);
        assertThat(request.echo()).isFalse();
        assertThat(request.stream()).isFalse();
        assertThat(request.toldLogprobs()).isEqualTo(-1);
        assertThat(request.topLogprobs()).isEqualTo(-1);
        assertThat(request.stops()).isEmpty();
        assertThat(request.format()).isInstanceOf(ResponseFormat.Text.class);
        assertThat(request.ignored()).isEmpty();
        assertThat(with("\"suffix\":\"\"").suffix()).isEmpty();
    }

    @Test
    void shouldReadEveryField() {
        CompletionRequest request = with("\"model\":\"m\",\"suffix\":\" end\",\"max_tokens\":7,\"temperature\":0.5,"
                + "\"top_p\":0.9,\"top_k\":5,\"min_p\":0.1,\"repetition_penalty\":1.5,\"frequency_penalty\":1,"
                + "\"presence_penalty\":-1,\"seed\":9,\"logit_bias\":{\"3\":2},\"min_tokens\":2,\"n\":2,\"best_of\":3,"
                + "\"stop\":[\"a\",\"b\"],\"stop_token_ids\":[4],\"ignore_eos\":true,\"logprobs\":5,"
                + "\"guided_regex\":\"x+\"");
        assertThat(request.model()).contains("m");
        assertThat(request.suffix()).contains(" end");
        assertThat(request.maxTokens()).hasValue(7);
        assertThat(request.choices()).isEqualTo(2);
        assertThat(request.candidates()).isEqualTo(3);
        assertThat(request.stops()).containsExactly("a", "b");
        assertThat(request.stopTokens()).containsExactly(4);
        assertThat(request.ignoreEndOfGeneration()).isTrue();
        assertThat(request.toldLogprobs()).isEqualTo(5);
        assertThat(request.format()).isEqualTo(new ResponseFormat.Regex("x+", "guided_regex"));
        Sampling sampling = request.sampling().sampling(Sampling.seeded(0), 1, 1);
        assertThat(sampling.temperature()).isEqualTo(0.5f);
        assertThat(sampling.topK()).isEqualTo(5);
        assertThat(sampling.topP()).isEqualTo(0.9f);
        assertThat(sampling.minP()).isEqualTo(0.1f);
        assertThat(sampling.repetitionPenalty()).isEqualTo(1.5f);
        assertThat(sampling.frequencyPenalty()).isEqualTo(1f);
        assertThat(sampling.presencePenalty()).isEqualTo(-1f);
        assertThat(sampling.seed()).isEqualTo(10);
        assertThat(sampling.minTokens()).isEqualTo(2);
        assertThat(request.ignored()).isEmpty();
    }

    @Test
    void shouldRankByLogprobsWithoutTellingThem() {
        CompletionRequest request = with("\"best_of\":4");
        assertThat(request.toldLogprobs()).isEqualTo(-1);
        assertThat(request.topLogprobs()).isZero();
        assertThat(with("\"best_of\":4,\"logprobs\":3").topLogprobs()).isEqualTo(3);
    }

    @Test
    void shouldTellWhatHasNoEffect() {
        assertThat(with("\"user\":\"u\",\"cache_prompt\":false,\"top_logprobs\":2,\"stream_options\":{},\"frob\":1,"
                                + "\"nil\":null")
                        .ignored())
                .containsExactlyInAnyOrder("user", "cache_prompt", "top_logprobs", "stream_options", "frob");
        assertThat(with("\"stream\":true,\"stream_options\":{\"include_usage\":true,\"x\":1}")
                        .ignored())
                .containsExactly("stream_options.x");
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {}                                        | prompt
            {"prompt":null}                           | prompt
            {"prompt":5}                              | prompt
            {"prompt":{}}                             | prompt
            {"prompt":true}                           | prompt
            {"prompt":[]}                             | prompt
            {"prompt":[null]}                         | prompt[0]
            {"prompt":["a",1]}                        | prompt[1]
            {"prompt":["a",["b"]]}                    | prompt[1]
            {"prompt":[1,"a"]}                        | prompt[1]
            {"prompt":[1.5]}                          | prompt[0]
            {"prompt":[1000]}                         | prompt[0]
            {"prompt":[-1]}                           | prompt[0]
            {"prompt":[[]]}                           | prompt[0]
            {"prompt":[[1],[]]}                       | prompt[1]
            {"prompt":[[1],5]}                        | prompt[1]
            {"prompt":[[1],["a"]]}                    | prompt[1][0]
            {"prompt":[[1],[2,1000]]}                 | prompt[1][1]
            """)
    void shouldNameThePromptAtFault(String body, String param) {
        check(body, param);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "model":5                                  | model
            "suffix":5                                 | suffix
            "echo":"yes"                               | echo
            "echo":true,"logprobs":0,"suffix":"x"      | suffix
            "echo":true,"max_tokens":0,"suffix":"x"    | suffix
            "echo":false,"max_tokens":0,"logprobs":1   | max_tokens
            "logprobs":true                            | logprobs
            "logprobs":6                               | logprobs
            "logprobs":-1                              | logprobs
            "max_tokens":0                             | max_tokens
            "max_tokens":"5"                           | max_tokens
            "n":0                                      | n
            "n":129                                    | n
            "best_of":0                                | best_of
            "best_of":21                               | best_of
            "n":3,"best_of":2                          | best_of
            "best_of":2,"stream":true                  | best_of
            "prompt":["a","b"],"n":65                  | n
            "prompt":["a","b","c","d","e","f","g"],"best_of":20 | best_of
            "temperature":3                            | temperature
            "top_p":-1                                 | top_p
            "seed":"x"                                 | seed
            "stop":[1]                                 | stop[0]
            "stop":""                                  | stop
            "logit_bias":{"1000":1}                    | logit_bias
            "presence_penalty":3                       | presence_penalty
            "frequency_penalty":"x"                    | frequency_penalty
            "stream":1                                 | stream
            "stream":true,"stream_options":[]          | stream_options
            "user":5                                   | user
            "ignore_eos":0                             | ignore_eos
            "stop_token_ids":[1000]                    | stop_token_ids[0]
            "response_format":{"type":"xml"}           | response_format.type
            "guided_choice":[]                         | guided_choice
            "bad_words":["x"]                          | bad_words
            "prompt_logprobs":1                        | prompt_logprobs
            "prompt_embeds":"x"                        | prompt_embeds
            """)
    void shouldNameTheFieldAtFault(String members, String param) {
        check((members.startsWith("\"prompt\":") ? "{" : "{\"prompt\":\"hi\",") + members + "}", param);
    }

    @Test
    void shouldBoundTheNumberOfPrompts() {
        check("{\"prompt\":[\"a\"" + ",\"a\"".repeat(128) + "]}", "prompt");
        assertThat(parse("{\"prompt\":[\"a\"" + ",\"a\"".repeat(127) + "]}").prompts())
                .hasSize(128);
    }

    private static void check(String body, String param) {
        ApiException e = catchThrowableOfType(ApiException.class, () -> parse(body));
        assertThat(e).as("the request was taken").isNotNull();
        assertThat(e.error().param()).contains(param);
        assertThat(e.error().status()).isEqualTo(400);
        assertThat(e.error().code()).isPresent();
        assertThat(e.error().message()).contains(param);
    }
}
