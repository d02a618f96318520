package dev.martlet.responses;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.toolcall.ChatEvent;
import dev.martlet.engine.Sampling;
import dev.martlet.openai.AnswerEnd;
import dev.martlet.openai.AnswerSink;
import dev.martlet.openai.ApiError;
import dev.martlet.openai.Json;
import dev.martlet.openai.UsageReport;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResponseStreamTest {
    private static final UsageReport USAGE = new UsageReport(10, 4, 20, 5);

    private static ResponseWriter writer(String members) {
        JsonObject body = Json.object(("{\"input\":\"hi\"" + members + "}").getBytes(StandardCharsets.UTF_8));
        return new ResponseWriter(
                "resp_1",
                Instant.ofEpochSecond(1_700_000_000),
                "tiny",
                ResponseRequest.parse(body, 1000, name -> true),
                Sampling.seeded(0));
    }

    /** Thoughts, a text, and two calls, the second of them cut off. */
    private static void answer(AnswerSink sink, AnswerEnd end) {
        sink.begin(0);
        for (ChatEvent event : List.of(
                new ChatEvent.Reasoning("\nhm"),
                new ChatEvent.Content("\n\n"),
                new ChatEvent.Content("H\u00e9"),
                new ChatEvent.Content(" \"x\"\n"),
                new ChatEvent.CallBegin(0, "call_a", "f"),
                new ChatEvent.CallArguments(0, "{\"x\":"),
                new ChatEvent.CallArguments(0, "1}"),
                new ChatEvent.CallEnd(0, true),
                new ChatEvent.CallBegin(1, "call_b", "g"),
                new ChatEvent.CallArguments(1, "{"),
                new ChatEvent.CallEnd(1, end != AnswerEnd.LENGTH))) {
            sink.event(0, event, List.of());
        }
        sink.end(0, end);
    }

    private static String sent(ResponseStream stream) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            stream.sendTo(out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    /** The events, each with its name checked against its type, and its number against its place. */
    static List<JsonObject> events(String stream) {
        List<JsonObject> events = new ArrayList<>();
        assertThat(stream).endsWith("\n\n");
        for (String event : stream.split("\n\n")) {
            String[] lines = event.split("\n");
            assertThat(lines).hasSize(2);
            JsonObject data = Json.object(lines[1].substring("data: ".length()).getBytes(StandardCharsets.UTF_8));
            assertThat(lines[0]).isEqualTo("event: " + data.getString("type"));
            assertThat(data.getInt("sequence_number")).isEqualTo(events.size());
            events.add(data);
        }
        return events;
    }

    /** Made-up ids by number, in the order they first appear. */
    private static String masked(String text) {
        StringBuilder masked = new StringBuilder();
        List<String> ids = new ArrayList<>();
        var matcher =
                java.util.regex.Pattern.compile("(rs|msg|fc)_[A-Za-z0-9]{24}").matcher(text);
        while (matcher.find()) {
            if (!ids.contains(matcher.group())) {
                ids.add(matcher.group());
            }
            matcher.appendReplacement(masked, matcher.group(1) + "_" + ids.indexOf(matcher.group()));
        }
        return matcher.appendTail(masked).toString();
    }

    @Test
    void shouldTellTheEventsInTheirOrder() {
        ResponseStream stream = new ResponseStream(writer(""));
        answer(stream, AnswerEnd.TOOL_CALLS);
        String items = masked(sent(stream))
                .replaceAll("event: .*\n", "")
                .replaceAll("\"response\":\\{.*", "...")
                .replaceAll("\"sequence_number\":\\d+,?", "")
                .replace("data: {\"type\":\"response.", "")
                .replace("\n\n", "\n");
        String part = "\"output_index\":%d,\"item_id\":\"%s\",\"content_index\":0,";
        String thought = part.formatted(0, "rs_0");
        String text = part.formatted(1, "msg_1");
        String first = "\"output_index\":2,\"item_id\":\"fc_2\",";
        String second = "\"output_index\":3,\"item_id\":\"fc_3\",";
        assertThat(items.lines())
                .containsExactly(
                        "created\",...",
                        "in_progress\",...",
                        "output_item.added\",\"output_index\":0,\"item\":{\"id\":\"rs_0\",\"status\":\"in_progress\","
                                + "\"type\":\"reasoning\",\"summary\":[],\"content\":[]}}",
                        "content_part.added\"," + thought + "\"part\":{\"type\":\"reasoning_text\",\"text\":\"\"}}",
                        "reasoning_text.delta\"," + thought + "\"delta\":\"hm\"}",
                        "reasoning_text.done\"," + thought + "\"text\":\"hm\"}",
                        "content_part.done\"," + thought + "\"part\":{\"type\":\"reasoning_text\",\"text\":\"hm\"}}",
                        "output_item.done\",\"output_index\":0,\"item\":{\"id\":\"rs_0\",\"status\":\"completed\","
                                + "\"type\":\"reasoning\",\"summary\":[],"
                                + "\"content\":[{\"type\":\"reasoning_text\",\"text\":\"hm\"}]}}",
                        "output_item.added\",\"output_index\":1,\"item\":{\"id\":\"msg_1\",\"status\":\"in_progress\","
                                + "\"type\":\"message\",\"role\":\"assistant\",\"content\":[]}}",
                        "content_part.added\"," + text
                                + "\"part\":{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"\"}}",
                        "output_text.delta\"," + text + "\"logprobs\":[],\"delta\":\"H\u00e9\"}",
                        "output_text.delta\"," + text + "\"logprobs\":[],\"delta\":\" \\\"x\\\"\"}",
                        "output_text.done\"," + text + "\"logprobs\":[],\"text\":\"H\u00e9 \\\"x\\\"\"}",
                        "content_part.done\"," + text
                                + "\"part\":{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],"
                                + "\"text\":\"H\u00e9 \\\"x\\\"\"}}",
                        "output_item.done\",\"output_index\":1,\"item\":{\"id\":\"msg_1\",\"status\":\"completed\","
                                + "\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
                                + "\"annotations\":[],\"logprobs\":[],\"text\":\"H\u00e9 \\\"x\\\"\"}]}}",
                        "output_item.added\",\"output_index\":2,\"item\":{\"id\":\"fc_2\",\"status\":\"in_progress\","
                                + "\"type\":\"function_call\",\"call_id\":\"call_a\",\"name\":\"f\",\"arguments\":\"\"}}",
                        "function_call_arguments.delta\"," + first + "\"delta\":\"{\\\"x\\\":\"}",
                        "function_call_arguments.delta\"," + first + "\"delta\":\"1}\"}",
                        "function_call_arguments.done\"," + first + "\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}",
                        "output_item.done\",\"output_index\":2,\"item\":{\"id\":\"fc_2\",\"status\":\"completed\","
                                + "\"type\":\"function_call\",\"call_id\":\"call_a\",\"name\":\"f\","
                                + "\"arguments\":\"{\\\"x\\\":1}\"}}",
                        "output_item.added\",\"output_index\":3,\"item\":{\"id\":\"fc_3\",\"status\":\"in_progress\","
                                + "\"type\":\"function_call\",\"call_id\":\"call_b\",\"name\":\"g\",\"arguments\":\"\"}}",
                        "function_call_arguments.delta\"," + second + "\"delta\":\"{\"}",
                        "function_call_arguments.done\"," + second + "\"name\":\"g\",\"arguments\":\"{\"}",
                        "output_item.done\",\"output_index\":3,\"item\":{\"id\":\"fc_3\",\"status\":\"completed\","
                                + "\"type\":\"function_call\",\"call_id\":\"call_b\",\"name\":\"g\",\"arguments\":\"{\"}}");
    }

    @Test
    void shouldEndWithTheWholeResponse() {
        ResponseStream stream = new ResponseStream(writer(
                ",\"instructions\":\"be\",\"metadata\":{\"a\":\"b\"},\"max_output_tokens\":20,\"temperature\":0.5,"
                        + "\"tools\":[{\"type\":\"function\",\"name\":\"f\"}],\"tool_choice\":\"auto\""));
        answer(stream, AnswerEnd.LENGTH);
        stream.finish(USAGE);
        List<JsonObject> events = events(sent(stream));
        assertThat(events.getFirst().getJsonObject("response").getString("status"))
                .isEqualTo("in_progress");
        assertThat(events.getFirst().getJsonObject("response").getJsonArray("output"))
                .isEmpty();
        assertThat(events.getLast().getString("type")).isEqualTo("response.incomplete");
        JsonObject response = events.getLast().getJsonObject("response");
        JsonArray items = response.getJsonArray("output");
        assertThat(items).hasSize(4);
        List<JsonObject> done = events.stream()
                .filter(event -> event.getString("type").equals("response.output_item.done"))
                .map(event -> event.getJsonObject("item"))
                .toList();
        assertThat(items).map(item -> (Object) item).isEqualTo(done);
        assertThat(items.getJsonObject(3).getString("status")).isEqualTo("incomplete");
        assertThat(response.toString())
                .contains("\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":1700000000,\"model\":\"tiny\"")
                .contains("\"status\":\"incomplete\",\"error\":null")
                .contains("\"incomplete_details\":{\"reason\":\"max_output_tokens\"}")
                .contains("\"input_tokens\":10,\"input_tokens_details\":{\"cached_tokens\":4,")
                .contains("\"output_tokens\":20,\"output_tokens_details\":{\"reasoning_tokens\":5},\"total_tokens\":30")
                .contains("\"instructions\":\"be\"")
                .contains("\"metadata\":{\"a\":\"b\"}")
                .contains("\"max_output_tokens\":20")
                .contains("\"temperature\":0.5")
                .contains("\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"description\":null,\"parameters\":null,"
                        + "\"strict\":false}]")
                .contains("\"store\":false,\"previous_response_id\":null");
    }

    @Test
    void shouldFoldToWhatIsStreamed() {
        ResponseStream stream = new ResponseStream(writer(""));
        answer(stream, AnswerEnd.TOOL_CALLS);
        stream.finish(USAGE);
        List<JsonObject> events = events(sent(stream));
        assertThat(events.getLast().getString("type")).isEqualTo("response.completed");
        ResponseBody body = new ResponseBody(writer(""));
        answer(body, AnswerEnd.TOOL_CALLS);
        assertThat(masked(new String(body.body(USAGE), StandardCharsets.UTF_8)))
                .isEqualTo(masked(events.getLast().getJsonObject("response").toString()));
    }

    @Test
    void shouldTellAFailure() {
        ResponseStream stream = new ResponseStream(writer(""));
        stream.begin(0);
        stream.event(0, new ChatEvent.Content("half"), List.of());
        stream.error(ApiError.unavailable("shutting_down", "Bye.", Duration.ofSeconds(1)));
        List<JsonObject> events = events(sent(stream));
        JsonObject error = events.get(events.size() - 2);
        assertThat(error.getString("type")).isEqualTo("error");
        assertThat(error.getString("code")).isEqualTo("shutting_down");
        assertThat(error.getString("message")).isEqualTo("Bye.");
        assertThat(error.getJsonObject("error").getString("message")).isEqualTo("Bye.");
        JsonObject response = events.getLast().getJsonObject("response");
        assertThat(events.getLast().getString("type")).isEqualTo("response.failed");
        assertThat(response.getString("status")).isEqualTo("failed");
        assertThat(response.getJsonObject("error").toString())
                .isEqualTo("{\"code\":\"server_error\",\"message\":\"Bye.\"}");
        assertThat(response.getJsonArray("output").toString()).contains("\"incomplete\"", "\"half\"");
    }

    @Test
    void shouldAnswerWithNothing() {
        ResponseBody body = new ResponseBody(writer(""));
        body.begin(0);
        body.event(0, new ChatEvent.Content(" \n"), List.of());
        body.end(0, AnswerEnd.STOP);
        JsonObject response = Json.object(body.body(USAGE));
        assertThat(response.getJsonArray("output")).isEmpty();
        assertThat(response.getString("status")).isEqualTo("completed");
        assertThat(response.isNull("incomplete_details")).isTrue();
    }
}
