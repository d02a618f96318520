package dev.martlet.chat.toolcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.martlet.chat.Tool;
import dev.martlet.chat.toolcall.ToolCallGrammar.Callable;
import dev.martlet.engine.ByteTokens;
import dev.martlet.grammar.CompiledGrammar;
import dev.martlet.grammar.Grammar;
import dev.martlet.grammar.GrammarException;
import dev.martlet.grammar.GrammarMatcher;
import dev.martlet.grammar.TokenIndex;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a grammar lets a model write, its parser must read back as calls that keep to their schemas. */
class ToolCallGrammarTest {

    private static final int WALKS = 40;
    private static final TokenIndex INDEX = new TokenIndex(ByteTokens.vocabulary());
    private static final JsonSchemaFactory SCHEMAS = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

    private static final JsonObject WEATHER = json("""
            {"type":"object","properties":{"city":{"type":"string","enum":["Rome","Oslo","New York"]},
            "days":{"type":"integer","minimum":0,"maximum":14},"metric":{"type":"boolean"},
            "note":{"type":"string","maxLength":6},
            "hours":{"type":"array","items":{"$ref":"#/$defs/hour"},"maxItems":2}},
            "required":["city","days"],"additionalProperties":false,"$defs":{"hour":{"enum":[1,2,24]}}}""");
    private static final JsonObject SEND = json("""
            {"type":"object","properties":{"kind":{"type":["string","null"],"enum":["mail",null]},
            "to":{"type":"object","properties":{"name":{"type":"string","maxLength":4}},"required":["name"],
            "additionalProperties":false}},"required":["to"],"additionalProperties":false}""");

    private static final List<Callable> TOOLS = List.of(
            new Callable("get_weather", Optional.of(WEATHER)),
            new Callable("send", Optional.of(SEND)),
            new Callable("now", Optional.of(Callable.NO_PARAMETERS)));

    private static final List<Tool> DECLARED =
            TOOLS.stream().<Tool>map(ToolCallGrammarTest::declared).toList();

    private static Tool declared(Callable tool) {
        return new Tool.Function(tool.name(), Optional.empty(), tool.parameters(), true, JsonObject.EMPTY_JSON_OBJECT);
    }

    private static JsonObject json(String text) {
        return Json.createReader(new StringReader(text)).readObject();
    }

    static List<ToolCallFormat> forcible() {
        return ToolCallFormats.all().stream()
                .filter(format -> new ToolCallGrammar(format, Set.of()).canForce())
                .toList();
    }

    @Test
    void shouldForceNearlyAllFormats() {
        List<String> only = new ArrayList<>();
        for (ToolCallFormat format : ToolCallFormats.all()) {
            if (!new ToolCallGrammar(format, Set.of()).canForce()) {
                only.add(format.id());
            }
        }
        assertThat(only).containsExactlyInAnyOrder("minimax_m3", "muse_glimmer", "kimi_k3");
    }

    @ParameterizedTest
    @MethodSource("forcible")
    void shouldReadBackWhatItForces(ToolCallFormat format) {
        long seed = Long.getLong("martlet.test.seed", System.nanoTime());
        System.out.println("ToolCallGrammarTest " + format.id() + ": martlet.test.seed=" + seed);
        Random random = new Random(seed);
        CompiledGrammar grammar =
                new ToolCallGrammar(format, Set.of()).calls(TOOLS, true).compile(INDEX);
        for (int walk = 0; walk < WALKS; walk++) {
            check(format, walk(grammar, random), seed);
        }
    }

