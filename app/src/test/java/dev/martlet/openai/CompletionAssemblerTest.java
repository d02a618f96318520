package dev.martlet.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.toolcall.ChatEvent;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompletionAssemblerTest {
    private static final UsageReport USAGE = new UsageReport(7, 3, 2, 1);

    private static CompletionAssembler assembler(boolean logprobs, boolean functionsForm) {
        return new CompletionAssembler(new AnswerHeader(
                "chatcmpl-1", Instant.ofEpochSecond(1_700_000_000), "tiny", "b1", logprobs, functionsForm));
    }

    private static JsonObject choice(CompletionAssembler assembler, int index) {
        return Json.object(assembler.body(USAGE)).getJsonArray("choices").getJsonObject(index);
    }

    @Test
    void shouldWriteTheWholeBody() {
        CompletionAssembler assembler = assembler(false, false);
        assembler.begin(0);
        assembler.event(0, new ChatEvent.Content("\nHel"), List.of());
        assembler.event(0, new ChatEvent.Content("lo \n"), List.of());
        assembler.end(0, AnswerEnd.LENGTH);
        assertThat(new String(assembler.body(USAGE), StandardCharsets.UTF_8))
                .isEqualTo("{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,"
                        + "\"model\":\"tiny\",\"system_fingerprint\":\"b1\",\"choices\":[{\"index\":0,"
                        + "\"message\":{\"role\":\"assistant\",\"content\":\"Hello\",\"refusal\":null},"
                        + "\"logprobs\":null,\"finish_reason\":\"length\"}],"
                        + "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":3,\"audio_tokens\":0},"
                        + "\"completion_tokens_details\":{\"reasoning_tokens\":1,\"audio_tokens\":0,"
                        + "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}}");
    }

    @Test
    void shouldFoldCallsWithNullContent() {
        CompletionAssembler assembler = assembler(false, false);
        assembler.begin(0);
        assembler.event(0, new ChatEvent.Content("\n"), List.of());
        assembler.event(0, new ChatEvent.Reasoning("think"), List.of());
        assembler.event(0, new ChatEvent.CallBegin(0, "call_a", "f"), List.of());
        assembler.event(0, new ChatEvent.CallArguments(0, "{\"x\""), List.of());
        assembler.event(0, new ChatEvent.CallArguments(0, ":1}"), List.of());
        assembler.event(0, new ChatEvent.CallEnd(0, true), List.of());
        assembler.event(0, new ChatEvent.CallBegin(1, "call_b", "g"), List.of());
        assembler.event(0, new ChatEvent.CallArguments(1, "{}"), List.of());
        assembler.end(0, AnswerEnd.TOOL_CALLS);
        JsonObject choice = choice(assembler, 0);
        assertThat(choice.getJsonObject("message").toString())
                .isEqualTo("{\"role\":\"assistant\",\"content\":null,\"refusal\":null,"
                        + "\"reasoning_content\":\"think\",\"reasoning\":\"think\",\"tool_calls\":["
                        + "{\"id\":\"call_a\",\"type\":\"function\",\"function\":{\"name\":\"f\","
                        + "\"arguments\":\"{\\\"x\\\":1}\"}},"
                        + "{\"id\":\"call_b\",\"type\":\"function\",\"function\":{\"name\":\"g\","
                        + "\"arguments\":\"{}\"}}]}");
        assertThat(choice.getString("finish_reason")).isEqualTo("tool_calls");
    }

    @Test
    void shouldSpeakTheOldForm() {
        CompletionAssembler assembler = assembler(false, true);
        assembler.begin(0);
        assembler.event(0, new ChatEvent.CallBegin(0, "call_a", "f"), List.of());
        assembler.event(0, new ChatEvent.CallArguments(0, "{}"), List.of());
        assembler.end(0, AnswerEnd.FUNCTION_CALL);
        assertThat(choice(assembler, 0)
                        .getJsonObject("message")
                        .getJsonObject("function_call")
                        .toString())
                .isEqualTo("{\"name\":\"f\",\"arguments\":\"{}\"}");
    }

    @Test
    void shouldKeepChoicesApart() {
        CompletionAssembler assembler = assembler(true, false);
        assembler.begin(0);
        assembler.begin(1);
        TokenLogprob token = new TokenLogprob(new byte[] {'B'}, -1, List.of());
        assembler.event(1, new ChatEvent.Content("B"), List.of(token));
        assembler.event(0, new ChatEvent.Content("A"), List.of());
        assembler.end(0, AnswerEnd.STOP);
        assembler.end(1, AnswerEnd.STOP);
        assertThat(choice(assembler, 0).getJsonObject("message").getString("content"))
                .isEqualTo("A");
        assertThat(choice(assembler, 1).getJsonObject("message").getString("content"))
                .isEqualTo("B");
        assertThat(choice(assembler, 1).getJsonObject("logprobs").getJsonArray("content"))
                .hasSize(1);
        assertThat(choice(assembler, 0).getJsonObject("logprobs").getJsonArray("content"))
                .isEmpty();
    }

    @Test
    void shouldSayAnEmptyAnswerAsAnEmptyString() {
        CompletionAssembler assembler = assembler(false, false);
        assembler.begin(0);
        assembler.end(0, AnswerEnd.STOP);
        JsonObject choice = choice(assembler, 0);
        assertThat(choice.getJsonObject("message").getString("content")).isEmpty();
        assertThat(choice.get("logprobs")).isEqualTo(JsonValue.NULL);
    }
}
