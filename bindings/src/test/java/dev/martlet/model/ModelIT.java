package dev.martlet.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.martlet.nativelib.NativeException;
import dev.martlet.nativelib.Status;
import dev.martlet.text.Detokenizer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class ModelIT {

    private static final String TEXT = "The martlet, it is said, never lands: 🐦 ééé\n\n  3.14159 = π\tüber <|im_end|>";

    private static String spell(Vocabulary vocabulary, int[] tokens) {
        Detokenizer detokenizer = Detokenizer.spellingControl(vocabulary);
        StringBuilder text = new StringBuilder();
        for (int token : tokens) {
            text.append(detokenizer.push(token));
        }
        return text.append(detokenizer.finish()).toString();
    }

    @Test
    void shouldTellWhatTheFileSays() {
        try (Model model = Model.open(TestModel.path())) {
            ModelInfo info = model.info();
            assertThat(info.vocabularySize()).isEqualTo(49_152);
            assertThat(info.trainedContext()).isEqualTo(8_192);
            assertThat(info.layers()).isEqualTo(30);
            assertThat(info.heads()).isEqualTo(9);
            assertThat(info.kvHeads()).isEqualTo(3);
            assertThat(info.decoder()).isTrue();
            assertThat(info.recurrent()).isFalse();
            assertThat(info.special().bos()).isEqualTo(OptionalInt.of(1));
            assertThat(info.special().eos()).isEqualTo(OptionalInt.of(2));
            assertThat(model.vocabulary().isEndOfGeneration(2)).isTrue();
            assertThat(model.vocabulary().isControl(2)).isTrue();
            assertThat(model.chatTemplate().orElseThrow()).contains("<|im_start|>");
            assertThat(model.chatTemplate("tool_use")).isEmpty();
            assertThat(model.metadata())
                    .containsEntry("general.architecture", "llama")
                    .containsEntry("llama.context_length", "8192");
            assertThat(model.path()).isEqualTo(TestModel.path());
        }
    }

    @Test
    void shouldTokenizeSoThatTheBytesComeBack() {
        try (Model model = Model.open(TestModel.path(), ModelOptions.defaults().withVocabularyOnly(true))) {
            Tokenizer tokenizer = model.tokenizer();
            Vocabulary vocabulary = model.vocabulary();
            assertThat(spell(vocabulary, tokenizer.encode(TEXT, false, false))).isEqualTo(TEXT);
            assertThat(spell(vocabulary, tokenizer.encode(TEXT, false, true))).isEqualTo(TEXT);
            assertThat(tokenizer.encode("<|im_end|>", false, true)).containsExactly(2);
            assertThat(tokenizer.encode("<|im_end|>", false, false)).hasSizeGreaterThan(1);
            assertThat(tokenizer.encode("", false, false)).isEmpty();
            String manyTokens = "\u0001".repeat(5_000);
            assertThat(spell(vocabulary, tokenizer.encode(manyTokens, false, false)))
                    .isEqualTo(manyTokens);
        }
    }

    @Test
    void shouldTokenizeLongTextsOfVirtualThreads() throws Exception {
        try (Model model = Model.open(TestModel.path(), ModelOptions.defaults().withVocabularyOnly(true));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            String text = TEXT.repeat(200);
            int[] expected = model.tokenizer().encode(text, false, false);
            List<Future<int[]>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                all.add(threads.submit(() -> model.tokenizer().encode(text, false, false)));
            }
            for (Future<int[]> one : all) {
                assertThat(one.get()).isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldBringBackTheTextInEveryVocabularyOfLlama() throws IOException {
        List<Path> files;
        try (var all = Files.list(TestModel.vocabularies())) {
            files = all.filter(file -> file.getFileName().toString().matches("ggml-vocab-.*\\.gguf"))
                    .sorted()
                    .toList();
        }
        assertThat(files).hasSizeGreaterThan(5);
        Random random = new Random(7);
        for (Path file : files) {
            // WordPiece drops spaces and case by design.
            if (file.getFileName().toString().matches(".*(bert|nomic).*")) {
                continue;
            }
            try (Model model = Model.open(file, ModelOptions.defaults().withVocabularyOnly(true))) {
                for (int i = 0; i < 20; i++) {
                    String text = randomText(random);
                    String back = spell(model.vocabulary(), model.tokenizer().encode(text, false, false));
                    // SentencePiece models put a space before the first word.
                    assertThat(back.startsWith(" ") && !text.startsWith(" ") ? back.substring(1) : back)
                            .as(file.getFileName() + ": " + text)
                            .isEqualTo(text);
                }
            }
        }
    }

    private static String randomText(Random random) {
        String[] words = {"a", "ab", "The", "don't", "été", "日本語", "🐦", "42", "x_y", ",", "\n", "  ", "ü"};
        StringBuilder text = new StringBuilder("w");
        for (int i = 0; i < 12; i++) {
            text.append(words[random.nextInt(words.length)]).append(random.nextBoolean() ? " " : "");
        }
        return text.append("z").toString();
    }

    @Test
    void shouldSayWhatIsWrongWithAFile(@TempDir Path folder) throws IOException {
        assertFails(folder.resolve("nothing.gguf"), "nothing.gguf");
        Path garbage = Files.writeString(folder.resolve("garbage.gguf"), "this is no model at all, whatever it says");
        assertFails(garbage, "GGUF");
        Path cut = folder.resolve("cut.gguf");
        Files.copy(TestModel.path(), cut, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel channel = FileChannel.open(cut, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 1_000_000);
        }
        assertFails(cut, "cut.gguf");
    }

    private static void assertFails(Path file, String text) {
        assertThatThrownBy(() -> Model.open(file))
                .isInstanceOfSatisfying(NativeException.class, e -> {
                    assertThat(e.status()).isEqualTo(Status.IO);
                    assertThat(e.operation()).isEqualTo("open model");
                })
                .hasMessageContaining(text);
    }

    @Test
    void shouldTellAListenerAndStopWhenItSaysSo() {
        List<Double> seen = new ArrayList<>();
        try (Model model =
                Model.open(TestModel.path(), ModelOptions.defaults().withListener(fraction -> seen.add(fraction)))) {
            assertThat(model.isClosed()).isFalse();
        }
        assertThat(seen).isSorted().last().isEqualTo(1.0);
        RuntimeException thrown = new IllegalArgumentException("enough");
        ModelOptions refusing = ModelOptions.defaults().withMmap(false).withListener(fraction -> {
            throw thrown;
        });
        assertThatThrownBy(() -> Model.open(TestModel.path(), refusing)).isSameAs(thrown);
    }

    @Test
    void shouldStopLoadingOnAnInterrupt() {
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() ->
                            Model.open(TestModel.path(), ModelOptions.defaults().withMmap(false)))
                    .isInstanceOfSatisfying(
                            NativeException.class, e -> assertThat(e.status()).isEqualTo(Status.ABORTED));
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void shouldBeSafeToCloseWhileOthersTokenize() throws Exception {
        Model model = Model.open(TestModel.path(), ModelOptions.defaults().withVocabularyOnly(true));
        CountDownLatch started = new CountDownLatch(2);
        AtomicBoolean refused = new AtomicBoolean();
        Runnable tokenize = () -> {
            try {
                while (true) {
                    assertThat(model.tokenizer().encode(TEXT, false, false)).isNotEmpty();
                    started.countDown();
                }
            } catch (IllegalStateException e) {
                refused.set(e.getMessage().equals("the model is closed"));
            }
        };
        Thread one = Thread.ofPlatform().start(tokenize);
        Thread two = Thread.ofPlatform().start(tokenize);
        started.await();
        model.close();
        model.close();
        one.join();
        two.join();
        assertThat(refused).isTrue();
        assertThat(model.isClosed()).isTrue();
        assertThatThrownBy(model::metadata).isInstanceOf(IllegalStateException.class);
        assertThat(model.vocabulary().size()).isEqualTo(49_152);
    }

    @Test
    void shouldListDevices() {
        assertThat(Device.list()).anySatisfy(device -> {
            assertThat(device.kind()).isEqualTo(Device.Kind.CPU);
            assertThat(device.backend()).isEqualTo("CPU");
            assertThat(device.memoryTotal()).isPositive();
        });
    }
}
