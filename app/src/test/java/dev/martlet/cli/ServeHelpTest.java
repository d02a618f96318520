package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.embedding.EmbedderOptions;
import dev.martlet.embedding.Pooling;
import dev.martlet.engine.EngineOptions;
import dev.martlet.memory.CacheType;
import dev.martlet.memory.CacheTypes;
import dev.martlet.model.GpuSplit;
import dev.martlet.model.GpuSplit.Mode;
import dev.martlet.server.RequestLog;
import dev.martlet.server.ServerConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** {@code serve --help} says what is true, a line for each setting. */
class ServeHelpTest {
    private static final EngineOptions ENGINE = EngineOptions.defaults();
    private static final EmbedderOptions EMBEDDER = EmbedderOptions.defaults();
    private static final ServerConfig SERVER = ServerConfig.defaults();
    private static final GpuSplit SPLIT = GpuSplit.byLayers();
    private static final Pattern DEFAULT = Pattern.compile("\\(default: (.+)\\)\\.$");
    private static final List<String> WITHOUT_DEFAULT = List.of("--help", "--version");

    private static CommandLine serve() {
        return Main.commandLine(name -> null).getSubcommands().get("serve");
    }

    /** What the help must call the default of each setting. */
    private static Map<String, Object> defaults() {
        Map<String, Object> defaults = new HashMap<>();
        defaults.put("--config", "none");
        defaults.put("--model", "a small model that is fetched once");
        defaults.put("--alias", "the file's");
        defaults.put("--chat-template", "the one in the model's file");
        defaults.put("--tool-format", "told from its template");
        defaults.put("--ctx-size", ENGINE.contextTokens() == 0 ? "by model and free memory" : "?");
        defaults.put("--threads", ENGINE.threads() == 0 ? "one for each physical core" : "?");
        defaults.put("--parallel", ENGINE.maxSequences());
        defaults.put("--queue", ENGINE.queueLimit());
        defaults.put("--queue-tokens", ENGINE.queueTokens());
        defaults.put("--batch-size", ENGINE.batchTokens());
        defaults.put("--step-millis", ENGINE.stepMillis());
        defaults.put("--cached-prefixes", ENGINE.cachedPrefixes());
        defaults.put("--host-cache", ENGINE.hostCacheMiB());
        defaults.put("--drafts", ENGINE.drafts());
        defaults.put("--flash-attention", ENGINE.flashAttention().name().toLowerCase(Locale.ROOT));
        defaults.put("--cache-type-k", ENGINE.cacheTypes().keys().name().toLowerCase(Locale.ROOT));
        defaults.put("--cache-type-v", ENGINE.cacheTypes().values().name().toLowerCase(Locale.ROOT));
        defaults.put("--split-mode", SPLIT.mode().name().toLowerCase(Locale.ROOT));
        defaults.put("--main-gpu", SPLIT.mainGpu());
        defaults.put("--tensor-split", SPLIT.shares().isEmpty() ? "by their free memory" : "?");
        defaults.put("--no-prefix-cache", ENGINE.prefixCache() ? "keep them" : "?");
        defaults.put("--gpu", new SplitSettings().gpu() instanceof GpuChoice.Auto ? "auto" : "?");
        defaults.put("--pooling", EMBEDDER.pooling() == Pooling.MODEL ? "as the model's file says, else mean" : "?");
        defaults.put("--embedding-tokens", EMBEDDER.maxTokens());
        defaults.put("--embedding-queue", EMBEDDER.queueLimit());
        defaults.put("--host", SERVER.host());
        defaults.put("--port", SERVER.port());
        defaults.put("--max-body", SERVER.maxBodyBytes() / 1_000_000);
        defaults.put("--grace", SERVER.grace().toSeconds());
        defaults.put("--default-max-tokens", SERVER.defaultMaxTokens().isEmpty() ? "what the context allows" : "?");
        defaults.put("--strict-model", SERVER.strictModel() ? "?" : "any name will do");
        defaults.put("--api-key", SERVER.access().keys().areNeeded() ? "?" : "none");
        defaults.put("--api-key-file", SERVER.access().keys().areNeeded() ? "?" : "none");
        defaults.put("--queue-per-key", SERVER.access().keyQueue() == Integer.MAX_VALUE ? "what --queue allows" : "?");
        defaults.put("--open-metrics", SERVER.access().openMetrics() ? "?" : "where keys are set, with one");
        defaults.put("--tls-cert", SERVER.tls().isEmpty() ? "plain HTTP" : "?");
        defaults.put("--tls-key", "in the file of --tls-cert");
        defaults.put("--read-timeout", SERVER.readTimeout().toSeconds());
        defaults.put("--write-timeout", SERVER.writeTimeout().toSeconds());
        defaults.put("--request-log", SERVER.requestLog() == RequestLog.none() ? "none" : "?");
        defaults.put("--log-prompts", "no text");
        defaults.put("--cors-origin", SERVER.corsOrigins().isEmpty() ? "none" : "?");
        return defaults;
    }

