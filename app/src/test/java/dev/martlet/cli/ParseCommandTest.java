package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ParseCommandTest {
    private static final String TOOLS = "[{\"type\":\"function\",\"function\":{\"name\":\"ping\"}}]";
    private static final String CALL = "Hé <tool_call>{\"name\":\"ping\",\"arguments\":{\"a\":1}}</tool_call>";

    @TempDir
    Path folder;

    private record Run(int code, String out, String err) {}

    private Run run(String input, String... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var command = new ParseCommand(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out),
                new PrintStream(err));
        int code = new CommandLine(command).execute(arguments);
        return new Run(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static JsonObject json(String text) {
        return Json.createReader(new StringReader(text)).readObject();
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    @Test
    void shouldPrintTheMessage() throws IOException {
        for (String chunk : new String[] {"0", "1", "7"}) {
            Run run = run(CALL, "--format", "hermes", "--tools", file("tools.json", TOOLS), "--chunk", chunk);
            assertThat(run.code()).isZero();
            JsonObject message = json(run.out());
            assertThat(message.getString("role")).isEqualTo("assistant");
            assertThat(message.getString("content")).isEqualTo("Hé");
            assertThat(message.containsKey("reasoning_content")).isFalse();
            JsonObject call = message.getJsonArray("tool_calls").getJsonObject(0);
            assertThat(call.getString("type")).isEqualTo("function");
            assertThat(call.getString("id")).matches("call_[A-Za-z0-9]{24}");
            assertThat(call.getJsonObject("function").getString("name")).isEqualTo("ping");
            assertThat(call.getJsonObject("function").getString("arguments")).isEqualTo("{\"a\":1}");
        }
    }

    @Test
    void shouldPrintEvents() throws IOException {
        Run run = run(CALL, "--format", "hermes", "--tools", file("tools.json", TOOLS), "--events");
        assertThat(run.out().lines().map(line -> json(line).getString("type")))
                .containsExactly("content", "call_begin", "call_arguments", "call_end");
    }

    @Test
    void shouldObeyOptions() throws IOException {
        String tools = file("tools.json", TOOLS);
        assertThat(json(run(CALL, "--format", "hermes", "--tools", tools, "--tool-choice", "none")
                                .out())
                        .getString("content"))
                .isEqualTo(CALL);
        assertThat(json(run(CALL + CALL, "--format", "hermes", "--tools", tools, "--no-parallel")
                                .out())
                        .getJsonArray("tool_calls"))
                .hasSize(1);
        assertThat(json(run("a</think>b", "--format", "qwen3", "--prompt-suffix", "<think>\n")
                                .out())
                        .getString("reasoning_content"))
                .isEqualTo("a");
        String template = file("t.jinja", "{% if tools %}<tool_call>{% endif %}");
        assertThat(json(run(CALL, "--format", "auto", "--template", template, "--tools", tools)
                                .out())
                        .containsKey("tool_calls"))
                .isTrue();
    }

    @Test
    void shouldGoOnAfterABadLine() {
        String lines = "{\"id\":\"a\",\"format\":\"hermes\",\"output\":\"x\",\"stop\":\"length\",\"chunk\":1}\n"
                + "{\"id\":\"b\",\"format\":\"nope\",\"output\":\"x\"}\n"
                + "{oops\n"
                + "{\"id\":\"c\",\"format\":\"hermes\",\"tools\":" + TOOLS
                + ",\"output\":\"<tool_call>{\\\"name\\\":\\\"ping\\\"}</tool_call>\",\"chunks\":[3,1,4]}\n";
        Run run = run(lines, "--batch", "-");
        assertThat(run.code()).isEqualTo(1);
        var results = run.out().lines().map(ParseCommandTest::json).toList();
        assertThat(results).hasSize(4);
        assertThat(results.get(0).getString("finish_reason")).isEqualTo("length");
        assertThat(results.get(0).getJsonObject("message").getString("content")).isEqualTo("x");
        assertThat(results.get(1).getString("id")).isEqualTo("b");
        assertThat(results.get(1).getString("error")).contains("line 2", "format", "nope");
        assertThat(results.get(2).getString("error")).contains("line 3");
        assertThat(results.get(3).getString("finish_reason")).isEqualTo("tool_calls");
        assertThat(results.get(3).getJsonArray("events")).isNotEmpty();
    }

    @Test
    void shouldTellWhatIsWrong() throws IOException {
        Run unknown = run("x", "--format", "nope");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("--format", "nope").hasLineCount(1);
        Run missing =
                run("x", "--format", "hermes", "--tools", folder.resolve("none").toString());
        assertThat(missing.code()).isEqualTo(2);
        assertThat(missing.err()).contains("--tools", "no such file").hasLineCount(1);
        Run broken = run("x", "--format", "hermes", "--tools", file("bad.json", "[{"));
        assertThat(broken.code()).isEqualTo(2);
        assertThat(broken.err()).contains("bad.json").hasLineCount(1);
        assertThat(run("x", "--format", "auto").code()).isEqualTo(2);
        assertThat(run("x", "--format", "hermes", "--stop", "never").code()).isEqualTo(2);
        assertThat(run("", "--batch", folder.resolve("none").toString()).code()).isEqualTo(2);
    }
}
