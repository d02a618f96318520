package dev.martlet.server;

/** What each client of the matrix is put to. */
enum MatrixCell {
    TEXT("text", "Write two sentences about the sea.", 32),
    STREAM("stream", "Write two sentences about the moon.", 32),
    TOOLS("tools", "How is the weather in Oslo?", 48),
    STRUCTURED("structured output", "What will the weather be? Answer in JSON.", 64),
    ERROR("errors", "Hello!", 8),
    RETRY("retry on 429", "Say hello.", 8),
    CANCEL("cancellation", "Count from one to ten thousand in words.", 3_000);

    /** The column's head. */
    final String title;

    final String question;

    /** Most tokens of an answer. */
    final int tokens;

    MatrixCell(String title, String question, int tokens) {
        this.title = title;
        this.question = question;
        this.tokens = tokens;
    }
}
