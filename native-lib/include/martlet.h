/*
 * martlet.h: the C ABI of libmartlet, Martlet's native half over llama.cpp.
 *
 * Rules of this interface
 *   - Every function returns MT_OK or a negative code; the calling thread reads the message with mt_last_error().
 *   - Nothing given to a function may end the process: arguments are checked before anything is done, exceptions and
 *     aborts of the libraries below come back as codes.
 *   - Only int32_t, int64_t, float and pointers cross. Blocks of parameters start with their own size
 *     (struct_size = sizeof) and grow at the end.
 *   - Text is UTF-8 with an explicit length, never NUL-terminated unless said. Text and arrays come out through the
 *     caller's buffers: *needed always receives the full size; MT_ERR_BUFFER says that capacity was less and that
 *     nothing was written.
 *   - Handles are opaque and belong to the library; one that was closed is refused (MT_ERR_INVALID_ARG), not read.
 *
 * Threads: a context, its samplers and its sequences belong to one thread at a time (a second one gets MT_ERR_STATE), and
 * so does an embedder. Everything else, mt_abort() and mt_embedder_abort() are safe from any thread.
 */
#ifndef MARTLET_H
#define MARTLET_H

#include <stdint.h>

#if defined(__GNUC__)
#define MT_API __attribute__((visibility("default")))
#else
#define MT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Rises with every change that an older caller would misread. */
#define MT_ABI_VERSION 1

/* ---- codes ---------------------------------------------------------------------------------------------------- */

#define MT_OK 0
#define MT_ERR_INVALID_ARG -1  /* an argument is out of its range; nothing was done */
#define MT_ERR_STATE -2        /* not now: not initialised, or something is still open */
#define MT_ERR_OOM -3          /* out of host or device memory */
#define MT_ERR_IO -4           /* a file is missing, unreadable or not a valid GGUF */
#define MT_ERR_UNSUPPORTED -5  /* this model or build cannot do that */
#define MT_ERR_NO_SPACE -6     /* the KV cache is full; nothing was changed */
#define MT_ERR_ABORTED -7      /* mt_abort() or a cancel cell ended it */
#define MT_ERR_POISONED -8     /* the context failed inside a kernel; it accepts only mt_context_close() */
#define MT_ERR_INTERNAL -9     /* the libraries below failed in a way that is none of the above */
#define MT_ERR_BUFFER -10      /* the caller's buffer is too small; nothing was written but *needed */

typedef struct mt_model mt_model;
typedef struct mt_context mt_context;
typedef struct mt_sampler mt_sampler;
typedef struct mt_embedder mt_embedder;

/* ---- library -------------------------------------------------------------------------------------------------- */

/* MT_ABI_VERSION of the library that was loaded. */
MT_API int32_t mt_abi_version(void);

/*
 * The layout of every struct of this header as the library was compiled, as lines "struct size" and
 * "struct.field offset size", for the check against generated bindings.
 */
MT_API int32_t mt_abi_layout(char *out, int32_t capacity, int32_t *needed);

/*
 * Loads the compute backends found in backend_dir (the best CPU variant for this machine) and checks that the llama.cpp
 * beneath is the release this library was compiled against. Call once; a second call is MT_OK and does nothing.
 */
MT_API int32_t mt_init(const char *backend_dir, int32_t backend_dir_len);

/* Ends the library; MT_ERR_STATE while models are open. mt_init() may follow. */
MT_API int32_t mt_shutdown(void);

/* Copies the calling thread's last error message; never changes it. */
MT_API int32_t mt_last_error(char *out, int32_t capacity, int32_t *needed);

/*
 * Moves logged lines out, oldest first. Each is "LEVEL message\n" with LEVEL one of D I W E. Whole lines only.
 * *written receives the bytes, *dropped the lines lost since the last call because nobody drained.
 */
MT_API int32_t mt_log_drain(char *out, int32_t capacity, int32_t *written, int32_t *dropped);