    @Test
    void shouldNameTheTrueDefaultOfEverySetting() {
        Map<String, Object> expected = defaults();
        for (OptionSpec option : serve().getCommandSpec().options()) {
            String name = option.longestName();
            if (WITHOUT_DEFAULT.contains(name)) {
                continue;
            }
            Matcher named = DEFAULT.matcher(String.join(" ", option.description()));
            assertThat(named.find()).as(name + " names its default").isTrue();
            assertThat(named.group(1)).as(name).isEqualTo(String.valueOf(expected.remove(name)));
        }
        assertThat(expected).as("settings that are gone").isEmpty();
    }

    @Test
    void shouldTakeTheDefaultsWhereNothingIsGiven() {
        assertThat(new EngineSettings().toOptions()).isEqualTo(ENGINE);
        assertThat(new AccessSettings().addTo(new HttpSettings().toConfig())).isEqualTo(SERVER);
        assertThat(new EmbeddingSettings().toOptions(0)).isEqualTo(EMBEDDER);
        assertThat(new SplitSettings().toSplit()).isEqualTo(SPLIT);
    }

    @Test
    void shouldTakeALineForEachSetting() {
        List<String> lines = serve().getUsageMessage().lines().toList();
        int first = lines.indexOf("Model");
        assertThat(first).isPositive();
        for (OptionSpec option : serve().getCommandSpec().options()) {
            List<String> own = lines.subList(first, lines.size()).stream()
                    .filter(line -> line.matches("^ +(-\\w, )?" + option.longestName() + "\\b(?!-).*"))
                    .toList();
            assertThat(own).as(option.longestName()).hasSize(1);
            assertThat(own.getFirst()).endsWith(option.description()[0]);
        }
        assertThat(lines).contains("Model", "HTTP", "Access", "Engine", "GPUs", "Embeddings");
        assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThan(120));
    }

    @Test
    void shouldSetWhatItSays() {
        assertThat(options(
                        "--ctx-size=1000",
                        "--parallel=3",
                        "--queue=4",
                        "--queue-tokens=500",
                        "--batch-size=64",
                        "--step-millis=5",
                        "--threads=6",
                        "--drafts=7"))
                .isEqualTo(ENGINE.withContextTokens(1_000)
                        .withMaxSequences(3)
                        .withQueueLimit(4)
                        .withQueueTokens(500)
                        .withBatchTokens(64)
                        .withStepMillis(5)
                        .withThreads(6)
                        .withDrafts(7));
        assertThat(options("--cached-prefixes=7", "--host-cache=8", "--flash-attention=off", "--no-prefix-cache"))
                .isEqualTo(ENGINE.withCachedPrefixes(7)
                        .withHostCacheMiB(8)
                        .withFlashAttention(EngineOptions.FlashAttention.OFF)
                        .withPrefixCache(false));
        assertThat(options("--cache-type-k=q8_0", "--cache-type-v=Q4_0"))
                .isEqualTo(ENGINE.withCacheTypes(new CacheTypes(CacheType.Q8_0, CacheType.Q4_0)));
        assertThatThrownBy(() -> options("--cache-type-v=q8_0", "--flash-attention=off"))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("needs flashAttention");
    }

    @Test
    void shouldSetHowGpusShareTheModel() {
        assertThat(split("--split-mode=none", "--main-gpu=1")).isEqualTo(new GpuSplit(Mode.NONE, 1, List.of()));
        assertThat(split("--split-mode=row", "--tensor-split=3,1.5"))
                .isEqualTo(new GpuSplit(Mode.ROW, 0, List.of(3f, 1.5f)));
        assertThatThrownBy(() -> split("--tensor-split=0,0"))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("shares are [0.0, 0.0]");
        assertThatThrownBy(() -> split("--main-gpu=-1")).hasMessageContaining("mainGpu is -1");
    }

    private static GpuSplit split(String... args) {
        SplitHolder holder = new SplitHolder();
        new CommandLine(holder).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(args);
        return holder.split.toSplit();
    }

    @CommandLine.Command
    private static final class SplitHolder {
        @CommandLine.ArgGroup(validate = false)
        private SplitSettings split = new SplitSettings();
    }

    @Test
    void shouldSetHowTextsAreEmbedded() {
        EmbeddingHolder holder = new EmbeddingHolder();
        new CommandLine(holder)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs("--pooling=last", "--embedding-tokens=64", "--embedding-queue=3");
        assertThat(holder.embedding.toOptions(5))
                .isEqualTo(EMBEDDER.withPooling(Pooling.LAST)
                        .withMaxTokens(64)
                        .withQueueLimit(3)
                        .withThreads(5));
    }

    @CommandLine.Command
    private static final class EmbeddingHolder {
        @CommandLine.ArgGroup(validate = false)
        private EmbeddingSettings embedding = new EmbeddingSettings();
    }

    private static EngineOptions options(String... args) {
        EngineHolder holder = new EngineHolder();
        new CommandLine(holder).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(args);
        return holder.engine.toOptions();
    }

    @CommandLine.Command
    private static final class EngineHolder {
        @CommandLine.ArgGroup(validate = false)
        private EngineSettings engine = new EngineSettings();
    }
}
