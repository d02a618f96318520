package dev.martlet.openai;

/** An answer that is folded into one body. */
public non-sealed interface AnswerBody extends AnswerSink {

    /** The whole answer, in UTF-8. */
    byte[] body(UsageReport usage);
}