/*
 * Loads one more compute backend, for good: the library in this file, e.g. libggml-cuda.so, which finds those it needs
 * among the loaded ones and as the dynamic linker does. Of the devices it brings, models use those whose numbers, from 0,
 * are in devices; NULL is all of them. Others are not touched.
 *
 * Whether the backend fits this machine must be known before: one for another driver or device may end the process in the
 * middle of a computation, where nothing can hold it.
 *
 * MT_ERR_STATE: before mt_init(), and while models are open; MT_ERR_IO: it cannot be loaded; MT_ERR_UNSUPPORTED: it has no
 * device, or not those asked for, and none of its devices is used then.
 */
MT_API int32_t mt_backend_load(const char *path, int32_t path_len, const int32_t *devices, int32_t n_devices);

typedef struct mt_device {
    int32_t struct_size;
    int32_t kind;          /* 0 CPU, 1 GPU, 2 integrated GPU, 3 accelerator */
    int64_t memory_free;   /* bytes */
    int64_t memory_total;  /* bytes */
    char name[64];         /* NUL-terminated, cut if longer */
    char description[128]; /* NUL-terminated, cut if longer */
    char backend[64];      /* name of the backend library's registration, e.g. CPU, CUDA */
} mt_device;

/* Devices that models may use. */
MT_API int32_t mt_device_count(int32_t *count);
MT_API int32_t mt_device_info(int32_t index, mt_device *out);

/* One line: llama.cpp version, CPU variant and its features. */
MT_API int32_t mt_system_info(char *out, int32_t capacity, int32_t *needed);

/* ---- model ---------------------------------------------------------------------------------------------------- */

#define MT_SPLIT_LAYER 0 /* each GPU takes some of the layers */
#define MT_SPLIT_NONE 1  /* one GPU takes them all */
#define MT_SPLIT_ROW 2   /* each GPU takes some rows of the weights of a layer; only where its backend can */

typedef struct mt_model_params {
    int32_t struct_size;
    int32_t gpu_layers;         /* layers to put on GPUs, the last ones first, the output counted as one; 0 = CPU only,
                                   negative = all */
    int32_t use_mmap;           /* 0 or 1 */
    int32_t use_mlock;          /* 0 or 1 */
    int32_t vocab_only;         /* 1 = no weights: only metadata and tokenizer */
    int32_t check_tensors;      /* 1 = validate the weights while loading */
    int32_t *progress_permille; /* NULL, or a cell the library writes 0..1000 to */
    const int32_t *cancel;      /* NULL, or a cell: non-zero ends the load with MT_ERR_ABORTED */
    const float *tensor_split;  /* NULL, or the shares of the GPUs, in the order of mt_device_info(): none negative, not
                                   all 0. NULL = by their free memory */
    int32_t tensor_split_count; /* entries of tensor_split, at most the number of GPUs; those after it get nothing */
    int32_t split_mode;         /* MT_SPLIT_*; no matter without a GPU */
    int32_t main_gpu;           /* number of the GPU that MT_SPLIT_NONE takes */
    int32_t reserved;
} mt_model_params;

/*
 * Opens a GGUF file. Its header, counts, string lengths and tensor bounds are checked before llama.cpp sees it, so a
 * missing, truncated or corrupt file is MT_ERR_IO with a message that says what is wrong and where.
 */
MT_API int32_t mt_model_open(const char *path, int32_t path_len, const mt_model_params *params, mt_model **out);

/* MT_ERR_STATE while contexts, embedders or samplers of the model are open. */
MT_API int32_t mt_model_close(mt_model *model);

