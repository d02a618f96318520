package dev.martlet.nativelib;

import dev.martlet.ffi.martlet_h;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Loads libmartlet once for the JVM. */
public final class NativeLibrary {

    private static final String OPERATION = "load";

    /** Guarded by the class. */
    private static boolean loaded;

    /** Where it was loaded from. Guarded by the class. */
    private static Path location = Path.of("");

    private NativeLibrary() {}

    /**
     * Makes sure that the library is loaded and initialised. Its files come from the directory that the system property
     * {@code martlet.native.dir} names, or from the class path.
     *
     * @throws NativeException when that fails; it may be tried again
     */
    public static synchronized void ensureLoaded() {
        if (loaded) {
            return;
        }
        Path directory = directory();
        load(directory.resolve(System.mapLibraryName("martlet")).toAbsolutePath());
        int version = martlet_h.mt_abi_version();
        if (version != martlet_h.MT_ABI_VERSION()) {
            throw new NativeException(
                    OPERATION,
                    Status.UNSUPPORTED,
                    "libmartlet in " + directory + " has ABI version " + version + ", these classes need "
                            + martlet_h.MT_ABI_VERSION()
                            + "; use martlet-native-lib and martlet-bindings of one release");
        }
        byte[] path = directory.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
        try (Arena arena = Arena.ofConfined()) {
            NativeCalls.check("initialise", martlet_h.mt_init(NativeCalls.bytes(path, arena), path.length));
        }
        LogDrain.start();
        location = directory;
        loaded = true;
    }

    private static Path directory() {
        String property = System.getProperty("martlet.native.dir", "");
        if (property.isEmpty()) {
            ClassLoader loader = NativeLibrary.class.getClassLoader();
            return new NativeFiles(loader, Platform.current().resources()).unpackTo(NativeFiles.home());
        }
        Path directory = Path.of(property);
        Path library = directory.resolve(System.mapLibraryName("martlet"));
        if (!Files.isRegularFile(library)) {
            throw new NativeException(
                    OPERATION,
                    Status.IO,
                    library + " does not exist; -Dmartlet.native.dir must name the directory that holds it");
        }
        return directory;
    }

    @SuppressWarnings("restricted")
    private static void load(Path library) {
        try {
            System.load(library.toString());
        } catch (UnsatisfiedLinkError e) {
            throw new NativeException(
                    OPERATION,
                    Status.UNSUPPORTED,
                    e.getMessage() + "; see what it lacks with: ldd " + library
                            + " (on Linux it needs glibc 2.34 and libstdc++ 6 of GCC 12 or newer)",
                    e);
        } catch (IllegalCallerException e) {
            throw new NativeException(
                    OPERATION,
                    Status.STATE,
                    "native access is refused; start java with --enable-native-access=" + moduleName(),
                    e);
        }
    }

    private static String moduleName() {
        Module module = NativeLibrary.class.getModule();
        return module.isNamed() ? module.getName() : "ALL-UNNAMED";
    }

    /** The directory of the native files. Loads the library. */
    public static synchronized Path location() {
        ensureLoaded();
        return location;
    }

    /** One line: llama.cpp version, CPU variant and its features. */
    public static String systemInfo() {
        ensureLoaded();
        return NativeCalls.text("system info", martlet_h::mt_system_info);
    }
}
