package dev.martlet.chat.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads a template into its tree. */
final class Parser {
    private final Source source;
    private final TokenStream tokens;
    private final Linker linker = new Linker();
    private final ExpressionParser expressions;
    /** Loops around the statement, inside the same macro or captured block. */
    private int loops;

    private Parser(Source source) {
        this.source = source;
        this.tokens = new TokenStream(source);
        this.expressions = new ExpressionParser(tokens, linker);
    }

    /** A template's tree and the scope of its outermost block. */
    record Parsed(Statement.Block body, Scope scope) {}

    static Parsed parse(Source source) {
        var parser = new Parser(source);
        Statement.Block body = parser.block(Set.of());
        if (parser.tokens.current().kind() != Token.Kind.END) {
            throw parser.tokens.error("unexpected " + parser.tokens.current().describe());
        }
        parser.linker.link();
        return new Parsed(body, parser.linker.scope());
    }

    /** Statements up to a block tag of one of these names, whose name token is then the current one. */
    private Statement.Block block(Set<String> ends) {
        int offset = tokens.offset();
        tokens.enter();
        var statements = new ArrayList<Statement>();
        while (true) {
            Token token = tokens.current();
            switch (token.kind()) {
                case DATA ->
                    statements.add(new Statement.Data(
                            source, token.offset(), tokens.next().text()));
                case VARIABLE_BEGIN -> {
                    tokens.next();
                    statements.add(new Statement.Print(source, token.offset(), expressions.tuple(true, "")));
                    tokens.expect(Token.Kind.VARIABLE_END, "'}}'");
                }
                case BLOCK_BEGIN -> {
                    tokens.next();
                    if (tokens.current().kind() == Token.Kind.NAME
                            && ends.contains(tokens.current().text())) {
                        return closed(offset, statements);
                    }
                    statements.add(statement(token.offset()));
                    tokens.expect(Token.Kind.BLOCK_END, "'%}'");
                }
                default -> {
                    if (!ends.isEmpty()) {
                        throw tokens.error(
                                "unexpected end of template, expected '" + String.join("' or '", ends) + "'");
                    }
                    return closed(offset, statements);
                }
            }
        }
    }

    private Statement.Block closed(int offset, List<Statement> statements) {
        tokens.leave();
        return new Statement.Block(source, offset, statements.toArray(Statement[]::new));
    }

    /** A block in a scope; its inherited names are linked. */
    private Statement.Block scoped(Scope scope, Set<String> ends) {
        Scope outer = linker.enter(scope);
        Statement.Block body = block(ends);
        linker.enter(outer);
        linker.later(() -> body.link(scope));
        return body;
    }

    /** The rest of a tag, the block after it, and the name of its end tag. */
    private Statement.Block body(Scope scope, String... ends) {
        tokens.expect(Token.Kind.BLOCK_END, "'%}'");
        return scoped(scope, Set.of(ends));
    }

    private Statement statement(int offset) {
        Token token = tokens.current();
        String name = tokens.expectName();
        return switch (name) {
            case "if" -> conditional(offset);
            case "for" -> loop(offset);
            case "set" -> set(offset);
            case "macro" -> macro(offset);
            case "call" -> callBlock(offset);
            case "filter" -> {
                ExpressionParser.PendingFilter filter = filters(expressions.filter());
                yield new Statement.Print(source, offset, filter.apply(capture(offset, "endfilter")));
            }
            case "with" -> with(offset);
            case "generation" -> {
                Statement.Block body = body(linker.scope().block(), "endgeneration");
                tokens.next();
                yield new Statement.Group(source, offset, body);
            }
            case "break", "continue" -> {
                if (loops == 0) {
                    throw source.error("'" + name + "' outside of a loop", token.offset());
                }
                Statement.Flow flow = name.equals("break") ? Statement.Flow.BREAK : Statement.Flow.CONTINUE;
                yield new Statement.Jump(source, offset, flow);
            }
            default -> throw source.error("Encountered unknown tag '" + name + "'.", token.offset());
        };
    }

