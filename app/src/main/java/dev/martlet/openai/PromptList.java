package dev.martlet.openai;

import dev.martlet.openai.CompletionRequest.Prompt;
import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;

/** Reads a field that is a text, texts, tokens, or lists of tokens; the first element tells which. */
record PromptList(String name, int most, int vocabularySize) {

    List<Prompt> read(Fields fields) {
        JsonValue value = fields.value(name).orElseThrow(() -> Fields.missing(name));
        if (value instanceof JsonString text) {
            return List.of(text(text, name));
        }
        if (!(value instanceof JsonArray array)) {
            throw Fields.wrongType(name, "a string or an array", value);
        }
        if (array.isEmpty()) {
            throw Fields.invalidValue(name, "expected at least one " + name + ", but got none.");
        }
        if (array.getFirst() instanceof JsonNumber) {
            return List.of(tokens(array, name));
        }
        if (array.size() > most) {
            throw Fields.invalidValue(
                    name, "at most " + most + " " + name + "s are taken, but got " + array.size() + ".");
        }
        List<Prompt> prompts = new ArrayList<>();
        boolean texts = array.getFirst() instanceof JsonString;
        for (JsonValue element : array) {
            String at = name + "[" + prompts.size() + "]";
            prompts.add(texts ? text(element, at) : tokens(Fields.asArray(element, at), at));
        }
        return prompts;
    }

    private static Prompt text(JsonValue value, String path) {
        return new Prompt.Text(ContentReader.scalars(Fields.asString(value, path)), path);
    }

    private Prompt tokens(JsonArray array, String path) {
        if (array.isEmpty()) {
            throw Fields.invalidValue(path, "expected at least one token, but got none.");
        }
        return new Prompt.Tokens(Fields.tokens(array, path, vocabularySize), path);
    }
}
