package dev.martlet.chat.toolcall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The parser's laws on texts that models should not write: cut, doubled, with pieces missing or put in. */
class LawsTest {
    private static final int MUTATIONS = 24;
    private static final List<String> INSERTED = List.of(
            "<tool_call>", "</tool_call>", "</think>", "<think>", "\"", "}", "{", "\n", " é😀 ", "[", "</parameter>");

    static List<Case> cases() {
        List<Case> all = new ArrayList<>(Case.all("toolcalls.json"));
        all.addAll(Case.all("more.json"));
        return all;
    }

    private static Answer run(Case each, List<String> chunks, StopCause cause) {
        List<ChatEvent> events = new ArrayList<>();
        OutputParser parser = each.format().parser(each.options().withIds(Laws.counter()));
        for (String chunk : chunks) {
            parser.push(chunk, false, events::add);
        }
        parser.finish(cause, events::add);
        Laws.checkStream(events);
        var fold = new Answer.Fold();
        events.forEach(fold);
        return fold.answer(cause);
    }

    private static String mutated(String text, Random random) {
        int at = cut(text, random.nextInt(text.length() + 1));
        int to = cut(text, Math.min(text.length(), at + random.nextInt(16)));
        return switch (random.nextInt(4)) {
            case 0 -> text.substring(0, at);
            case 1 -> text.substring(0, at) + text.substring(to);
            case 2 -> text.substring(0, to) + text.substring(at);
            default -> text.substring(0, at) + INSERTED.get(random.nextInt(INSERTED.size())) + text.substring(at);
        };
    }

