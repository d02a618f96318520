package dev.martlet.chat.template;

/** A template that cannot be compiled, or cannot be rendered for a context. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    public enum Cause {
        /** The source is no template. */
        SYNTAX,
        /** An operation failed, as it would in Python. */
        FAILED,
        /** The template itself refused the conversation ({@code raise_exception}). */
        RAISED,
        /** The template went over one of its {@link TemplateLimits}. */
        LIMIT
    }

    private final Cause kind;
    private final String detail;
    private final int line;
    private final int column;

    TemplateException(Cause kind, String detail, int line, int column) {
        super(line > 0 ? detail + " (template line " + line + ", column " + column + ")" : detail);
        this.kind = kind;
        this.detail = detail;
        this.line = line;
        this.column = column;
    }

    public Cause kind() {
        return kind;
    }

    /** The message without the position. */
    public String detail() {
        return detail;
    }

    /** Line in the template, from 1; 0 where no place is known. */
    public int line() {
        return line;
    }

    /** Column in the line, from 1; 0 where no place is known. */
    public int column() {
        return column;
    }
}
