package dev.martlet.grammar;

import java.util.List;

/** One construct of a grammar. Nodes are immutable once the grammar is built, and safe from any thread. */
abstract class Node {

    /** Starts to read this construct over the stacks in {@code rest}. */
    abstract void open(StackSet rest, Closure out);

    /** The constructs that this one is made of, as far as control tokens can be in them. */
    List<Node> parts() {
        return List.of();
    }

    /** A word of a lexer. */
    static final class Word extends Node {

        final Lexer lexer;

        Word(Lexer lexer) {
            this.lexer = lexer;
        }

        @Override
        void open(StackSet rest, Closure out) {
            int start = lexer.start();
            if (start < 0) {
                return;
            }
            if (!lexer.stuck(start)) {
                out.add(lexer.frame(start), rest);
            }
            if (lexer.label(start) >= 0) {
                out.resume(lexer.label(start), rest);
            }
        }
    }

    /** A control token of the vocabulary, by its spelling. */
    static final class Special extends Node {

        final SpecialFrame frame;

        Special(String spelling) {
            this.frame = new SpecialFrame(spelling);
        }

        @Override
        void open(StackSet rest, Closure out) {
            out.add(frame, rest);
        }
    }

    /** One construct after the other. */
    static final class Sequence extends Node {

        final List<Node> parts;
        private final Frame[] after;

        Sequence(List<Node> parts) {
            this.parts = List.copyOf(parts);
            this.after = new Frame[this.parts.size()];
            for (int i = 0; i < after.length; i++) {
                after[i] = new Rest(i);
            }
        }

        @Override
        List<Node> parts() {
            return parts;
        }

        @Override
        void open(StackSet rest, Closure out) {
            openFrom(0, rest, out);
        }

        private void openFrom(int at, StackSet rest, Closure out) {
            if (at == parts.size()) {
                out.resume(0, rest);
            } else if (at == parts.size() - 1) {
                parts.get(at).open(rest, out);
            } else {
                parts.get(at).open(out.pool().pushed(after[at], rest), out);
            }
        }

        private final class Rest extends Frame {

            private final int at;

            Rest(int at) {
                this.at = at;
            }

            @Override
            void resume(int label, StackSet rest, Closure out) {
                openFrom(at + 1, rest, out);
            }
        }
    }

    /** One of several constructs. */
    static final class Choice extends Node {

        final List<Node> options;

        Choice(List<Node> options) {
            this.options = List.copyOf(options);
        }

        @Override
        List<Node> parts() {
            return options;
        }

        @Override
        void open(StackSet rest, Closure out) {
            for (Node option : options) {
                option.open(rest, out);
            }
        }
    }

    /** A construct that is named before it is known, which is how grammars get to be recursive. */
    static final class Rule extends Node {

        final String name;
        private Node body;

        Rule(String name) {
            this.name = name;
        }

        /** Gives the rule its body; once, before the grammar is used. */
        void define(Node definition) {
            if (body != null) {
                throw new IllegalStateException("rule is defined twice: " + name);
            }
            body = definition;
        }

        Node body() {
            return body;
        }

        @Override
        List<Node> parts() {
            return List.of(body);
        }

        @Override
        void open(StackSet rest, Closure out) {
            out.countRule();
            body.open(rest, out);
        }
    }
}
