package dev.martlet.chat.template;

import java.util.List;

/**
 * The arguments of a call as evaluated.
 *
 * @param names names of the keyword arguments, parallel to {@code named}
 */
record Args(Value[] positional, String[] names, Value[] named) {
    private static final String[] NO_NAMES = {};
    private static final Value[] NO_VALUES = {};
    static final Args NONE = new Args(NO_VALUES, NO_NAMES, NO_VALUES);

    static Args of(Value... positional) {
        return new Args(positional, NO_NAMES, NO_VALUES);
    }

    int count() {
        return positional.length;
    }

    /** The keyword argument, or null. */
    Value named(String name) {
        for (int i = 0; i < names.length; i++) {
            if (names[i].equals(name)) {
                return named[i];
            }
        }
        return null;
    }

    /** The arguments without the first positional ones. */
    Args skip(int count) {
        return new Args(java.util.Arrays.copyOfRange(positional, count, positional.length), names, named);
    }

    /**
     * Assigns the arguments to parameters as Python does.
     *
     * @param required how many of the parameters must be given
     * @return one value a parameter, null where none was given
     */
    Value[] bind(String function, List<String> parameters, int required) {
        if (positional.length > parameters.size()) {
            throw Failure.of(function + "() takes at most " + parameters.size() + " arguments, " + positional.length
                    + " were given");
        }
        Value[] bound = java.util.Arrays.copyOf(positional, parameters.size());
        for (int i = 0; i < names.length; i++) {
            int index = parameters.indexOf(names[i]);
            if (index < 0) {
                throw Failure.of(function + "() got an unexpected keyword argument '" + names[i] + "'");
            }
            if (bound[index] != null) {
                throw Failure.of(function + "() got multiple values for argument '" + names[i] + "'");
            }
            bound[index] = named[i];
        }
        for (int i = 0; i < required; i++) {
            if (bound[i] == null) {
                throw Failure.of(function + "() misses the argument '" + parameters.get(i) + "'");
            }
        }
        return bound;
    }
}
