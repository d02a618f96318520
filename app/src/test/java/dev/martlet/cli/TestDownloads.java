package dev.martlet.cli;

import java.util.List;

/** Package managers that are shell scripts; {@code $target} is the folder they are to download to. */
final class TestDownloads {
    private static final List<String> NONE = List.of("no-such-command-of-martlet");

    private TestDownloads() {}

    /** Neither pip nor npm. */
    static Downloads without() {
        return new Downloads(NONE, NONE);
    }

    /** Only pip. */
    static Downloads pip(String script) {
        return new Downloads(
                List.of("sh", "-c", "while [ \"$1\" != -d ]; do shift; done; target=$2; " + script, "pip"), NONE);
    }

    /** Only npm. */
    static Downloads npm(String script) {
        return new Downloads(NONE, List.of("sh", "-c", "target=$PWD; " + script, "npm"));
    }
}
