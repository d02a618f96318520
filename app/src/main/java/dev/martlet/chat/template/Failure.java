package dev.martlet.chat.template;

/** An operation failed; the node that asked for it adds the position and throws {@link TemplateException}. */
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final TemplateException.Cause kind;

    private Failure(TemplateException.Cause kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    static Failure of(String message) {
        return new Failure(TemplateException.Cause.FAILED, message);
    }

    static Failure raised(String message) {
        return new Failure(TemplateException.Cause.RAISED, message);
    }

    static Failure limit(String message) {
        return new Failure(TemplateException.Cause.LIMIT, message);
    }

    static Failure type(String expectation, Value value) {
        return of(
                value instanceof Value.Undefined undefined
                        ? undefined.message()
                        : expectation + ", not " + value.typeName());
    }

    TemplateException at(int line, int column) {
        return new TemplateException(kind, getMessage(), line, column);
    }
}