typedef struct mt_model_info {
    int32_t struct_size;
    int32_t n_vocab;
    int32_t n_ctx_train;
    int32_t n_embd;
    int32_t n_layer;
    int32_t n_head;
    int32_t n_head_kv;
    int32_t has_encoder;
    int32_t has_decoder;
    int32_t is_recurrent;
    int32_t is_hybrid;
    int32_t token_bos; /* -1 where the model has none; likewise below */
    int32_t token_eos;
    int32_t token_eot;
    int32_t token_nl;
    int32_t token_fim_prefix;
    int32_t token_fim_suffix;
    int32_t token_fim_middle;
    int32_t add_bos;      /* whether a prompt starts with BOS */
    int32_t add_eos;      /* whether a prompt ends with EOS */
    int32_t pooling_type; /* llama.cpp's number; 0 = none */
    int32_t vocab_type;   /* llama.cpp's number */
    int64_t n_params;
    int64_t size_bytes; /* of the weights */
    char description[128]; /* e.g. "llama 135M Q4_1"; NUL-terminated */
    char weight_type[64];  /* e.g. "Q4_1"; NUL-terminated */
    int32_t token_sep;     /* stands between two texts; -1 where the model has none */
    int32_t add_sep;       /* whether a pair of texts has it between them */
    int32_t rank_outputs;  /* scores its rank head gives for a pair of texts; 0 = it has no such head */
    int32_t reserved;
} mt_model_info;

MT_API int32_t mt_model_get_info(const mt_model *model, mt_model_info *out);

/* Number of scalar metadata pairs of the file. */
MT_API int32_t mt_model_meta_count(const mt_model *model, int32_t *count);
MT_API int32_t mt_model_meta_key(const mt_model *model, int32_t index, char *out, int32_t capacity, int32_t *needed);
MT_API int32_t mt_model_meta_value(const mt_model *model, int32_t index, char *out, int32_t capacity, int32_t *needed);

/* The chat template's Jinja source; name NULL is the default one. *needed is 0 when the file has none. */
MT_API int32_t mt_model_chat_template(const mt_model *model, const char *name, int32_t name_len, char *out,
                                      int32_t capacity, int32_t *needed);

/*
 * The header of a GGUF file, checked as by mt_model_open(), as text; of a split model, which is named by its first part,
 * the metadata of that part and the tensors of all. Lines, their words with a tab between them:
 *
 *   meta    KEY VALUE          numbers, truth values (0 or 1), lists of up to 4,096 of them (with commas), short texts
 *   tensor  NAME TYPE BYTES N  the type by ggml's name, e.g. q4_0; as many N as it has dimensions, rows' length first
 *
 * Needs no mt_init().
 */
MT_API int32_t mt_model_header(const char *path, int32_t path_len, char *out, int32_t capacity, int32_t *needed);

/* ---- vocabulary ----------------------------------------------------------------------------------------------- */

#define MT_TOKENIZE_ADD_SPECIAL 1   /* add BOS/EOS as the model wants */
#define MT_TOKENIZE_PARSE_SPECIAL 2 /* text that spells a control token becomes that token */

/* text may hold any bytes: what is no UTF-8 counts as U+FFFD. *needed receives the number of tokens. */
MT_API int32_t mt_tokenize(const mt_model *model, const char *text, int32_t text_len, int32_t flags, int32_t *tokens,
                           int32_t capacity, int32_t *needed);

#define MT_DETOKENIZE_SPECIAL 1 /* spell control tokens out; otherwise they are left out */

/*
 * The tokens' bytes one after the other, each as mt_vocab_export() gives them (so the parts of a split list join to the
 * whole, and a leading space that the tokenizer put in stays); not necessarily whole UTF-8 characters at the ends.
 */
MT_API int32_t mt_detokenize(const mt_model *model, const int32_t *tokens, int32_t n_tokens, int32_t flags, char *out,
                             int32_t capacity, int32_t *needed);

#define MT_TOKEN_CONTROL 1      /* spelled out only on request; never part of an answer's text */
#define MT_TOKEN_EOG 2          /* ends a generation */
#define MT_TOKEN_USER_DEFINED 4 /* added by the model's maker, but ordinary text */
#define MT_TOKEN_BYTE 8         /* one raw byte */
#define MT_TOKEN_UNUSED 16

/*
 * The whole vocabulary at once: the bytes of token t are bytes[offsets[t] .. offsets[t + 1]), control tokens spelled
 * out; flags[t] is a sum of MT_TOKEN_*. offsets has n_vocab + 1 entries, flags n_vocab. *needed receives the size of
 * bytes; with capacity too small nothing is written (MT_ERR_BUFFER).
 */
