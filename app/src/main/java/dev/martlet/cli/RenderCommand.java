package dev.martlet.cli;

import dev.martlet.chat.template.ChatTemplate;
import dev.martlet.chat.template.JinjaTemplate;
import dev.martlet.chat.template.TemplateLimits;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.StringReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Renders chat templates: one context from standard input, or a file of cases.
 *
 * <p>Exit codes: 0 rendered (in a batch also where single cases failed), 1 the template failed, 2 wrong use.
 */
@Command(
        name = "render",
        mixinStandardHelpOptions = true,
        description = "Renders a chat template: a context as JSON from standard input to the prompt text.")
public final class RenderCommand implements Callable<Integer> {
    private static final JsonProvider JSON = JsonProvider.provider();

    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, ChatTemplate> compiled = new HashMap<>();

    @Option(
            names = "--template",
            paramLabel = "FILE",
            description = "The Jinja template; in a batch, where a case names none")
    private Path template;

    @Option(
            names = "--now",
            paramLabel = "ISO",
            description = "What strftime_now tells, such as 2026-01-02T03:04:05; the present time by default")
    private String now;

    @Option(
            names = "--batch",
            paramLabel = "FILE",
            description = "JSON lines of id, template (a path), now and context; - is standard input. "
                    + "Prints a JSON line of id and prompt or error for each")
    private String batch;

    @Option(
            names = "--mutable",
            description = "Let templates change lists and dicts, which the sandbox of transformers forbids")
    private boolean mutable;

    /** Works on the process's streams. */
    public RenderCommand() {
        this(System.in, System.out, System.err);
    }

    RenderCommand(InputStream in, PrintStream out, PrintStream err) {
        this.in = in;
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException {
        if (batch != null) {
            return renderBatch();
        }
        if (template == null) {
            err.println("martlet render: --template FILE or --batch FILE is needed");
            return 2;
        }
        try (var reader = JSON.createReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            String prompt = load(template.toString()).render(reader.readObject(), clock(now));
            Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
            writer.write(prompt);
            writer.flush();
            return 0;
        } catch (RuntimeException | IOException e) {
            err.println("martlet render: " + message(e));
            return 1;
        }
    }

    private int renderBatch() throws IOException {
        try (BufferedReader lines = batch.equals("-")
                        ? new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                        : Files.newBufferedReader(Path.of(batch));
                Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.isBlank()) {
                    writer.write(renderCase(line).toString());
                    writer.write('\n');
                    writer.flush();
                }
            }
            return 0;
        }
    }

    private JsonObject renderCase(String line) {
        JsonValue id = JsonValue.NULL;
        try (var reader = JSON.createReader(new StringReader(line))) {
            JsonObject request = reader.readObject();
            id = request.getOrDefault("id", JsonValue.NULL);
            String path = request.getString("template", template == null ? null : template.toString());
            if (path == null) {
                return answer(id, "error", "the case names no template");
            }
            JsonObject context =
                    Optional.ofNullable(request.getJsonObject("context")).orElse(JsonValue.EMPTY_JSON_OBJECT);
            return answer(id, "prompt", load(path).render(context, clock(request.getString("now", now))));
        } catch (RuntimeException | IOException e) {
            return answer(id, "error", message(e));
        }
    }

    private static JsonObject answer(JsonValue id, String name, String text) {
        return JSON.createObjectBuilder().add("id", id).add(name, text).build();
    }

    /** What to tell of a template, context, time or file that does not do; Parsson throws all kinds of exceptions. */
    private static String message(Exception e) {
        return switch (e) {
            case java.nio.file.NoSuchFileException missing -> "no such file: " + missing.getMessage();
            case IOException failed -> failed.toString();
            case ClassCastException wrong -> "a field of the case has the wrong type";
            default -> String.valueOf(e.getMessage());
        };
    }

    private ChatTemplate load(String path) throws IOException {
        ChatTemplate known = compiled.get(path);
        if (known == null) {
            known = JinjaTemplate.compile(Files.readString(Path.of(path)), TemplateLimits.DEFAULT, mutable);
            compiled.put(path, known);
        }
        return known;
    }

    /** A clock that stands at an ISO time, with or without an offset; the machine's where there is none. */
    private static Clock clock(String iso) {
        if (iso == null) {
            return Clock.systemDefaultZone();
        }
        try {
            OffsetDateTime time = OffsetDateTime.parse(iso);
            return Clock.fixed(time.toInstant(), time.getOffset());
        } catch (DateTimeParseException e) {
            return Clock.fixed(LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
        }
    }
}
