package dev.martlet.chat.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads expressions by operator precedence (Pratt). */
final class ExpressionParser {
    private static final int OR = 1;
    private static final int AND = 2;
    private static final int NOT = 3;
    private static final int COMPARE = 4;
    private static final int SUM = 5;
    private static final int CONCAT = 6;
    private static final int PRODUCT = 7;
    private static final int POWER = 8;
    private static final Map<String, Integer> OPERATORS = Map.ofEntries(
            Map.entry("==", COMPARE),
            Map.entry("!=", COMPARE),
            Map.entry("<", COMPARE),
            Map.entry("<=", COMPARE),
            Map.entry(">", COMPARE),
            Map.entry(">=", COMPARE),
            Map.entry("+", SUM),
            Map.entry("-", SUM),
            Map.entry("~", CONCAT),
            Map.entry("*", PRODUCT),
            Map.entry("/", PRODUCT),
            Map.entry("//", PRODUCT),
            Map.entry("%", PRODUCT),
            Map.entry("**", POWER));
    private static final Set<Token.Kind> TEST_ARGUMENT = Set.of(Token.Kind.NAME, Token.Kind.STRING, Token.Kind.NUMBER);

    private final TokenStream tokens;
    private final Source source;
    private final Linker linker;

    ExpressionParser(TokenStream tokens, Linker linker) {
        this.tokens = tokens;
        this.source = tokens.source;
        this.linker = linker;
    }

    /** One expression, or a tuple where commas follow; {@code until} is a name that ends it. */
    Expression tuple(boolean conditional, String until) {
        int offset = tokens.offset();
        var items = new ArrayList<Expression>();
        boolean tuple = false;
        while (!tupleEnd(until)) {
            items.add(conditional ? expression() : binary(OR));
            if (!tokens.skipOperator(",")) {
                break;
            }
            tuple = true;
        }
        if (!tuple) {
            if (items.isEmpty()) {
                throw tokens.unexpected("an expression");
            }
            return items.getFirst();
        }
        return new Expression.ItemsOf(source, offset, items.toArray(Expression[]::new), true);
    }

    private boolean tupleEnd(String until) {
        Token token = tokens.current();
        return token.kind() == Token.Kind.VARIABLE_END
                || token.kind() == Token.Kind.BLOCK_END
                || token.isOperator(")")
                || token.isName(until);
    }

    Expression expression() {
        tokens.enter();
        Expression expression = binary(OR);
        while (tokens.current().isName("if")) {
            int offset = tokens.next().offset();
            Expression condition = binary(OR);
            Expression otherwise = tokens.skipName("else") ? expression() : null;
            expression = new Expression.Conditional(source, offset, condition, expression, otherwise);
        }
        tokens.leave();
        return expression;
    }

    /** Binding power of the operator ahead; 0 where none is. */
    private int power() {
        Token token = tokens.current();
        return switch (token.kind()) {
            case OPERATOR -> OPERATORS.getOrDefault(token.text(), 0);
            case NAME ->
                switch (token.text()) {
                    case "or" -> OR;
                    case "and" -> AND;
                    case "in" -> COMPARE;
                    case "not" -> tokens.ahead().isName("in") ? COMPARE : 0;
                    default -> 0;
                };
            default -> 0;
        };
    }

    private Expression binary(int least) {
        int offset = tokens.offset();
        Expression left;
        if (least <= NOT && tokens.current().isName("not")) {
            tokens.enter();
            tokens.next();
            left = new Expression.Not(source, offset, binary(NOT));
            tokens.leave();
        } else {
            left = unary(true);
        }
        for (int power = power(); power >= least && power > 0; power = power()) {
            int at = tokens.offset();
            left = switch (power) {
                case OR, AND -> logical(at, left, power);
                case COMPARE -> compare(at, left);
                case SUM -> sum(at, left);
                case CONCAT -> new Arithmetic.Concat(source, at, operands(left, CONCAT, "~"));
                default -> arithmetic(at, left, power);
            };
        }
        return left;
    }

    private Expression logical(int offset, Expression left, int power) {
        String word = power == OR ? "or" : "and";
        var operands = new ArrayList<>(List.of(left));
        while (tokens.skipName(word)) {
            operands.add(binary(power + 1));
        }
        return new Expression.Logical(source, offset, operands.toArray(Expression[]::new), power == OR);
    }

    private Expression compare(int offset, Expression left) {
        var operands = new ArrayList<>(List.of(left));
        var operators = new ArrayList<String>();
        while (power() == COMPARE) {
            String operator = tokens.next().text();
            if (operator.equals("not")) {
                tokens.next();
                operator = "not in";
            }
            operators.add(operator);
            operands.add(binary(SUM));
        }
        return new Expression.Compare(
                source, offset, operands.toArray(Expression[]::new), operators.toArray(String[]::new));
    }