MT_API int32_t mt_vocab_export(const mt_model *model, int32_t *offsets, int32_t *flags, char *bytes, int32_t capacity,
                               int32_t *needed);

/* ---- sampler -------------------------------------------------------------------------------------------------- */

/*
 * How one request's tokens are chosen, in this order: bias and mask; repetition penalty over prompt and output;
 * frequency and presence penalties over output; temperature; top_k, top_p, min_p; draw. Neutral values switch a stage
 * off. A draw is a function of (seed, index of the output token) alone.
 */
typedef struct mt_sampler_params {
    int32_t struct_size;
    float temperature;        /* >= 0; 0 = greedy */
    int32_t top_k;            /* <= 0 = off */
    float top_p;              /* (0, 1]; 1 = off */
    float min_p;              /* [0, 1]; 0 = off */
    float repetition_penalty; /* > 0; 1 = off */
    float frequency_penalty;  /* 0 = off */
    float presence_penalty;   /* 0 = off */
    int64_t seed;
    int32_t n_bias;             /* entries of the two arrays below */
    int32_t min_tokens;         /* end-of-generation tokens are forbidden before this many output tokens, unless the mask
                                   leaves nothing else */
    const int32_t *bias_token;  /* each in [0, n_vocab) */
    const float *bias_value;    /* added to the logit; -inf forbids */
} mt_sampler_params;

MT_API int32_t mt_sampler_new(const mt_model *model, const mt_sampler_params *params, mt_sampler **out);

#define MT_FEED_PROMPT 0 /* counted by the repetition penalty only */
#define MT_FEED_OUTPUT 1 /* counted by all penalties and as an output position; mt_step feeds what it samples itself */

MT_API int32_t mt_sampler_feed(mt_sampler *sampler, const int32_t *tokens, int32_t n_tokens, int32_t kind);
MT_API int32_t mt_sampler_clone(const mt_sampler *sampler, mt_sampler **out);
MT_API int32_t mt_sampler_free(mt_sampler *sampler);

/*
 * Applies the sampler to logits of the caller (n_vocab floats, unchanged) and chooses a token as mt_step would, without
 * feeding it. For tests and measurements.
 */
MT_API int32_t mt_sampler_sample(const mt_sampler *sampler, const float *logits, int32_t n_vocab, const int64_t *mask,
                                 int32_t *token, float *logprob);

/* ---- context -------------------------------------------------------------------------------------------------- */

typedef struct mt_context_params {
    int32_t struct_size;
    int32_t n_ctx;           /* cells of the KV cache, shared by all sequences */
    int32_t n_batch;         /* most tokens of one step, at least 1 */
    int32_t n_seq_max;       /* 1..255 */
    int32_t n_outputs_max;   /* most sampled rows of one step, at most n_batch */
    int32_t n_threads;       /* decode */
    int32_t n_threads_batch; /* prefill */
    int32_t flash_attention; /* -1 auto, 0 off, 1 on */
    int32_t kv_unified;      /* 1: one pool of cells with free forks; 0: n_ctx / n_seq_max cells a sequence */
    int32_t type_k;          /* 0 = F16, 8 = Q8_0, 2 = Q4_0 */
    int32_t type_v;          /* the same; all but F16 need flash attention */
    int32_t offload_kqv;    /* 0 or 1 */
    int32_t threadpool_poll; /* 0..100: how hard idle workers spin between graphs; 100 is the fastest */
} mt_context_params;

MT_API int32_t mt_context_open(mt_model *model, const mt_context_params *params, mt_context **out);

/* Always possible, also when poisoned. Samplers stay open: they belong to the model. */
MT_API int32_t mt_context_close(mt_context *context);