    private Statement conditional(int offset) {
        var conditions = new ArrayList<Expression>();
        var bodies = new ArrayList<Statement.Block>();
        conditions.add(expressions.tuple(false, ""));
        while (true) {
            tokens.expect(Token.Kind.BLOCK_END, "'%}'");
            boolean last = conditions.getLast() == null;
            bodies.add(block(last ? Set.of("endif") : Set.of("elif", "else", "endif")));
            switch (tokens.next().text()) {
                case "elif" -> conditions.add(expressions.tuple(false, ""));
                case "else" -> conditions.add(null);
                default -> {
                    return new Statement.If(
                            source,
                            offset,
                            conditions.toArray(Expression[]::new),
                            bodies.toArray(Statement.Block[]::new));
                }
            }
        }
    }

    private Statement loop(int offset) {
        Pattern pattern = pattern("in", false);
        tokens.expectName("in");
        Expression items = expressions.tuple(false, "recursive");
        // The test comes before "recursive", which decides its frame.
        boolean recursive = tokens.blockEndsWith("recursive");
        Scope scope = recursive ? linker.scope().function() : linker.scope().block();
        Target target = pattern.declare(scope);
        Scope outer = linker.enter(scope);
        Expression test = tokens.skipName("if") ? expressions.expression() : null;
        tokens.skipName("recursive");
        int outside = loops;
        loops = recursive ? 1 : loops + 1;
        Statement.Block body = body(scope.block(), "endfor", "else");
        linker.enter(outer);
        loops = outside;
        Statement.Block otherwise = null;
        if (tokens.next().text().equals("else")) {
            otherwise = body(linker.scope().block(), "endfor");
            tokens.next();
        }
        var loop = new For(source, offset, target, items, test, body, otherwise, scope, recursive);
        linker.later(loop::link);
        return loop;
    }

    /** An assignment's target as read; its names are declared where its scope is known. */
    private sealed interface Pattern {
        /** Declares the names as loop variables or parameters of the scope. */
        Target declare(Scope scope);

        record Name(String name) implements Pattern {
            @Override
            public Target declare(Scope scope) {
                return new Target.Variable(scope.declare(name));
            }
        }

        record Field(Expression.Name namespace, String name) implements Pattern {
            @Override
            public Target declare(Scope scope) {
                return new Target.Field(namespace, name);
            }
        }

        record Several(List<Pattern> patterns) implements Pattern {
            @Override
            public Target declare(Scope scope) {
                return new Target.Unpacked(
                        patterns.stream().map(p -> p.declare(scope)).toList());
            }
        }
    }

    private Pattern pattern(String until, boolean fields) {
        tokens.enter();
        var patterns = new ArrayList<Pattern>();
        boolean several = false;
        do {
            Token token = tokens.current();
            if (token.isName(until)
                    || token.isOperator("=")
                    || token.isOperator(")")
                    || token.kind() == Token.Kind.BLOCK_END) {
                break;
            }
            if (tokens.skipOperator("(")) {
                patterns.add(pattern(until, fields));
                tokens.expectOperator(")");
            } else {
                patterns.add(single(fields));
            }
            several |= tokens.current().isOperator(",");
        } while (tokens.skipOperator(","));
        tokens.leave();
        if (patterns.isEmpty()) {
            throw tokens.unexpected("a name");
        }
        return several ? new Pattern.Several(patterns) : patterns.getFirst();
    }

    private Pattern single(boolean fields) {
        Token token = tokens.current();
        String name = tokens.expectName();
        if (fields && tokens.skipOperator(".")) {
            return new Pattern.Field(
                    linker.name(new Expression.Name(source, token.offset(), name)), tokens.expectName());
        }
        if (Set.of("true", "false", "none", "True", "False", "None").contains(name)) {
            throw source.error("can't assign to '" + name + "'", token.offset());
        }
        return new Pattern.Name(name);
    }

