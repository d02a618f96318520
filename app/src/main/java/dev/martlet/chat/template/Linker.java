package dev.martlet.chat.template;

import java.util.ArrayList;
import java.util.List;

/** Keeps the block being read, and resolves all names once the whole template is read. */
final class Linker {
    private final List<Runnable> names = new ArrayList<>();
    private final List<Runnable> blocks = new ArrayList<>();
    private Scope scope = Scope.root();

    Scope scope() {
        return scope;
    }

    /** Enters a scope; returns the one before, to be set again. */
    Scope enter(Scope inner) {
        Scope outer = scope;
        scope = inner;
        return outer;
    }

    Expression.Name name(Expression.Name name) {
        Scope here = scope;
        names.add(() -> name.link(here.resolve(name.name)));
        return name;
    }

    /** Adds what is to be done when all names are resolved. */
    void later(Runnable link) {
        blocks.add(link);
    }

    void link() {
        names.forEach(Runnable::run);
        blocks.forEach(Runnable::run);
    }
}