typedef struct mt_context_info {
    int32_t struct_size;
    int32_t n_ctx; /* real sizes, which may differ from those asked for */
    int32_t n_ctx_seq; /* cells one sequence may use */
    int32_t n_batch;
    int32_t n_seq_max;
    int32_t n_outputs_max;
    int32_t n_threads;
    int32_t n_threads_batch;
    int32_t can_trim;   /* 0 for recurrent and hybrid models: mt_sequence_trim only to 0, whole states only */
    int32_t poisoned;   /* 0 or 1 */
    int32_t used_cells; /* cells in use, forks of a prefix counted once */
    int32_t skips_masked; /* 1: cells of other sequences cost a row next to nothing */
    int64_t kv_bytes; /* size of the KV cache; 0 where unknown */
} mt_context_info;

/* What lies in one memory, in bytes. */
typedef struct mt_memory {
    int32_t struct_size;
    int32_t host;    /* 1: the host's memory, 0: a GPU's */
    int64_t weights; /* mapped ones by the part of the file that is mapped */
    int64_t cache;
    int64_t compute; /* what a step needs, and on the host the logits */
    char device[64]; /* as in mt_device, e.g. CUDA0; the host's is CPU. NUL-terminated, cut if longer */
} mt_memory;

/*
 * Where a model and a context on it lie: an entry for the host and then one for each GPU that the model uses. *needed
 * receives their number.
 */
MT_API int32_t mt_context_memory(mt_context *context, mt_memory *out, int32_t capacity, int32_t *needed);

/*
 * The same of a model and context that are not there: llama.cpp goes through the motions of opening both, but reads no
 * weights and takes no memory but for logits and some bytes a cell. use_mmap, use_mlock and the cells of model_params
 * have no effect.
 */
MT_API int32_t mt_memory_plan(const char *path, int32_t path_len, const mt_model_params *model_params,
                              const mt_context_params *context_params, mt_memory *out, int32_t capacity,
                              int32_t *needed);

MT_API int32_t mt_context_get_info(mt_context *context, mt_context_info *out);
MT_API int32_t mt_context_set_threads(mt_context *context, int32_t n_threads, int32_t n_threads_batch);

/* Ends the running mt_step() soon with MT_ERR_ABORTED (between graph nodes on the CPU); from any thread. */
MT_API int32_t mt_abort(mt_context *context);

/* ---- sequences ------------------------------------------------------------------------------------------------ */

/*
 * Makes dst share the first length tokens of src without copying K or V; what dst held before is dropped.
 * Needs 0 < length <= the length of src; a context with kv_unified = 0 copies whole sequences only.
 */
MT_API int32_t mt_sequence_fork(mt_context *context, int32_t src, int32_t dst, int32_t length);

/* Keeps the first length tokens; 0 empties the sequence. */
MT_API int32_t mt_sequence_trim(mt_context *context, int32_t sequence, int32_t length);

/* Tokens the sequence holds. */
MT_API int32_t mt_sequence_length(mt_context *context, int32_t sequence, int32_t *length);

/*
 * The state of a sequence's tail, its tokens [from, length), as bytes in host memory: what the model computed for them,
 * not the tokens themselves. Loaded after the same first from tokens it continues as if it had never been away, up to the
 * rounding of attention, which depends on where cells lie; whether the tokens are the same the caller must know. Needs
 * 0 <= from < the sequence's length.
 *
 * MT_ERR_UNSUPPORTED: from > 0 where only whole states can be had (recurrent and hybrid models, sliding windows, some
 * attention kinds), and any state of a context with kv_unified = 0.
 */
MT_API int32_t mt_sequence_state_size(mt_context *context, int32_t sequence, int32_t from, int64_t *bytes);
MT_API int32_t mt_sequence_save(mt_context *context, int32_t sequence, int32_t from, void *out, int64_t capacity,
                                int64_t *needed);

/*
 * Appends a saved tail to a sequence, which must hold exactly from tokens now; the bytes stay the caller's. Serves
 * contexts of the same model with the same attention and KV types, whatever their size. MT_ERR_INVALID_ARG: the bytes
 * are not such a state, whole and unchanged; MT_ERR_NO_SPACE: too few cells. Nothing is changed then.
 */
