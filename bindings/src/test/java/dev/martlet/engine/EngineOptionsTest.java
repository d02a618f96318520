package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.engine.EngineOptions.FlashAttention;
import dev.martlet.memory.CacheType;
import dev.martlet.memory.CacheTypes;
import org.junit.jupiter.api.Test;

class EngineOptionsTest {

    @Test
    void shouldHaveTheseDefaults() {
        assertThat(EngineOptions.defaults())
                .isEqualTo(new EngineOptions(
                        0,
                        32,
                        512,
                        250,
                        0,
                        256,
                        262_144,
                        FlashAttention.AUTO,
                        true,
                        96,
                        1_024,
                        8,
                        CacheTypes.of(CacheType.F16)));
    }

    @Test
    void shouldChangeOneValueAtATime() {
        assertThat(EngineOptions.defaults()
                        .withContextTokens(1)
                        .withMaxSequences(2)
                        .withBatchTokens(3)
                        .withStepMillis(7)
                        .withThreads(4)
                        .withQueueLimit(5)
                        .withQueueTokens(9)
                        .withPrefixCache(false)
                        .withCachedPrefixes(6)
                        .withHostCacheMiB(8)
                        .withDrafts(9)
                        .withFlashAttention(FlashAttention.ON)
                        .withCacheTypes(new CacheTypes(CacheType.Q8_0, CacheType.Q4_0)))
                .isEqualTo(new EngineOptions(
                        1,
                        2,
                        3,
                        7,
                        4,
                        5,
                        9,
                        FlashAttention.ON,
                        false,
                        6,
                        8,
                        9,
                        new CacheTypes(CacheType.Q8_0, CacheType.Q4_0)));
    }

    @Test
    void shouldHaveRowsForDraftsOfFewRequests() {
        EngineOptions options = EngineOptions.defaults();
        assertThat(options.outputRows()).isEqualTo(4 * 9);
        assertThat(options.withDrafts(0).outputRows()).isEqualTo(32);
        assertThat(options.withMaxSequences(1).outputRows()).isEqualTo(9);
        assertThat(options.withMaxSequences(1).withBatchTokens(5).outputRows()).isEqualTo(5);
    }

    @Test
    void shouldRefuseWhatIsOutOfRange() {
        EngineOptions options = EngineOptions.defaults();
        assertThatThrownBy(() -> options.withContextTokens(-1)).hasMessageContaining("contextTokens is -1");
        assertThatThrownBy(() -> options.withMaxSequences(0)).hasMessageContaining("maxSequences is 0");
        assertThatThrownBy(() -> options.withMaxSequences(160)).hasMessageContaining("cachedPrefixes");
        assertThatThrownBy(() -> options.withBatchTokens(31)).hasMessageContaining("at least maxSequences 32");
        assertThatThrownBy(() -> options.withStepMillis(-1)).hasMessageContaining("stepMillis is -1");
        assertThatThrownBy(() -> options.withThreads(-1)).hasMessageContaining("threads is -1");
        assertThatThrownBy(() -> options.withQueueLimit(-1)).hasMessageContaining("queueLimit is -1");
        assertThatThrownBy(() -> options.withQueueTokens(0)).hasMessageContaining("queueTokens is 0");
        assertThatThrownBy(() -> options.withHostCacheMiB(-1)).hasMessageContaining("hostCacheMiB is -1");
        assertThatThrownBy(() -> options.withDrafts(-1)).hasMessageContaining("drafts is -1");
        assertThatThrownBy(() -> options.withDrafts(33)).hasMessageContaining("0 to 32");
        assertThatThrownBy(() -> options.withCachedPrefixes(224)).hasMessageContaining("0 to 223");
        EngineOptions off = options.withFlashAttention(FlashAttention.OFF);
        assertThatThrownBy(() -> off.withCacheTypes(CacheTypes.of(CacheType.Q8_0)))
                .hasMessage("cacheTypes has values of type Q8_0, which needs flashAttention; it is OFF");
        assertThat(off.withCacheTypes(new CacheTypes(CacheType.Q8_0, CacheType.F16))
                        .cacheTypes())
                .hasToString("Q8_0 and F16");
    }
}
