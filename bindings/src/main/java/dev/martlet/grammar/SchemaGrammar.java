package dev.martlet.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns a JSON Schema into grammar nodes.
 *
 * <p>Every condition on a value that can come up is worked out into a {@link ValueSet}; then the conditions that nothing
 * meets are found as a least fixed point and cut off, so that no text the grammar allows is a dead end; then each of the
 * rest becomes a rule.
 */
final class SchemaGrammar {

    private final FormulaPool pool = new FormulaPool();
    private final Budget budget = new Budget(Budget.DEFAULT);
    private final Evaluator evaluator;
    private final JsonSchemaOptions options;
    private final JsonLayout layout;

    /** All conditions that can come up, with what is inside their values. */
    private final Map<Formula, Set<Formula>> inside = new LinkedHashMap<>();

    private final Set<Formula> possible = new HashSet<>();
    private final Map<Formula, Node.Rule> rules = new HashMap<>();
    private final Map<Dfa, Dfa> keySpellings = new HashMap<>();

    private SchemaGrammar(SchemaDocument document, JsonSchemaOptions options) {
        this.evaluator = new Evaluator(document, pool, budget);
        this.options = options;
        this.layout = options.compact() ? JsonLayout.COMPACT : JsonLayout.SPACED;
    }

    /**
     * The grammar of the JSON texts that a schema allows.
     *
     * @throws GrammarException with the place in the schema
     */
    static Node of(String schema, String pointer, JsonSchemaOptions options) {
        SchemaDocument document = new SchemaDocument(JsonReader.read(schema));
        SchemaGrammar grammar = new SchemaGrammar(document, options);
        JsonValue at = document.at(pointer)
                .orElseThrow(() -> new GrammarException(
                        GrammarException.Reason.INVALID, pointer, "", "the schema has nothing there"));
        Formula root = grammar.pool.schema(at, pointer);
        grammar.collect(root);
        grammar.findPossible();
        if (!grammar.possible.contains(root)) {
            throw new GrammarException(
                    GrammarException.Reason.UNSATISFIABLE, grammar.culprit(root), "", "no value satisfies this schema");
        }
        return grammar.rule(root);
    }

    private void collect(Formula root) {
        ArrayDeque<Formula> queue = new ArrayDeque<>(List.of(root));
        while (!queue.isEmpty()) {
            Formula formula = queue.poll();
            if (!inside.containsKey(formula)) {
                Set<Formula> parts = evaluator.inside(evaluator.values(formula));
                budget.spend(parts.size());
                inside.put(formula, parts);
                queue.addAll(parts);
            }
        }
    }

