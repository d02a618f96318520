package dev.martlet.bench.serving;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The programs that Martlet is compared with.
 *
 * @param programs the folder of {@code llama-server} and {@code llama-bench}, beside their libraries
 * @param straight the folder of {@code straight}
 */
record Peers(Path programs, Path straight) {

    /**
     * Builds what is not there yet; the progress goes to standard error.
     *
     * @param script {@code bench/native/build.sh}
     * @param out where programs of this tree go
     * @throws ServingException if that fails; the script has said why
     */
    static Peers build(Path script, Path out) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(script.toString(), out.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            process.getOutputStream().close();
            List<String> folders;
            try (BufferedReader output =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                folders = output.lines().toList();
            }
            if (process.waitFor() != 0 || folders.size() != 2) {
                throw new ServingException("llama-server could not be built");
            }
            return new Peers(Path.of(folders.get(0)), Path.of(folders.get(1)));
        } catch (IOException e) {
            throw new ServingException("cannot run " + script + ": " + e.getMessage(), e);
        }
    }
}