    private static void check(ToolCallFormat format, String text, long seed) {
        ParserOptions options = ParserOptions.of(DECLARED).withPromptSuffix(">>>");
        Answer answer = Answer.parse(format, options, text, StopCause.STOP);
        String as = format.id() + " with -Dmartlet.test.seed=" + seed + ": " + text;
        assertThat(answer.content().orElse("")).as(as).isBlank();
        assertThat(answer.toolCalls()).as(as).isNotEmpty();
        for (var call : answer.toolCalls()) {
            Callable tool = TOOLS.stream()
                    .filter(t -> t.name().equals(call.name()))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(call.name() + " in " + as));
            JsonSchema schema =
                    SCHEMAS.getSchema(tool.parameters().orElseThrow().toString());
            assertThat(schema.validate(call.arguments(), InputFormat.JSON))
                    .as(call + " of " + as)
                    .isEmpty();
        }
    }

    /** A random text of the grammar; ends soon after it may, and where a byte is as good as another, takes a letter. */
    private static String walk(CompiledGrammar grammar, Random random) {
        GrammarMatcher matcher = grammar.matcher();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        long[] mask = new long[INDEX.words()];
        while (!matcher.finished()) {
            matcher.mask(mask);
            if ((mask[ByteTokens.END >> 6] >>> ByteTokens.END & 1) != 0 && random.nextInt(3) > 0) {
                break;
            }
            List<Integer> likely = new ArrayList<>();
            List<Integer> any = new ArrayList<>();
            for (int t = 0; t < ByteTokens.END; t++) {
                if ((mask[t >> 6] >>> t & 1) != 0) {
                    any.add(t);
                    if (t > ' ' && t < 127) {
                        likely.add(t);
                    }
                }
            }
            List<Integer> from = likely.isEmpty() ? any : likely;
            int next = from.get(random.nextInt(from.size()));
            assertThat(matcher.accept(next)).isTrue();
            text.write(next);
            assertThat(text.size()).as(text.toString(StandardCharsets.UTF_8)).isLessThan(20_000);
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    private static boolean accepts(Grammar grammar, String text) {
        GrammarMatcher matcher = grammar.compile(INDEX).matcher();
        return matcher.acceptBytes(text.getBytes(StandardCharsets.UTF_8)) && matcher.mayEnd();
    }

    private static ToolCallGrammar grammar(String format) {
        return new ToolCallGrammar(ToolCallFormats.byId(format).orElseThrow(), Set.of());
    }

    private static final String NOW = "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>";
    private static final String WRONG = "<tool_call>\n{\"name\": \"now\", \"arguments\": {\"a\":1}}\n</tool_call>";

    @Test
    void shouldHoldOnlyCallsToTheGrammarWhenTheyMayCome() {
        Grammar lazily = grammar("hermes").lazily(TOOLS, true);
        assertThat(accepts(lazily, "No tool < is needed.")).isTrue();
        assertThat(accepts(lazily, "")).isTrue();
        assertThat(accepts(lazily, "Let me see.\n" + NOW)).isTrue();
        assertThat(accepts(lazily, NOW + "\n" + NOW)).isTrue();
        assertThat(accepts(lazily, "Let me see.\n" + WRONG)).isFalse();
        assertThat(accepts(lazily, "<tool_call>")).isFalse();
        assertThat(accepts(grammar("hermes").lazily(TOOLS, false), NOW + "\n" + NOW))
                .isFalse();
    }

    @Test
    void shouldLeaveThoughtsFree() {
        ToolCallGrammar hermes = grammar("hermes");
        Grammar calls = hermes.calls(TOOLS, false);
        String thoughts = "Shall I? " + WRONG + " or <think>, no.\n</think>\n\n";
        Grammar possible = hermes.afterThoughts(calls, "<|im_start|>assistant\n", "</think>"::equals);
        assertThat(accepts(possible, NOW)).isTrue();
        assertThat(accepts(possible, "<think>" + thoughts + NOW)).isTrue();
        assertThat(accepts(possible, thoughts + NOW)).isFalse();
        assertThat(accepts(possible, "<think>" + thoughts + WRONG)).isFalse();

        Grammar open = hermes.afterThoughts(calls, "<|im_start|>assistant\n<think>\n", marker -> false);
        assertThat(accepts(open, thoughts + NOW)).isTrue();
        assertThat(accepts(open, NOW)).isFalse();

        Grammar closed = hermes.afterThoughts(calls, "assistant\n<think>\n\n</think>\n\n", "</think>"::equals);
        assertThat(accepts(closed, NOW)).isTrue();
        assertThat(accepts(closed, "<think>" + thoughts + NOW)).isFalse();

        Grammar none = hermes.afterThoughts(calls, "<|im_start|>assistant\n", marker -> false);
        assertThat(accepts(none, "<think>" + thoughts + NOW)).isFalse();
    }

    @Test
    void shouldWriteMarkersAsControlTokensWhereTheModelHasThem() {
        ToolCallGrammar harmony =
                new ToolCallGrammar(ToolCallFormats.byId("hermes").orElseThrow(), Set.of("<|mark|>", "<tool_call>"));
        assertThatThrownBy(() -> harmony.calls(TOOLS, false).compile(INDEX))
                .isInstanceOf(GrammarException.class)
                .hasMessageContaining("<tool_call>");
    }

    @Test
    void shouldKnowWhichFormatsTellACallByAMarker() {
        Map<String, Boolean> lazily = new HashMap<>();
        for (String id :
                List.of("hermes", "qwen3_coder", "gpt_oss", "mistral_args", "llama3_json", "glm4", "pythonic")) {
            lazily.put(id, grammar(id).canForceLazily());
        }
        assertThat(lazily)
                .isEqualTo(Map.of(
                        "hermes", true,
                        "qwen3_coder", true,
                        "gpt_oss", true,
                        "mistral_args", true,
                        "llama3_json", false,
                        "glm4", false,
                        "pythonic", false));
    }

    @Test
    void shouldNameWhatTagsCannotKeep() {
        JsonObject pattern =
                json("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"pattern\":\"^x\"}}}");
        assertThatThrownBy(() -> grammar("qwen3_coder").calls(List.of(new Callable("f", Optional.of(pattern))), false))
                .isInstanceOfSatisfying(ToolCallGrammar.ToolException.class, e -> {
                    assertThat(e.tool()).isEqualTo("f");
                    assertThat(e.grammarFailure().place()).isEqualTo("/properties/a");
                    assertThat(e.grammarFailure().keyword()).isEqualTo("pattern");
                });
        assertThat(accepts(
                        grammar("hermes").calls(List.of(new Callable("f", Optional.of(pattern))), false),
                        "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"xy\"}}\n</tool_call>"))
                .isTrue();
    }

    @Test
    void shouldTakeAnyObjectWhereNoSchemaIsGiven() {
        Callable free = new Callable("f", Optional.empty());
        assertThat(accepts(
                        grammar("hermes").calls(List.of(free), false),
                        "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": [1, {\"b\": null}]}}\n</tool_call>"))
                .isTrue();
        assertThat(
                        accepts(
                                grammar("qwen3_coder").calls(List.of(free), false),
                                "<tool_call>\n<function=f>\n<parameter=a>\nsome < text\n</parameter>\n</function>\n</tool_call>"))
                .isTrue();
        assertThat(accepts(grammar("pythonic").calls(List.of(free), false), "[f(a=1,b=\"x\")]"))
                .isFalse();
        assertThat(accepts(grammar("pythonic").calls(List.of(free), false), "[f(a=1, b=\"x\")]"))
                .isTrue();
    }
}
