package dev.martlet.model;

/** Turns text into the model's tokens. Safe from any thread. */
public interface Tokenizer {

    /**
     * The tokens of a text.
     *
     * @param text the text; control tokens it spells stay text unless {@code parseSpecial}
     * @param addSpecial whether the model's own BOS and EOS go around it, where the model wants them
     * @param parseSpecial whether text that spells a control token becomes that token; only for trusted text
     * @return token ids, a fresh array
     */
    int[] encode(String text, boolean addSpecial, boolean parseSpecial);
}
