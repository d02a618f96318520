package dev.martlet.server;

import java.util.List;
import java.util.Map;
import java.util.Random;

/** Valid bodies of each endpoint, to begin from. */
final class FuzzBodies {
    private static final String TOOL = """
            {"type":"function","function":{"name":"get_weather","description":"d","strict":true,
             "parameters":{"type":"object","properties":{"city":{"type":"string","maxLength":20},
             "days":{"type":"integer","minimum":1,"maximum":9},"unit":{"enum":["c","f",null]}},
             "required":["city","days","unit"],"additionalProperties":false}}}""";

    private static final String SCHEMA = """
            {"type":"object","properties":{"a":{"type":"array","items":{"type":"number"},"maxItems":3},
             "b":{"anyOf":[{"type":"string","pattern":"^[a-z]{1,4}$"},{"type":"null"}]},
             "c":{"$ref":"#/$defs/c"}},"required":["a","b"],"additionalProperties":false,
             "$defs":{"c":{"type":"boolean"}}}""";

    private static final List<String> CHAT =
            List.of("""
            {"model":"any","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}],
             "max_tokens":8,"temperature":0.7,"top_p":0.9,"n":2,"stop":["zz"],"seed":1,"logprobs":true,"top_logprobs":2,
             "logit_bias":{"97":-5},"frequency_penalty":0.1,"presence_penalty":0.1,"user":"u","metadata":{"a":"b"}}""", """
            {"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},
             {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",
              "function":{"name":"get_weather","arguments":"{\\"city\\":\\"Lisbon\\"}"}}]},
             {"role":"tool","tool_call_id":"call_1","content":"sunny"}],"tools":[%s],
             "tool_choice":"auto","parallel_tool_calls":false,"stream":true,"stream_options":{"include_usage":true},
             "max_completion_tokens":40}""".formatted(TOOL), """
            {"messages":[{"role":"user","content":"call it"}],"tools":[%s],
             "tool_choice":{"type":"function","function":{"name":"get_weather"}},"max_tokens":60,"stream":true}""".formatted(TOOL), """
            {"messages":[{"role":"user","content":"json"}],"max_tokens":60,
             "response_format":{"type":"json_schema","json_schema":{"name":"s","strict":true,"schema":%s}}}""".formatted(SCHEMA), """
            {"messages":[{"role":"user","content":"r"},{"role":"assistant","content":"so far"}],
             "continue_final_message":true,"add_generation_prompt":false,"guided_regex":"[a-f]{2,9}","max_tokens":20,
             "chat_template_kwargs":{"enable_thinking":false},"priority":3,"min_tokens":2,"top_k":5,"min_p":0.1,
             "repetition_penalty":1.1,"ignore_eos":true,"stop_token_ids":[3]}""", """
            {"messages":[{"role":"user","content":"f"}],"functions":[{"name":"f","parameters":%s}],
             "function_call":{"name":"f"},"max_tokens":50}""".formatted(SCHEMA));

    private static final List<String> COMPLETIONS = List.of("""
            {"prompt":"once","max_tokens":8,"n":2,"best_of":3,"logprobs":2,"echo":false,"stop":["x","y"],"suffix":"end"}""", """
            {"prompt":["a","b"],"max_tokens":5,"stream":true,"echo":true,"stream_options":{"include_usage":true}}""", """
            {"prompt":[97,98,99],"guided_json":%s,"max_tokens":50,"temperature":0}""".formatted(SCHEMA), """
            {"prompt":[[97],[98,99]],"guided_choice":["red","blue"],"grammar":"","max_tokens":9}""");

    private static final List<String> RESPONSES = List.of("""
            {"input":"hi","instructions":"i","max_output_tokens":20,"stream":true,"temperature":1,"metadata":{"k":"v"},
             "reasoning":{"effort":"low"},"store":false,"truncation":"disabled"}""", """
            {"input":[{"role":"user","content":[{"type":"input_text","text":"x"}]},
             {"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
             {"type":"function_call_output","call_id":"c1","output":"42"}],"max_output_tokens":30,
             "tools":[{"type":"function","name":"f","strict":true,"parameters":{"type":"object","properties":{},"additionalProperties":false}}],
             "tool_choice":"required","parallel_tool_calls":true}""", """
            {"input":"j","text":{"format":{"type":"json_schema","name":"n","schema":%s,"strict":true}},"max_output_tokens":60}""".formatted(SCHEMA));

    private static final List<String> MESSAGES = List.of("""
            {"model":"any","max_tokens":12,"system":"s","messages":[{"role":"user","content":"hi"}],"stream":true,
             "stop_sequences":["q"],"temperature":0.5,"top_k":4,"thinking":{"type":"enabled","budget_tokens":1024}}""", """
            {"model":"any","max_tokens":40,"system":[{"type":"text","text":"s"}],"messages":[
             {"role":"user","content":[{"type":"text","text":"q"}]},
             {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{"a":1}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"r"}]}],
             "tools":[{"name":"f","description":"d","input_schema":%s}],"tool_choice":{"type":"tool","name":"f"}}""".formatted(SCHEMA));

    private static final Map<String, List<String>> BY_PATH = Map.of(
            "/v1/chat/completions", CHAT,
            "/v1/completions", COMPLETIONS,
            "/v1/responses", RESPONSES,
            "/v1/messages", MESSAGES,
            "/v1/messages/count_tokens", MESSAGES,
            "/apply-template", CHAT,
            "/detokenize", List.of("{\"tokens\":[97,98,99],\"model\":\"m\"}"),
            "/tokenize",
                    List.of(
                            "{\"prompt\":\"some text\",\"add_special_tokens\":true,\"return_token_strs\":true}",
                            "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"add_generation_prompt\":true}"));

    private static final List<String> ANY =
            BY_PATH.values().stream().flatMap(List::stream).toList();

    private FuzzBodies() {}

    /** A valid body of this endpoint; of any, where none is known. */
    static String valid(String path, Random random) {
        List<String> bodies = BY_PATH.getOrDefault(path, ANY);
        return bodies.get(random.nextInt(bodies.size()));
    }

    /** A body that may be anything, mostly nearly valid. */
    static byte[] hostile(String path, Random random) {
        return switch (random.nextInt(20)) {
            case 0 -> FuzzJson.invented(random);
            case 1 -> {
                byte[] noise = new byte[random.nextInt(300)];
                random.nextBytes(noise);
                yield noise;
            }
            case 2 -> FuzzJson.damaged(ANY.get(random.nextInt(ANY.size())), random);
            case 3 -> valid(path, random).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            default -> FuzzJson.damaged(valid(path, random), random);
        };
    }
}