    private Target store(Pattern pattern) {
        return switch (pattern) {
            case Pattern.Name name -> new Target.Variable(linker.scope().store(name.name()));
            case Pattern.Field field -> field.declare(linker.scope());
            case Pattern.Several several ->
                new Target.Unpacked(several.patterns().stream().map(this::store).toList());
        };
    }

    private Statement set(int offset) {
        Pattern pattern = pattern("", true);
        if (tokens.skipOperator("=")) {
            Expression value = expressions.tuple(true, "");
            return new Statement.Assign(source, offset, store(pattern), value);
        }
        ExpressionParser.PendingFilter filter = filters(value -> value);
        return new Statement.Assign(source, offset, store(pattern), filter.apply(capture(offset, "endset")));
    }

    private ExpressionParser.PendingFilter filters(ExpressionParser.PendingFilter first) {
        ExpressionParser.PendingFilter filters = first;
        while (tokens.skipOperator("|")) {
            filters = filters.then(expressions.filter());
        }
        return filters;
    }

    private Expression capture(int offset, String end) {
        int outside = loops;
        loops = 0;
        Statement.Block body = body(linker.scope().block(), end);
        loops = outside;
        tokens.next();
        return new Expression.Capture(source, offset, body);
    }

    private Statement macro(int offset) {
        String name = tokens.expectName();
        int slot = linker.scope().store(name);
        Scope scope = linker.scope().function();
        var signature = signature(scope);
        return new Statement.Define(source, offset, slot, definition(offset, name, signature, scope, "endmacro"));
    }

    /** Body and end tag of a macro or call block. */
    private Macro.Definition definition(int offset, String name, Signature signature, Scope scope, String end) {
        for (String special : List.of("caller", "varargs", "kwargs")) {
            scope.declare(special);
        }
        int outside = loops;
        loops = 0;
        Statement.Block body = body(scope, end);
        loops = outside;
        tokens.next();
        var definition =
                new Macro.Definition(source, offset, name, signature.parameters(), signature.defaults(), body, scope);
        linker.later(definition::link);
        return definition;
    }

    private record Signature(List<String> parameters, Expression[] defaults) {}

    /** Parameters in parentheses, declared in the scope, which also holds the names of their defaults. */
    private Signature signature(Scope scope) {
        Scope outer = linker.enter(scope);
        var parameters = new ArrayList<String>();
        var defaults = new ArrayList<Expression>();
        tokens.expectOperator("(");
        while (!tokens.skipOperator(")")) {
            parameters.add(tokens.expectName());
            scope.declare(parameters.getLast());
            boolean optional = tokens.skipOperator("=");
            if (!optional && !defaults.isEmpty() && defaults.getLast() != null) {
                throw tokens.error("non-default argument follows default argument");
            }
            defaults.add(optional ? expressions.expression() : null);
            if (!tokens.current().isOperator(")")) {
                tokens.expectOperator(",");
            }
        }
        linker.enter(outer);
        return new Signature(parameters, defaults.toArray(Expression[]::new));
    }

    private Statement callBlock(int offset) {
        Scope scope = linker.scope().function();
        var signature =
                tokens.current().isOperator("(") ? signature(scope) : new Signature(List.of(), new Expression[0]);
        if (!(expressions.expression() instanceof Invocation.Call call)) {
            throw source.error("expected call", offset);
        }
        return new Statement.CallBlock(source, offset, call, definition(offset, "caller", signature, scope, "endcall"));
    }

    private Statement with(int offset) {
        Scope scope = linker.scope().block();
        var targets = new ArrayList<Target>();
        var values = new ArrayList<Expression>();
        while (tokens.current().kind() != Token.Kind.BLOCK_END) {
            if (!targets.isEmpty()) {
                tokens.expectOperator(",");
            }
            targets.add(single(false).declare(scope));
            tokens.expectOperator("=");
            values.add(expressions.expression());
        }
        Statement.Block body = body(scope, "endwith");
        tokens.next();
        return new Statement.With(
                source, offset, targets.toArray(Target[]::new), values.toArray(Expression[]::new), body);
    }
}