MT_API int32_t mt_sequence_load(mt_context *context, int32_t sequence, const void *state, int64_t bytes);

/* ---- step ----------------------------------------------------------------------------------------------------- */

#define MT_STEP_SAMPLE 1 /* sample after the segment's last token: one output row */
#define MT_STEP_VERIFY 2 /* tokens are [last, d1 .. dg]: sample each row as if the drafts had been emitted one by one,
                            stop at the first mismatch and trim the sequence to what was accepted: up to g + 1 rows */
#define MT_STEP_SCORE 4  /* a row for each of the segment's tokens, with the log probability of the token that follows it;
                            may be added to MT_STEP_SAMPLE, whose row is the last then */

/*
 * One step: prefill, decode and draft-verification segments of many sequences in one batch. Segment s feeds
 * token_count[s] tokens, found in tokens after those of the segments before it, to sequence[s] at positions
 * position[s], position[s] + 1, ...; position[s] must be the sequence's length. A sequence appears at most once.
 *
 * Arrays named [segments] have n_segments entries. The caller writes this block once per step and re-uses it.
 */
typedef struct mt_step_input {
    int32_t struct_size;
    int32_t n_segments;
    int32_t n_tokens; /* sum of token_count, at most n_batch */
    int32_t reserved;
    const int32_t *sequence;    /* [segments] */
    const int32_t *position;    /* [segments] */
    const int32_t *token_count; /* [segments], each at least 1 */
    const int32_t *flags;       /* [segments] 0 (prefill without output) or MT_STEP_* */
    const int32_t *top_logprobs; /* [segments] 0 = no logprobs at all (not with SCORE), k + 1 = the chosen one's and the k best (k <= 20) */
    mt_sampler *const *sampler; /* [segments] NULL where nothing is sampled */
    const int64_t *const *mask; /* NULL, or [segments]: NULL or bits of allowed tokens, (n_vocab + 63) / 64 words a row:
                                   one row for SAMPLE, token_count rows for VERIFY; bit t % 64 of word t / 64 is token t;
                                   each row allows at least one token */
    const int32_t *tokens;      /* [n_tokens] */
    const int32_t *next;        /* NULL, or [segments]: what follows the last token of a SCORE segment without SAMPLE; -1
                                   where nothing does: that token has no row then */
} mt_step_input;

/*
 * What a step chose. Output rows are numbered through: segment s owns row_count[s] rows, after those of the segments
 * before it. Each row of top_* has top_stride entries, the best first, unused ones -1.
 * Log probabilities are of the model's own distribution, before bias, penalties and temperature.
 */
typedef struct mt_step_output {
    int32_t struct_size;
    int32_t row_capacity;  /* entries of token and logprob */
    int32_t top_stride;    /* at least the largest k asked for; 0 where none */
    int32_t n_rows;        /* out */
    int32_t *row_count;    /* [segments] out */
    int32_t *token;        /* [row_capacity] out; in SCORE's rows the token that was given; -1 where nothing can be chosen (bias forbids all that the mask allows, or
                              the model gave no number): the sampler is not fed, a VERIFY segment ends there */
    float *logprob;        /* [row_capacity] out; 0 where not asked for */
    int32_t *top_token;    /* [row_capacity * top_stride] out, may be NULL when top_stride is 0 */
    float *top_logprob;    /* [row_capacity * top_stride] out, likewise */
    int64_t decode_micros; /* out */
    int64_t sample_micros; /* out */
} mt_step_output;

/*
 * Validates all, then decodes and samples. On MT_ERR_NO_SPACE, MT_ERR_INVALID_ARG and MT_ERR_ABORTED the sequences and
 * samplers are as before the call. row_capacity must hold the most rows the step may give: one for each SAMPLE,
 * token_count for each VERIFY and SCORE, one less without a token behind its last; in all at most n_outputs_max. A sampler serves one segment of a step.
 */
MT_API int32_t mt_step(mt_context *context, const mt_step_input *input, mt_step_output *output);