    private Expression[] operands(Expression left, int power, String operator) {
        var operands = new ArrayList<>(List.of(left));
        while (tokens.skipOperator(operator)) {
            operands.add(binary(power + 1));
        }
        return operands.toArray(Expression[]::new);
    }

    private Expression sum(int offset, Expression left) {
        if (tokens.current().isOperator("+")) {
            return new Arithmetic.Sum(source, offset, operands(left, SUM, "+"));
        }
        tokens.next();
        return new Arithmetic.Binary(source, offset, Operations.Arithmetic.SUBTRACT, left, binary(SUM + 1));
    }

    private Expression arithmetic(int offset, Expression left, int power) {
        String symbol = tokens.next().text();
        for (var operator : Operations.Arithmetic.values()) {
            if (operator.symbol.equals(symbol)) {
                return new Arithmetic.Binary(source, offset, operator, left, binary(power + 1));
            }
        }
        throw new AssertionError(symbol);
    }

    private Expression unary(boolean filters) {
        int offset = tokens.offset();
        Expression expression;
        if (tokens.current().isOperator("-") || tokens.current().isOperator("+")) {
            tokens.enter();
            boolean minus = tokens.next().text().equals("-");
            expression = new Arithmetic.Sign(source, offset, unary(false), minus);
            tokens.leave();
        } else {
            expression = primary();
        }
        expression = postfix(expression);
        return filters ? filtersAndTests(expression) : expression;
    }

    private Expression primary() {
        Token token = tokens.current();
        int offset = token.offset();
        switch (token.kind()) {
            case NAME -> {
                tokens.next();
                return switch (token.text()) {
                    case "true", "True" -> new Expression.Literal(source, offset, Value.Bool.TRUE);
                    case "false", "False" -> new Expression.Literal(source, offset, Value.Bool.FALSE);
                    case "none", "None" -> new Expression.Literal(source, offset, Value.None.NONE);
                    default -> linker.name(new Expression.Name(source, offset, token.text()));
                };
            }
            case NUMBER -> {
                return new Expression.Literal(source, offset, tokens.next().value());
            }
            case STRING -> {
                var text = new StringBuilder();
                while (tokens.current().kind() == Token.Kind.STRING) {
                    text.append(tokens.next().text());
                }
                return new Expression.Literal(source, offset, Text.trusted(text.toString()));
            }
            case OPERATOR -> {
                switch (token.text()) {
                    case "(" -> {
                        return parenthesis();
                    }
                    case "[" -> {
                        return list();
                    }
                    case "{" -> {
                        return dict();
                    }
                    default -> {}
                }
            }
            default -> {}
        }
        throw tokens.error("unexpected " + token.describe());
    }

    private Expression parenthesis() {
        int offset = tokens.next().offset();
        if (tokens.skipOperator(")")) {
            return new Expression.ItemsOf(source, offset, new Expression[0], true);
        }
        Expression inner = tuple(true, "");
        tokens.expectOperator(")");
        return inner;
    }

    private Expression list() {
        int offset = tokens.next().offset();
        var items = new ArrayList<Expression>();
        while (!tokens.skipOperator("]")) {
            items.add(expression());
            if (!tokens.current().isOperator("]")) {
                tokens.expectOperator(",");
            }
        }
        return new Expression.ItemsOf(source, offset, items.toArray(Expression[]::new), false);
    }

    private Expression dict() {
        int offset = tokens.next().offset();
        var keys = new ArrayList<Expression>();
        var values = new ArrayList<Expression>();
        while (!tokens.skipOperator("}")) {
            keys.add(expression());
            tokens.expectOperator(":");
            values.add(expression());
            if (!tokens.current().isOperator("}")) {
                tokens.expectOperator(",");
            }
        }
        return new Expression.DictOf(
                source, offset, keys.toArray(Expression[]::new), values.toArray(Expression[]::new));
    }

    private Expression postfix(Expression start) {
        Expression expression = start;
        while (true) {
            Token token = tokens.current();
            if (token.isOperator(".")) {
                expression = attribute(expression);
            } else if (token.isOperator("[")) {
                expression = subscript(expression);
            } else if (token.isOperator("(")) {
                expression = call(expression);
            } else {
                return expression;
            }
        }
    }

    private Expression attribute(Expression object) {
        int offset = tokens.next().offset();
        Token name = tokens.next();
        return switch (name.kind()) {
            case NAME -> new Expression.Attribute(source, offset, object, name.text());
            case NUMBER ->
                new Expression.Item(source, offset, object, new Expression.Literal(source, offset, name.value()));
            default -> throw source.error("expected name or number, got " + name.describe(), name.offset());
        };
    }

