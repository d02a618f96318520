package dev.martlet.chat.toolcall;

/**
 * How a format's calls are written where they are forced: {@code open}, then calls with {@code separator} between them,
 * then {@code close}; a call is {@code before}, the name, {@code between}, the arguments, {@code after}. A {@code #} in
 * these stands for a number of up to three digits.
 *
 * <p>Parsers read much more than this; what is written here, they read back exactly, which is tested for every format.
 *
 * @param most most calls of one answer
 */
record CallForm(
        String open,
        String before,
        String between,
        String after,
        String separator,
        String close,
        Arguments arguments,
        int most) {

    /** Most calls of one answer where the format has no bound: a model that cannot stop is stopped. */
    private static final int MANY = 16;

    /** How arguments are written. */
    sealed interface Arguments {

        /** As a JSON object. */
        record Json() implements Arguments {}

        /**
         * One after the other, strings as bare text.
         *
         * @param open stands before a name
         * @param beforeText between a name and a string
         * @param beforeValue between a name and any other value, which is JSON
         * @param close stands behind a value
         * @param end what no string may contain: it would end there
         */
        record Tags(String open, String beforeText, String beforeValue, String close, String end)
                implements Arguments {}

        /**
         * As a list of names and values, which are JSON.
         *
         * @param assign stands between name and value
         * @param delimiter stands around strings instead of JSON's quotes; empty for these
         */
        record List(String assign, String separator, String delimiter) implements Arguments {}
    }

    /** JSON objects with the name inside. */
    static CallForm json(String before, String between, String after, String separator) {
        return new CallForm("", before, between, after, separator, "", new Arguments.Json(), MANY);
    }

    CallForm within(String opener, String closer) {
        return new CallForm(opener, before, between, after, separator, closer, arguments, most);
    }

    CallForm tags(String opener, String assign, String closer, String end) {
        return tags(opener, assign, assign, closer, end);
    }

    CallForm tags(String opener, String assignText, String assignValue, String closer, String end) {
        Arguments tags = new Arguments.Tags(opener, assignText, assignValue, closer, end);
        return new CallForm(open, before, between, after, separator, close, tags, most);
    }

    CallForm list(String assign, String comma, String delimiter) {
        return new CallForm(
                open, before, between, after, separator, close, new Arguments.List(assign, comma, delimiter), most);
    }

    /** One call, and the answer ends. */
    CallForm single() {
        return new CallForm(open, before, between, after, separator, close, arguments, 1);
    }
}