    private void findPossible() {
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Formula formula : inside.keySet()) {
                budget.spend(1);
                if (!possible.contains(formula) && isPossible(evaluator.values(formula))) {
                    possible.add(formula);
                    changed = true;
                }
            }
        }
    }

    private boolean isPossible(ValueSet set) {
        return !Evaluator.hasNoSingleValue(set)
                || set.arrays().stream().anyMatch(this::isPossible)
                || set.objects().stream().anyMatch(this::isPossible);
    }

    private boolean isPossible(ArrayShape shape) {
        ItemOptions items = new ItemKinds(shape, pool).options(possible::contains);
        return items.feasible(0, items.allWitnesses());
    }

    private boolean isPossible(ObjectShape shape) {
        return new MemberKinds(shape, pool).options(possible::contains).possible();
    }

    /** The place of a condition that nothing meets and that has none such inside. */
    private String culprit(Formula root) {
        Formula at = root;
        Set<Formula> seen = new HashSet<>();
        while (seen.add(at)) {
            ValueSet set = evaluator.values(at);
            Formula deeper = evaluator.emptyMember(at);
            for (ObjectShape shape : set.objects()) {
                for (String name : shape.required()) {
                    Formula kind = shape.names().get(name);
                    deeper = possible.contains(kind) || kind == Formula.FALSE ? deeper : kind;
                }
            }
            for (ArrayShape shape : set.arrays()) {
                Formula kind = shape.item(0);
                deeper = possible.contains(kind) || kind == Formula.FALSE ? deeper : kind;
            }
            at = deeper;
        }
        return at.somePointer();
    }

    private Node.Rule rule(Formula root) {
        ArrayDeque<Formula> queue = new ArrayDeque<>();
        Node.Rule first = named(root, queue);
        while (!queue.isEmpty()) {
            Formula formula = queue.poll();
            rules.get(formula).define(body(formula, queue));
        }
        return first;
    }

    private Node.Rule named(Formula formula, ArrayDeque<Formula> queue) {
        return rules.computeIfAbsent(formula, f -> {
            queue.add(f);
            return new Node.Rule(f.somePointer());
        });
    }

    private Node body(Formula formula, ArrayDeque<Formula> queue) {
        try {
            ValueSet set = evaluator.values(formula);
            List<Node> nodes = new ArrayList<>();
            if (set.nul()) {
                nodes.add(Word.NULL);
            }
            if (set.yes()) {
                nodes.add(Word.TRUE);
            }
            if (set.no()) {
                nodes.add(Word.FALSE);
            }
            if (!set.numbers().isEmpty()) {
                nodes.add(new Node.Word(set.numbers().written(budget)));
            }
            if (!set.texts().isEmpty()) {
                nodes.add(new Node.Word(set.texts().quoted(budget)));
            }
            for (ArrayShape shape : set.arrays()) {
                if (isPossible(shape)) {
                    nodes.add(array(shape, queue));
                }
            }
            for (ObjectShape shape : set.objects()) {
                if (isPossible(shape)) {
                    nodes.add(object(shape, queue));
                }
            }
            return nodes.size() == 1 ? nodes.get(0) : new Node.Choice(nodes);
        } catch (GrammarException e) {
            throw e.place().isEmpty()
                    ? new GrammarException(e.reason(), formula.somePointer(), e.keyword(), Evaluator.detail(e))
                    : e;
        }
    }

    /** The three words of JSON. */
    private static final class Word {
        static final Node NULL = new Node.Word(JsonText.word("null"));
        static final Node TRUE = new Node.Word(JsonText.word("true"));
        static final Node FALSE = new Node.Word(JsonText.word("false"));
    }

    private Node array(ArrayShape shape, ArrayDeque<Formula> queue) {
        ItemKinds kinds = new ItemKinds(shape, pool);
        ItemOptions can = kinds.options(possible::contains);
        return new ArrayNode(nodes(kinds.kinds(), queue), can, layout);
    }

    private List<List<Node>> nodes(List<List<Formula>> kinds, ArrayDeque<Formula> queue) {
        Node nothing = new Node.Choice(List.of());
        List<List<Node>> out = new ArrayList<>();
        for (List<Formula> options : kinds) {
            List<Node> nodes = new ArrayList<>();
            for (Formula option : options) {
                nodes.add(possible.contains(option) ? named(option, queue) : nothing);
            }
            out.add(nodes);
        }
        return out;
    }

    private Node object(ObjectShape shape, ArrayDeque<Formula> queue) {
        MemberKinds kinds = new MemberKinds(shape, pool);
        MemberOptions can = kinds.options(possible::contains);
        boolean[] forbidden = new boolean[can.names()];
        for (int n = 0; n < forbidden.length; n++) {
            forbidden[n] = !can.can()[n][0];
        }
        Dfa others = Dfa.NOTHING;
        for (int i = 0; i < shape.others().size(); i++) {
            ObjectShape.KeyClass other = shape.others().get(i);
            if (can.can()[can.names() + i][0]) {
                others =
                        i == 0 ? other.keys() : Dfa.combine(others, other.keys().labelled(i), Dfa.Operation.OR, budget);
            }
        }
        Dfa spelled = others == JsonText.ANY_TEXT
                ? layout.anyKey()
                : keySpellings.computeIfAbsent(others, keys -> JsonText.restOfKey(keys, layout.spaced(), budget));
        KeyTable keys = new KeyTable(kinds.names(), forbidden, spelled, layout.spaced());
        int[] order = new int[options.declaredOrder() ? forbidden.length : 0];
        List<String> declared = new ArrayList<>(shape.names().keySet());
        for (int n = 0; n < order.length; n++) {
            order[n] = declared.indexOf(kinds.names().get(n));
        }
        return new ObjectNode(keys, nodes(kinds.kinds(), queue), can, order, layout);
    }
}
