/**
 * Martlet's model and engine for Java programs. The native library comes as resources of the martlet-native-lib jar.
 */
module dev.martlet.bindings {
    requires jdk.jfr;

    exports dev.martlet.embedding;
    exports dev.martlet.engine;
    exports dev.martlet.gpu;
    exports dev.martlet.grammar;
    exports dev.martlet.memory;
    exports dev.martlet.model;
    exports dev.martlet.nativelib;
    exports dev.martlet.text;
}
