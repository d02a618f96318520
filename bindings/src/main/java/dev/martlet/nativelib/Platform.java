package dev.martlet.nativelib;

import java.util.Locale;

/**
 * An operating system and processor, as native resources are named after them.
 *
 * @param os linux, macos or windows
 * @param arch x64 or arm64
 */
record Platform(String os, String arch) {

    /**
     * This machine's.
     *
     * @throws NativeException UNSUPPORTED on any other
     */
    static Platform current() {
        return of(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    static Platform of(String osName, String osArch) {
        String name = osName.toLowerCase(Locale.ROOT);
        String os = name.startsWith("linux")
                ? "linux"
                : name.startsWith("mac") ? "macos" : name.startsWith("windows") ? "windows" : "";
        String arch = switch (osArch) {
            case "amd64", "x86_64" -> "x64";
            case "aarch64", "arm64" -> "arm64";
            default -> "";
        };
        if (os.isEmpty() || arch.isEmpty()) {
            throw new NativeException(
                    "load",
                    Status.UNSUPPORTED,
                    "there is no libmartlet for " + osName + " on " + osArch
                            + "; build native-lib there and start with -Dmartlet.native.dir=DIR");
        }
        return new Platform(os, arch);
    }

    /** The folder of its files on the class path. */
    String resources() {
        return "dev/martlet/native/" + os + "-" + arch + "/";
    }
}
