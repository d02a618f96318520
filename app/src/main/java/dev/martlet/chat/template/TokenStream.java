package dev.martlet.chat.template;

import java.util.List;

/** The tokens of a template and how far they are read. */
final class TokenStream {
    /** Deepest nesting of blocks and brackets; one level takes some ten Java frames. */
    private static final int MAX_DEPTH = 150;

    final Source source;
    private final List<Token> tokens;
    private int at;
    private int depth;

    TokenStream(Source source) {
        this.source = source;
        this.tokens = Lexer.tokens(source);
    }

    Token current() {
        return tokens.get(at);
    }

    Token ahead() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    /** Whether the tag being read ends with this name. */
    boolean blockEndsWith(String name) {
        int end = at;
        while (end < tokens.size() - 1 && tokens.get(end).kind() != Token.Kind.BLOCK_END) {
            end++;
        }
        return end > at && tokens.get(end - 1).isName(name);
    }

    int offset() {
        return current().offset();
    }

    /** The current token; then goes on. */
    Token next() {
        Token token = tokens.get(at);
        if (at < tokens.size() - 1) {
            at++;
        }
        return token;
    }

    boolean skipOperator(String operator) {
        boolean found = current().isOperator(operator);
        if (found) {
            next();
        }
        return found;
    }

    boolean skipName(String name) {
        boolean found = current().isName(name);
        if (found) {
            next();
        }
        return found;
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw unexpected("'" + operator + "'");
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected("'" + name + "'");
        }
    }

    String expectName() {
        if (current().kind() != Token.Kind.NAME) {
            throw unexpected("a name");
        }
        return next().text();
    }

    void expect(Token.Kind kind, String description) {
        if (current().kind() != kind) {
            throw unexpected(description);
        }
        next();
    }

    TemplateException unexpected(String expected) {
        return source.error("expected " + expected + ", got " + current().describe(), offset());
    }

    TemplateException error(String message) {
        return source.error(message, offset());
    }

    void enter() {
        if (++depth > MAX_DEPTH) {
            throw new TemplateException(
                    TemplateException.Cause.LIMIT,
                    "template nested too deeply",
                    source.line(offset()),
                    source.column(offset()));
        }
    }

    void leave() {
        depth--;
    }
}
