package dev.martlet.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.martlet.engine.Engine;
import dev.martlet.engine.EngineException;
import dev.martlet.engine.EngineOptions;
import dev.martlet.model.Model;
import dev.martlet.model.ModelOptions;
import dev.martlet.model.TestModel;
import dev.martlet.nativelib.NativeException;
import dev.martlet.nativelib.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Vectors and scores by the native library: of the default model, which generates, and of tiny encoders. */
@Timeout(300)
class EmbedderIT {
    private static final List<String> TEXTS = List.of(
            "The cat sleeps on the sofa.",
            "A kitten is napping on the couch.",
            "The stock market fell sharply today.",
            "x",
            "Où est la bibliothèque ? 🐦");

    @TempDir
    static Path folder;

    private static Model smol;
    private static Model encoder;
    private static Model ranker;

    @BeforeAll
    static void open() throws IOException {
        smol = Model.open(TestModel.path());
        encoder = Model.open(TinyEncoder.write(folder.resolve("encoder.gguf"), false));
        ranker = Model.open(TinyEncoder.write(folder.resolve("ranker.gguf"), true));
    }

    @AfterAll
    static void close() {
        smol.close();
        encoder.close();
        ranker.close();
    }

    private static EmbedderOptions options() {
        return EmbedderOptions.defaults().withMaxTokens(512).withThreads(2);
    }

    private static List<int[]> tokens(Model model) {
        return TEXTS.stream()
                .map(text -> model.tokenizer().encode(text, true, false))
                .toList();
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
        }
        return dot;
    }

    @Test
    void shouldGiveUnitVectorsOfAModelThatGenerates() throws Exception {
        try (Embedder embedder = Embedder.open(smol, options())) {
            assertThat(embedder.limits()).isEqualTo(new VectorRunner.Limits(Pooling.MEAN, 576, 512, 49_152));
            List<float[]> vectors = embedder.embed(tokens(smol));
            assertThat(vectors).allSatisfy(vector -> {
                assertThat(vector).hasSize(576);
                assertThat(cosine(vector, vector)).isCloseTo(1, within(1e-5));
            });
            assertThat(cosine(vectors.get(0), vectors.get(1))).isGreaterThan(cosine(vectors.get(0), vectors.get(2)));
        }
    }

    @Test
    void shouldGiveTheSameTogetherAsAlone() throws Exception {
        for (Model model : List.of(smol, encoder)) {
            try (Embedder embedder = Embedder.open(model, options())) {
                List<int[]> all = tokens(model);
                List<float[]> together = embedder.embed(all);
                for (int i = 0; i < all.size(); i++) {
                    assertThat(embedder.embed(List.of(all.get(i))).getFirst())
                            .usingComparatorWithPrecision(0.02f)
                            .containsExactly(together.get(i));
                    assertThat(cosine(embedder.embed(List.of(all.get(i))).getFirst(), together.get(i)))
                            .isCloseTo(1, within(1e-4));
                }
            }
        }
    }

    @Test
    void shouldServeVirtualThreadsBesideAnEngine() throws Exception {
        EngineOptions small = EngineOptions.defaults()
                .withContextTokens(1_024)
                .withMaxSequences(2)
                .withThreads(2);
        try (Engine engine = Engine.start(smol, small);
                Embedder embedder = Embedder.open(smol, options().withThreads(1));
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<float[]> expected = embedder.embed(tokens(smol));
            Future<String> story =
                    callers.submit(() -> engine.generate("Once upon a time", 4).readAll());
            List<Future<List<float[]>>> answers = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                int[] text = tokens(smol).get(i % TEXTS.size());
                answers.add(callers.submit(() -> embedder.embed(List.of(text))));
            }
            for (int i = 0; i < 10; i++) {
                assertThat(cosine(answers.get(i).get().getFirst(), expected.get(i % TEXTS.size())))
                        .isCloseTo(1, within(1e-4));
            }
            assertThat(story.get()).isNotEmpty();
        }
    }

    @Test
    void shouldEmbedWithAnEncoder() throws Exception {
        assertThat(encoder.info().addSeparator()).isTrue();
        assertThat(encoder.info().special().separator()).isEqualTo(OptionalInt.of(258));
        try (Embedder embedder = Embedder.open(encoder, options())) {
            assertThat(embedder.limits()).isEqualTo(new VectorRunner.Limits(Pooling.CLS, 32, 64, 259));
            assertThatThrownBy(() -> embedder.embed(List.of(new int[65])))
                    .isInstanceOfSatisfying(
                            EngineException.class,
                            e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.PROMPT_TOO_LONG));
        }
        try (Embedder raw =
                Embedder.open(encoder, options().withPooling(Pooling.LAST).withNormalize(false))) {
            float[] vector = raw.embed(List.of(new int[] {257, 97, 258})).getFirst();
            assertThat(cosine(vector, vector)).isGreaterThan(2);
        }
    }

    @Test
    void shouldRank() throws Exception {
        assertThat(ranker.info().rankOutputs()).isEqualTo(1);
        assertThat(smol.info().rankOutputs()).isZero();
        List<String> documents = List.of("a cat", "the sea", "", "zzz");
        try (Reranker reranker = Reranker.open(ranker, options())) {
            assertThat(reranker.maxTokens()).isEqualTo(64);
            assertThat(reranker.tokens("a", "b")).containsExactly(257, 97, 258, 258, 98, 258);
            List<Float> scores = reranker.rank("cats", documents);
            assertThat(scores).hasSize(4).doesNotHaveDuplicates().allMatch(score -> score > 0 && score < 1);
            for (int i = 0; i < documents.size(); i++) {
                assertThat(reranker.rank("cats", documents.subList(i, i + 1)).getFirst())
                        .isCloseTo(scores.get(i), within(1e-3f));
            }
            CompletableFuture<List<Float>> cancelled = reranker.submit(List.of(reranker.tokens("a", "b")));
            cancelled.cancel(true);
            assertThat(reranker.rank("cats", documents)).hasSize(4);
        }
    }

    @Test
    void shouldSayWhatAModelCannot() {
        assertThatThrownBy(() -> Reranker.open(smol, options()))
                .isInstanceOfSatisfying(
                        NativeException.class, e -> assertThat(e.status()).isEqualTo(Status.UNSUPPORTED))
                .hasMessageContaining("no rank head");
        try (Model words = Model.open(TestModel.path(), ModelOptions.defaults().withVocabularyOnly(true))) {
            assertThatThrownBy(() -> Embedder.open(words))
                    .isInstanceOfSatisfying(
                            NativeException.class, e -> assertThat(e.status()).isEqualTo(Status.UNSUPPORTED));
        }
        assertThatThrownBy(() -> Embedder.open(smol, options().withBatchTokens(Integer.MAX_VALUE / 2)))
                .isInstanceOfSatisfying(
                        NativeException.class, e -> assertThat(e.status()).isEqualTo(Status.OUT_OF_MEMORY));
    }

    @Test
    void shouldCloseWithItsModel() throws Exception {
        Model model = Model.open(TestModel.path());
        Embedder embedder = Embedder.open(model, options());
        CompletableFuture<List<float[]>> answer = embedder.submit(List.of(new int[512], new int[512]));
        model.close();
        assertThat(answer).isDone();
        assertThatThrownBy(() -> embedder.embed(List.of(new int[] {1})))
                .isInstanceOfSatisfying(
                        EngineException.class, e -> assertThat(e.kind()).isEqualTo(EngineException.Kind.SHUTDOWN));
        embedder.close();
        assertThatThrownBy(() -> Embedder.open(model)).isInstanceOf(IllegalStateException.class);
    }
}
