package dev.martlet.chat.template;

import jakarta.json.JsonObject;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A Jinja template compiled once and rendered many times, as Hugging Face's transformers render chat templates: Jinja2 with
 * trim_blocks, lstrip_blocks and loop controls, in its immutable sandbox, with {@code tojson}, {@code raise_exception} and
 * {@code strftime_now}. Immutable and safe from any thread.
 *
 * <p>The template is untrusted: compiling and rendering keep to {@link TemplateLimits} and fail with
 * {@link TemplateException}, whatever the source.
 */
public final class JinjaTemplate implements ChatTemplate {
    /** The tokenizer's own tokens: part of the template, not of the conversation. */
    static final Set<String> TOKEN_VARIABLES =
            Set.of("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token");

    private final TemplateLimits limits;
    private final boolean mutable;
    private final Statement.Block body;
    private final int slots;
    private final String[] names;
    private final int[] nameSlots;

    private JinjaTemplate(Parser.Parsed parsed, TemplateLimits limits, boolean mutable) {
        this.limits = limits;
        this.mutable = mutable;
        this.body = parsed.body();
        this.slots = parsed.scope().unit().slots();
        Map<String, Integer> variables = parsed.scope().slots();
        this.names = variables.keySet().toArray(String[]::new);
        this.nameSlots = variables.values().stream().mapToInt(Integer::intValue).toArray();
    }

    /**
     * Compiles a template.
     *
     * @throws TemplateException where the source is no template
     */
    public static JinjaTemplate compile(String source) {
        return compile(source, TemplateLimits.DEFAULT, false);
    }

    /**
     * Compiles a template.
     *
     * @param mutable whether it may change lists and dicts ({@code append}, {@code pop}, ...); the immutable sandbox of
     *     transformers raises there, other engines allow it, and some published templates need it
     * @throws TemplateException where the source is no template
     */
    public static JinjaTemplate compile(String source, TemplateLimits limits, boolean mutable) {
        if (source.length() > limits.source()) {
            throw new TemplateException(
                    TemplateException.Cause.LIMIT, "template longer than " + limits.source() + " characters", 0, 0);
        }
        try {
            return new JinjaTemplate(Parser.parse(new Source(source)), limits, mutable);
        } catch (Failure e) {
            throw e.at(0, 0);
        } catch (StackOverflowError e) {
            throw new TemplateException(TemplateException.Cause.LIMIT, "template nested too deeply", 0, 0);
        }
    }

    @Override
    public boolean uses(String variable) {
        return List.of(names).contains(variable);
    }

    @Override
    public List<Segment> renderSegments(JsonObject context, Clock clock) {
        var run = new Run(limits, clock, mutable);
        try {
            var out = TextBuilder.forOutput(run, limits.output());
            var frame = new Frame(run, null, slots, out);
            for (int i = 0; i < names.length; i++) {
                var json = context.get(names[i]);
                frame.slots[nameSlots[i]] = json == null
                        ? Globals.TABLE.get(names[i])
                        : Json.load(run, json, TOKEN_VARIABLES.contains(names[i]));
            }
            body.exec(frame);
            return out.toSegments();
        } catch (Failure e) {
            throw e.at(0, 0);
        } catch (StackOverflowError e) {
            // The caps on depth are meant to come first; a thread with a small stack may still end here.
            throw new TemplateException(TemplateException.Cause.LIMIT, "rendering nested too deeply", 0, 0);
        }
    }
}
