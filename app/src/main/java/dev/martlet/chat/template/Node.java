package dev.martlet.chat.template;

/** A node of a compiled template's tree. */
abstract class Node {
    /** Highest tree; evaluating one node takes about two Java frames. */
    private static final int MAX_HEIGHT = 400;

    final int line;
    final int column;
    private int height = 1;

    Node(Source source, int offset) {
        line = source.line(offset);
        column = source.column(offset);
    }

    int height() {
        return height;
    }

    /** Tells the tree's height that this is a child; null is none. */
    final <N extends Node> N child(N node) {
        if (node != null && node.height() >= height) {
            height = node.height() + 1;
            if (height > MAX_HEIGHT) {
                throw new TemplateException(TemplateException.Cause.LIMIT, "template nested too deeply", line, column);
            }
        }
        return node;
    }

    final <N extends Node> N[] children(N[] nodes) {
        for (N node : nodes) {
            child(node);
        }
        return nodes;
    }

    final TemplateException at(Failure failure) {
        return failure.at(line, column);
    }
}