    private static int cut(String text, int at) {
        return at < text.length() && Character.isLowSurrogate(text.charAt(at)) ? at - 1 : at;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldNotDependOnChunks(Case each) {
        long seed = each.id().hashCode();
        var random = new Random(seed);
        for (int i = 0; i < MUTATIONS; i++) {
            String text = mutated(each.output(), random);
            for (StopCause cause : StopCause.values()) {
                Answer whole = run(each, List.of(text), cause);
                String told = each.id() + " seed " + seed + ": <" + text + ">";
                assertThat(run(each, Case.split(text, () -> 1), cause)).as(told).isEqualTo(whole);
                assertThat(run(each, Case.split(text, () -> 1 + random.nextInt(12)), cause))
                        .as(told)
                        .isEqualTo(whole);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldTakeNothingBackFromMutations(Case each) {
        long seed = each.id().hashCode() + 1L;
        var random = new Random(seed);
        for (int i = 0; i < 3; i++) {
            Laws.checkPrefixes(each.format(), each.options(), mutated(each.output(), random), each.cause());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldGiveStrictJsonUnlessCut(Case each) {
        var random = new Random(each.id().hashCode() + 2L);
        for (int i = 0; i < MUTATIONS; i++) {
            String text = mutated(each.output(), random);
            Answer answer = run(each, List.of(text), StopCause.STOP);
            answer.toolCalls().forEach(call -> {
                var out = new StringBuilder();
                LenientJson strict = LenientJson.value(out);
                int result = LenientJson.MORE;
                for (char c : call.arguments().toCharArray()) {
                    assertThat(result).as(text).isEqualTo(LenientJson.MORE);
                    result = strict.accept(c);
                }
                assertThat(result).as("<%s> gives %s", text, call.arguments()).isEqualTo(LenientJson.DONE);
                try (var reader = jakarta.json.Json.createReader(new java.io.StringReader(call.arguments()))) {
                    assertThat(reader.readValue()).isInstanceOf(jakarta.json.JsonObject.class);
                }
            });
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldKeepTextWithoutTools(Case each) {
        ParserOptions none =
                ParserOptions.of(List.of()).withPromptSuffix(each.options().promptSuffix());
        Answer answer = Answer.parse(each.format(), none, each.output(), StopCause.STOP);
        assertThat(answer.toolCalls()).isEmpty();
        assertThat(answer.finishReason()).isEqualTo(Answer.FinishReason.STOP);
    }

    /** Work is counted in characters looked at, those looked at again counted again. */
    @Test
    void shouldWorkInLinearTime() {
        List<String> hard = List.of(
                "<tool_call>",
                "<tool_call>{\"arguments\":{\"a\":\"",
                "{\"parameters\":\n",
                "get_forecast\n",
                "[get_forecast(city=",
                "<tool_cal",
                "<function=get_forecast>\n<parameter=city>\n</parameter>\n",
                "<｜tool▁calls▁begin｜>",
                "<think></think>",
                "plain text \n ");
        for (String id :
                List.of("hermes", "llama3_json", "glm4", "pythonic", "qwen3_coder", "deepseek_v3", "glm45", "xlam")) {
            for (String piece : hard) {
                ParserOptions options = cases().get(0).options();
                long once = steps(id, options, piece.repeat(15_000 / piece.length()));
                long twice = steps(id, options, piece.repeat(30_000 / piece.length()));
                assertThat(once).as("%s over <%s>", id, piece).isLessThan(15_000 * 8L);
                assertThat(twice).as("%s over <%s>", id, piece).isLessThan(once * 5 / 2);
            }
        }
    }

    private static long steps(String id, ParserOptions options, String text) {
        AnswerParser parser =
                (AnswerParser) ToolCallFormats.byId(id).orElseThrow().parser(options);
        Case.split(text, () -> 1).forEach(chunk -> parser.push(chunk, false, event -> {}));
        parser.finish(StopCause.STOP, event -> {});
        return parser.steps();
    }

    @Test
    void shouldPassPlainTextOnAtOnce() {
        OutputParser parser = ToolCallFormats.byId("hermes")
                .orElseThrow()
                .parser(cases().get(0).options());
        List<ChatEvent> events = new ArrayList<>();
        parser.push("Hello, wor", false, events::add);
        parser.push("ld. 1 <", false, events::add);
        parser.push(" 2", false, events::add);
        assertThat(events)
                .containsExactly(
                        new ChatEvent.Content("Hello, wor"),
                        new ChatEvent.Content("ld. 1"),
                        new ChatEvent.Content(" < 2"));
    }

    @Test
    void shouldStreamArgumentsAsTheyCome() {
        OutputParser parser = ToolCallFormats.byId("hermes")
                .orElseThrow()
                .parser(cases().get(0).options().withIds(() -> "id"));
        List<ChatEvent> events = new ArrayList<>();
        parser.push("<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"x", false, events::add);
        parser.push("y", false, events::add);
        assertThat(parser.callEnded()).isFalse();
        parser.push("\"}}\n</tool_call>", false, events::add);
        assertThat(parser.callEnded()).isTrue();
        assertThat(events)
                .containsExactly(
                        new ChatEvent.CallBegin(0, "id", "f"),
                        new ChatEvent.CallArguments(0, "{\"a\": \"x"),
                        new ChatEvent.CallArguments(0, "y"),
                        new ChatEvent.CallArguments(0, "\"}"),
                        new ChatEvent.CallEnd(0, true));
    }

    @Test
    void shouldNotTakeSpelledTextForControlTokens() {
        Set<String> tokens = Set.of("<tool_call>", "</tool_call>", "<|im_end|>");
        Case any = cases().get(0);
        String call = "{\"name\": \"ping\", \"arguments\": {}}";
        ParserOptions options = any.options().withControlTokens(tokens);
        ToolCallFormat hermes = ToolCallFormats.byId("hermes").orElseThrow();
        assertThat(Answer.parse(hermes, options, "<tool_call>" + call + "</tool_call>", StopCause.STOP)
                        .toolCalls())
                .isEmpty();
        var fold = new Answer.Fold();
        OutputParser parser = hermes.parser(options);
        parser.push("Hi <tool_call>!", false, fold);
        parser.push("<tool_call>", true, fold);
        parser.push(call, false, fold);
        parser.push("</tool_call>", true, fold);
        parser.push("<|im_end|>", true, fold);
        parser.push("<|other|>", true, fold);
        parser.finish(StopCause.STOP, fold);
        Answer answer = fold.answer(StopCause.STOP);
        assertThat(answer.content()).contains("Hi <tool_call>!");
        assertThat(answer.toolCalls()).hasSize(1);
    }

    @Test
    void shouldEndThoughtsAtTheTokenEvenInsideADraft() {
        Set<String> tokens = Set.of("<think>", "</think>");
        var fold = new Answer.Fold();
        OutputParser parser = ToolCallFormats.byId("qwen35")
                .orElseThrow()
                .parser(cases().get(0).options().withControlTokens(tokens).withPromptSuffix("<think>\n"));
        parser.push("say <tool_call><function=ping><parameter=a>x </think> y", false, fold);
        parser.push("</think>", true, fold);
        parser.push("Done", false, fold);
        parser.finish(StopCause.STOP, fold);
        Answer answer = fold.answer(StopCause.STOP);
        assertThat(answer.toolCalls()).isEmpty();
        assertThat(answer.reasoning()).contains("say <tool_call><function=ping><parameter=a>x </think> y");
        assertThat(answer.content()).contains("Done");
    }
}
