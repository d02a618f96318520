package dev.martlet.model;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.martlet.ffi.martlet_h;
import dev.martlet.ffi.mt_model_info;
import dev.martlet.nativelib.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.OptionalInt;

/** Reads what the native library knows of an open model, once. */
final class NativeModels {

    private NativeModels() {}

    static ModelInfo info(MemorySegment model) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = mt_model_info.allocate(arena);
            mt_model_info.struct_size(info, (int) mt_model_info.layout().byteSize());
            NativeCalls.check("read model info", martlet_h.mt_model_get_info(model, info));
            return new ModelInfo(
                    NativeCalls.field(mt_model_info.description(info)),
                    NativeCalls.field(mt_model_info.weight_type(info)),
                    mt_model_info.n_params(info),
                    mt_model_info.size_bytes(info),
                    mt_model_info.n_vocab(info),
                    mt_model_info.n_ctx_train(info),
                    mt_model_info.n_embd(info),
                    mt_model_info.n_layer(info),
                    mt_model_info.n_head(info),
                    mt_model_info.n_head_kv(info),
                    mt_model_info.has_encoder(info) != 0,
                    mt_model_info.has_decoder(info) != 0,
                    mt_model_info.is_recurrent(info) != 0,
                    mt_model_info.is_hybrid(info) != 0,
                    mt_model_info.add_bos(info) != 0,
                    mt_model_info.add_eos(info) != 0,
                    mt_model_info.add_sep(info) != 0,
                    mt_model_info.rank_outputs(info),
                    new ModelInfo.SpecialTokens(
                            token(mt_model_info.token_bos(info)),
                            token(mt_model_info.token_eos(info)),
                            token(mt_model_info.token_eot(info)),
                            token(mt_model_info.token_nl(info)),
                            token(mt_model_info.token_fim_prefix(info)),
                            token(mt_model_info.token_fim_suffix(info)),
                            token(mt_model_info.token_fim_middle(info)),
                            token(mt_model_info.token_sep(info))));
        }
    }

    private static OptionalInt token(int id) {
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    static Vocabulary vocabulary(MemorySegment model, int size) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment offsets = arena.allocate((size + 1L) * Integer.BYTES, Integer.BYTES);
            MemorySegment flags = arena.allocate(Math.max(1L, size) * Integer.BYTES, Integer.BYTES);
            MemorySegment needed = arena.allocate(JAVA_INT);
            int code = martlet_h.mt_vocab_export(model, offsets, flags, MemorySegment.NULL, 0, needed);
            if (code != martlet_h.MT_ERR_BUFFER()) {
                NativeCalls.check("read vocabulary", code);
            }
            int length = needed.get(JAVA_INT, 0);
            MemorySegment bytes = arena.allocate(Math.max(1, length), 1);
            NativeCalls.check(
                    "read vocabulary", martlet_h.mt_vocab_export(model, offsets, flags, bytes, length, needed));
            byte[] table = new byte[length];
            MemorySegment.copy(bytes, JAVA_BYTE, 0, table, 0, length);
            return new Vocabulary(ints(offsets, size + 1), table, ints(flags, size));
        }
    }

    private static int[] ints(MemorySegment segment, int count) {
        int[] ints = new int[count];
        MemorySegment.copy(segment, JAVA_INT, 0, ints, 0, count);
        return ints;
    }
}
