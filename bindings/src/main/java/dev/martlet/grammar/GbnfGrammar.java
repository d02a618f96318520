package dev.martlet.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns the rules of a GBNF grammar into nodes: what cannot end is cut off, what is regular becomes one automaton, and
 * the rest stays as rules.
 */
final class GbnfGrammar {

    /** A part that spells out longer than this is not made into one automaton. */
    private static final long MOST_CHARACTERS = 3_000;

    /** What a reference adds to that, so that chains of rules stay short as well. */
    private static final long REFERENCE = 8;

    private static final long WORK_FOR_ONE_AUTOMATON = 1_000_000;

    private final Map<String, GbnfPart> rules;
    private final Budget budget = new Budget(Budget.DEFAULT);
    private final Set<String> nullable = new HashSet<>();
    private final Set<String> productive = new HashSet<>();
    private final Map<String, Long> lengths = new HashMap<>();
    private final Map<String, Node.Rule> made = new HashMap<>();
    private final List<String> toDefine = new ArrayList<>();

    private GbnfGrammar(Map<String, GbnfPart> rules) {
        this.rules = rules;
    }

    /** @throws GrammarException with the offset in the text, or UNSUPPORTED for a rule that begins with itself */
    static Node of(String text) {
        GbnfGrammar grammar = new GbnfGrammar(GbnfParser.parse(text));
        if (!grammar.rules.containsKey("root")) {
            throw new GrammarException(GrammarException.Reason.INVALID, "offset 0", "root", "there is no rule root");
        }
        grammar.rules.values().forEach(grammar::checkReferences);
        grammar.findNullableAndProductive();
        grammar.checkLeftRecursion();
        if (!grammar.productive.contains("root")) {
            throw new GrammarException(
                    GrammarException.Reason.UNSATISFIABLE, "offset 0", "root", "no finite text matches");
        }
        return grammar.build();
    }

    private Node build() {
        Node root = rule("root");
        while (!toDefine.isEmpty()) {
            String name = toDefine.remove(toDefine.size() - 1);
            made.get(name).define(node(rules.get(name)).orElseThrow());
        }
        return root;
    }

    private void checkReferences(GbnfPart part) {
        switch (part) {
            case GbnfPart.Reference reference -> {
                if (!rules.containsKey(reference.rule())) {
                    throw new GrammarException(
                            GrammarException.Reason.INVALID,
                            "offset " + reference.offset(),
                            reference.rule(),
                            "there is no such rule");
                }
            }
            case GbnfPart.Sequence sequence -> sequence.parts().forEach(this::checkReferences);
            case GbnfPart.Choice choice -> choice.options().forEach(this::checkReferences);
            case GbnfPart.Repeat repeat -> checkReferences(repeat.item());
            case GbnfPart.Character character -> {}
            case GbnfPart.Literal literal -> {}
            case GbnfPart.Token token -> {}
        }
    }

