package dev.martlet.openai;

import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A request for the tokens of a text, or of the prompt that a chat gives; shaped as vLLM has it.
 *
 * @param model the model the client names
 * @param tokenStrings whether the answer tells each token's text
 * @param ignored fields of the request that have no effect, by path
 */
public record TokenizeRequest(Optional<String> model, Source source, boolean tokenStrings, List<String> ignored) {

    /** What is to be tokenized. */
    public sealed interface Source {

        /**
         * A text; control tokens it spells are those tokens.
         *
         * @param begin whether the token that the model wants first is put there
         */
        record Text(String text, boolean begin) implements Source {
            public Text {
                Objects.requireNonNull(text, "text");
            }
        }

        /** A chat. */
        record Chat(ChatPrompt prompt) implements Source {
            public Chat {
                Objects.requireNonNull(prompt, "prompt");
            }
        }
    }

    public TokenizeRequest {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(source, "source");
        ignored = List.copyOf(ignored);
    }

    /**
     * Reads and checks a request.
     *
     * @param variables whether the model's chat template reads a variable of this name
     * @throws ApiException with status 400, naming the field at fault
     */
    public static TokenizeRequest parse(JsonObject body, Predicate<String> variables) {
        return parse(new Fields(body, ""), variables);
    }

    static TokenizeRequest parse(Fields fields, Predicate<String> variables) {
        List<String> ignored = new ArrayList<>();
        Optional<String> model = fields.string("model");
        boolean tokenStrings = fields.flag("return_token_strs").orElse(false);
        Source source;
        if (fields.has("messages")) {
            if (fields.has("prompt")) {
                throw Fields.invalidValue("prompt", "'messages' are given already; only one of them can be tokenized.");
            }
            // The chat's tokens are those that the chat endpoint would use, so add_special_tokens has no effect.
            source = new Source.Chat(new ChatPromptReader(fields, variables, ignored).read());
        } else {
            source = new Source.Text(
                    MessageReader.scalars(fields.requiredString("prompt")),
                    fields.flag("add_special_tokens").orElse(true));
        }
        ignored.addAll(fields.unread());
        return new TokenizeRequest(model, source, tokenStrings, ignored);
    }
}
