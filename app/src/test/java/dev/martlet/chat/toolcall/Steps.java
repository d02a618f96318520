package dev.martlet.chat.toolcall;

/** The work of a parser, counted in characters looked at. */
final class Steps {
    private Steps() {}

    /** Pushes a text character by character and counts. */
    static long of(ToolCallFormat format, ParserOptions options, String text, StopCause cause) {
        OutputParser parser = format.parser(options);
        Case.split(text, () -> 1).forEach(chunk -> parser.push(chunk, false, event -> {}));
        parser.finish(cause, event -> {});
        return switch (parser) {
            case AnswerParser answer -> answer.steps();
            case MessagesParser messages -> messages.steps();
            case RecipientParser recipients -> recipients.steps();
            case BlocksParser blocks -> blocks.steps();
            default -> throw new AssertionError("not counted: " + parser.getClass());
        };
    }
}