    private void findNullableAndProductive() {
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Map.Entry<String, GbnfPart> rule : rules.entrySet()) {
                budget.spend(10);
                changed |= isProductive(rule.getValue()) && productive.add(rule.getKey());
                changed |= isNullable(rule.getValue()) && nullable.add(rule.getKey());
            }
        }
    }

    private boolean isNullable(GbnfPart part) {
        return switch (part) {
            case GbnfPart.Reference reference -> nullable.contains(reference.rule());
            case GbnfPart.Sequence sequence -> sequence.parts().stream().allMatch(this::isNullable);
            case GbnfPart.Choice choice -> choice.options().stream().anyMatch(this::isNullable);
            case GbnfPart.Repeat repeat -> repeat.min() == 0 || isNullable(repeat.item());
            case GbnfPart.Literal literal -> literal.text().isEmpty();
            case GbnfPart.Character character -> false;
            case GbnfPart.Token token -> false;
        };
    }

    private boolean isProductive(GbnfPart part) {
        return switch (part) {
            case GbnfPart.Reference reference -> productive.contains(reference.rule());
            case GbnfPart.Sequence sequence -> sequence.parts().stream().allMatch(this::isProductive);
            case GbnfPart.Choice choice -> choice.options().stream().anyMatch(this::isProductive);
            case GbnfPart.Repeat repeat -> repeat.min() == 0 || isProductive(repeat.item());
            case GbnfPart.Character character -> character.points().ranges() > 0;
            case GbnfPart.Literal literal -> true;
            case GbnfPart.Token token -> true;
        };
    }

    private void checkLeftRecursion() {
        Set<String> done = new HashSet<>();
        for (String rule : rules.keySet()) {
            visit(rule, new HashSet<>(), done, 0);
        }
    }

    private void visit(String rule, Set<String> open, Set<String> done, int depth) {
        if (done.contains(rule)) {
            return;
        }
        if (!open.add(rule) || depth > 1_000) {
            boolean deep = depth > 1_000;
            throw new GrammarException(
                    deep ? GrammarException.Reason.TOO_COMPLEX : GrammarException.Reason.UNSUPPORTED,
                    "rule " + rule,
                    rule,
                    deep ? "too long a chain of rules" : "the rule begins with itself (left recursion)");
        }
        Set<String> firsts = new HashSet<>();
        addFirsts(rules.get(rule), firsts);
        for (String first : firsts) {
            visit(first, open, done, depth + 1);
        }
        open.remove(rule);
        done.add(rule);
    }

    private void addFirsts(GbnfPart part, Set<String> out) {
        switch (part) {
            case GbnfPart.Reference reference -> out.add(reference.rule());
            case GbnfPart.Sequence sequence -> {
                for (GbnfPart p : sequence.parts()) {
                    addFirsts(p, out);
                    if (!isNullable(p)) {
                        return;
                    }
                }
            }
            case GbnfPart.Choice choice -> choice.options().forEach(o -> addFirsts(o, out));
            case GbnfPart.Repeat repeat -> addFirsts(repeat.item(), out);
            case GbnfPart.Character character -> {}
            case GbnfPart.Literal literal -> {}
            case GbnfPart.Token token -> {}
        }
    }

    /** How many characters a part spells out to; over {@link #MOST_CHARACTERS} when it is recursive or has tokens. */
    private long length(GbnfPart part) {
        long length = switch (part) {
            case GbnfPart.Reference reference -> {
                Long known = lengths.get(reference.rule());
                if (known == null) {
                    lengths.put(reference.rule(), MOST_CHARACTERS + 1); // what leads back here is recursive
                    known = length(rules.get(reference.rule()));
                    lengths.put(reference.rule(), known);
                }
                yield known;
            }
            case GbnfPart.Sequence sequence ->
                sequence.parts().stream().mapToLong(this::length).sum();
            case GbnfPart.Choice choice ->
                choice.options().stream().mapToLong(this::length).sum();
            case GbnfPart.Repeat repeat ->
                length(repeat.item()) * Math.max(1, repeat.max() == Rx.UNBOUNDED ? repeat.min() : repeat.max());
            case GbnfPart.Character character -> 1;
            case GbnfPart.Literal literal -> literal.text().length();
            case GbnfPart.Token token -> MOST_CHARACTERS + 1;
        };
        return Math.min(length, MOST_CHARACTERS + 1);
    }

    private Node.Rule rule(String name) {
        return made.computeIfAbsent(name, n -> {
            toDefine.add(n);
            return new Node.Rule(n);
        });
    }

    /** The node of a part; empty when nothing finite matches it. */
    private Optional<Node> node(GbnfPart part) {
        if (!isProductive(part)) {
            return Optional.empty();
        }
        return automaton(part).or(() -> Optional.of(composed(part)));
    }

    private Optional<Node> automaton(GbnfPart part) {
        if (length(part) > MOST_CHARACTERS) {
            return Optional.empty();
        }
        try {
            RxPool pool = new RxPool(new Budget(WORK_FOR_ONE_AUTOMATON));
            Dfa dfa = pool.dfa(regular(part, pool));
            budget.spend(dfa.states());
            return Optional.of(new Node.Word(dfa));
        } catch (GrammarException e) {
            budget.spend(WORK_FOR_ONE_AUTOMATON);
            return Optional.empty();
        }
    }

    private Rx regular(GbnfPart part, RxPool pool) {
        return switch (part) {
            case GbnfPart.Reference reference -> regular(rules.get(reference.rule()), pool);
            case GbnfPart.Sequence sequence -> {
                Rx out = pool.empty;
                for (int i = sequence.parts().size() - 1; i >= 0; i--) {
                    out = pool.concat(regular(sequence.parts().get(i), pool), out);
                }
                yield out;
            }
            case GbnfPart.Choice choice ->
                pool.alt(choice.options().stream().map(o -> regular(o, pool)).toList());
            case GbnfPart.Repeat repeat -> pool.repeat(regular(repeat.item(), pool), repeat.min(), repeat.max());
            case GbnfPart.Character character -> Utf8.oneOf(pool, character.points());
            case GbnfPart.Literal literal -> pool.literal(literal.text().getBytes(StandardCharsets.UTF_8));
            case GbnfPart.Token token -> throw new AssertionError(token);
        };
    }

    private Node composed(GbnfPart part) {
        return switch (part) {
            case GbnfPart.Reference reference -> rule(reference.rule());
            case GbnfPart.Sequence sequence ->
                new Node.Sequence(sequence.parts().stream()
                        .map(p -> node(p).orElseThrow())
                        .toList());
            case GbnfPart.Choice choice ->
                new Node.Choice(
                        choice.options().stream().flatMap(o -> node(o).stream()).toList());
            case GbnfPart.Repeat repeat -> {
                Optional<Node> item = node(repeat.item());
                yield item.isEmpty()
                        ? new Node.Sequence(List.of())
                        : new RepeatNode(item.get(), repeat.min(), repeat.max());
            }
            case GbnfPart.Token token -> new Node.Special(token.spelling());
            case GbnfPart.Character character -> throw new AssertionError(character);
            case GbnfPart.Literal literal ->
                new Node.Word(Texts.of(List.of(literal.text()), budget).dfa());
        };
    }
}