    private Expression subscript(Expression object) {
        int offset = tokens.next().offset();
        if (tokens.current().isOperator(":")) {
            return slice(offset, object, null);
        }
        Expression key = tuple(true, "");
        if (tokens.current().isOperator(":")) {
            return slice(offset, object, key);
        }
        tokens.expectOperator("]");
        return new Expression.Item(source, offset, object, key);
    }

    private Expression slice(int offset, Expression object, Expression start) {
        tokens.next();
        Expression stop = bound();
        Expression step = tokens.skipOperator(":") ? bound() : null;
        tokens.expectOperator("]");
        return new Expression.Slice(source, offset, object, start, stop, step);
    }

    private Expression bound() {
        return tokens.current().isOperator(":") || tokens.current().isOperator("]") ? null : expression();
    }

    Expression call(Expression callee) {
        int offset = tokens.offset();
        Invocation.Arguments arguments = arguments();
        return callee instanceof Expression.Attribute attribute
                ? new Invocation.MethodCall(source, offset, attribute, arguments)
                : new Invocation.Call(source, offset, callee, arguments);
    }

    private Invocation.Arguments arguments() {
        tokens.expectOperator("(");
        var positional = new ArrayList<Expression>();
        var names = new ArrayList<String>();
        var named = new ArrayList<Expression>();
        Expression items = null;
        Expression keywords = null;
        while (!tokens.skipOperator(")")) {
            Token token = tokens.current();
            if (token.isOperator("*") && items == null && keywords == null) {
                tokens.next();
                items = expression();
            } else if (token.isOperator("**") && keywords == null) {
                tokens.next();
                keywords = expression();
            } else if (token.kind() == Token.Kind.NAME && tokens.ahead().isOperator("=") && keywords == null) {
                names.add(token.text());
                tokens.next();
                tokens.next();
                named.add(expression());
            } else if (items == null && keywords == null && names.isEmpty()) {
                positional.add(expression());
            } else {
                throw tokens.error("invalid syntax for function call expression");
            }
            if (!tokens.current().isOperator(")")) {
                tokens.expectOperator(",");
            }
        }
        if (positional.isEmpty() && names.isEmpty() && items == null && keywords == null) {
            return Invocation.Arguments.NONE;
        }
        return new Invocation.Arguments(
                positional.toArray(Expression[]::new),
                names.toArray(String[]::new),
                named.toArray(Expression[]::new),
                items,
                keywords);
    }

    private Expression filtersAndTests(Expression start) {
        Expression expression = start;
        while (true) {
            Token token = tokens.current();
            if (token.isOperator("|")) {
                tokens.next();
                expression = filter().apply(expression);
            } else if (token.isName("is")) {
                expression = test(expression);
            } else if (token.isOperator("(")) {
                expression = call(expression);
            } else {
                return expression;
            }
        }
    }

    /** A filter as read; it gets its value later, as a filtered block is read after its filter. */
    interface PendingFilter {
        Expression apply(Expression value);

        default PendingFilter then(PendingFilter next) {
            return value -> next.apply(apply(value));
        }
    }

    /** Reads a filter's name and arguments. */
    PendingFilter filter() {
        int offset = tokens.offset();
        String name = dottedName();
        Invocation.Arguments arguments = tokens.current().isOperator("(") ? arguments() : Invocation.Arguments.NONE;
        return value -> new Invocation.Filter(source, offset, value, name, arguments);
    }

    private String dottedName() {
        String name = tokens.expectName();
        while (tokens.skipOperator(".")) {
            name += "." + tokens.expectName();
        }
        return name;
    }

    private Expression test(Expression value) {
        int offset = tokens.next().offset();
        boolean negated = tokens.skipName("not");
        String name = dottedName();
        Token token = tokens.current();
        Invocation.Arguments arguments = Invocation.Arguments.NONE;
        if (token.isOperator("(")) {
            arguments = arguments();
        } else if ((TEST_ARGUMENT.contains(token.kind()) || token.isOperator("[") || token.isOperator("{"))
                && !token.isName("else")
                && !token.isName("or")
                && !token.isName("and")) {
            if (token.isName("is")) {
                throw tokens.error("You cannot chain multiple tests with is");
            }
            // Only these names end a test's argument in Jinja; "if" and "in" belong to what is around it.
            if (!token.isName("if") && !token.isName("in") && !token.isName("not")) {
                Expression argument = postfix(primary());
                arguments = new Invocation.Arguments(
                        new Expression[] {argument}, new String[0], new Expression[0], null, null);
            }
        }
        return new Invocation.Test(source, offset, value, name, arguments, negated);
    }
}