typedef struct mt_perf {
    int32_t struct_size;
    int32_t reserved;
    int64_t steps;
    int64_t tokens_in;  /* fed: prefill, decode and drafts */
    int64_t tokens_out; /* sampled rows */
    int64_t decode_micros;
    int64_t sample_micros;
} mt_perf;

/* Totals since the context was opened. */
MT_API int32_t mt_perf_get(mt_context *context, mt_perf *out);

/* ---- embedder ------------------------------------------------------------------------------------------------- */

#define MT_POOLING_MODEL -1 /* what the file says; the mean where it says nothing */
#define MT_POOLING_NONE 0   /* a vector for each token */
#define MT_POOLING_MEAN 1   /* the mean of the tokens' vectors */
#define MT_POOLING_CLS 2    /* the first token's vector */
#define MT_POOLING_LAST 3   /* the last token's vector */
#define MT_POOLING_RANK 4   /* no vector, but the scores of the model's rank head */

/* An embedder has a memory of its own beside the contexts of its model. Models that only encode have no others. */
typedef struct mt_embedder_params {
    int32_t struct_size;
    int32_t pooling;       /* MT_POOLING_*; RANK is MT_ERR_UNSUPPORTED where the model has no rank head */
    int32_t max_tokens;    /* longest sequence, at least 1; cut to what the model was trained for */
    int32_t batch_tokens;  /* tokens computed at once, at least 1; one sequence at once, however long, where the model
                              looks at its sequences as wholes. Memory of 4 bytes times n_vocab goes with each */
    int32_t max_sequences; /* sequences computed at once, 1..255 */
    int32_t n_threads;
    int32_t flash_attention; /* -1 auto, 0 off, 1 on */
    int32_t threadpool_poll; /* 0..100: how hard idle workers spin between graphs */
} mt_embedder_params;

/* MT_ERR_UNSUPPORTED: the model has no weights here, no tokenizer, encodes for a decoder, or gives no vectors. */
MT_API int32_t mt_embedder_open(mt_model *model, const mt_embedder_params *params, mt_embedder **out);

/* Always possible, also when poisoned. */
MT_API int32_t mt_embedder_close(mt_embedder *embedder);

typedef struct mt_embedder_info {
    int32_t struct_size;
    int32_t pooling;    /* never MT_POOLING_MODEL */
    int32_t dimensions; /* floats of one vector; with MT_POOLING_RANK the number of scores */
    int32_t max_tokens; /* what a sequence may have here */
    int32_t whole;      /* 1: the model looks at a sequence as a whole, in any direction */
    int32_t poisoned;   /* 0 or 1 */
    int64_t kv_bytes;   /* size of the KV cache; 0 where there is none */
} mt_embedder_info;

MT_API int32_t mt_embedder_get_info(mt_embedder *embedder, mt_embedder_info *out);

/*
 * The vectors of sequences, as many as one likes. Sequence s has token_count[s] tokens (1..max_tokens), found in tokens
 * after those of the sequences before it. out receives dimensions floats for each sequence, in order; with
 * MT_POOLING_NONE for each token. With normalize = 1 vectors have the Euclidean length 1 (one that is all zeros stays
 * so); scores are never changed. What the model computes is given as it is, also where it is no number.
 *
 * *needed receives the number of floats; MT_ERR_BUFFER says that capacity (in floats) was less, and nothing was
 * computed. Sequences do not see each other; which others are computed with one changes it by rounding only.
 * Nothing stays in the embedder after the call, whatever it returns.
 */
MT_API int32_t mt_embed(mt_embedder *embedder, const int32_t *tokens, const int32_t *token_count, int32_t n_sequences,
                        int32_t normalize, float *out, int64_t capacity, int64_t *needed);

/* Ends the running mt_embed() soon with MT_ERR_ABORTED; from any thread. */
MT_API int32_t mt_embedder_abort(mt_embedder *embedder);

#ifdef __cplusplus
}
#endif

#endif /* MARTLET_H */
