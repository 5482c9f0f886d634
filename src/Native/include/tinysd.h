/* TinySD in C: runs models of recurrent networks that `tinysd` trained. Link with libtinysd.so.
 *
 * Who owns what
 *   - A model and a session belong to the caller from the call that makes them to tinysd_model_close and tinysd_session_close.
 *     A session keeps what it needs of its model: the two may be closed in either order.
 *   - All other memory stays its owner's. The library copies what it needs before a function returns and keeps no pointer into the
 *     caller's memory. Strings that it returns are its own; each function says until when they stand.
 *   - A handle that was closed, or never made, is refused with TINYSD_BAD_HANDLE and nothing happens.
 *
 * Errors
 *   - Every function that can fail returns a tinysd_status; what it would give back is written through the last pointers, and only on
 *     TINYSD_OK. tinysd_last_error says in words what was wrong. No exception, signal or exit leaves the library.
 *   - A call that fails leaves a session's state as it was.
 *
 * Threads
 *   - A model may be used from any number of threads at once. A session belongs to one thread at a time: a second one that comes in
 *     while the first is inside gets TINYSD_BUSY. Sessions of one model share its weights.
 *   - After tinysd_session_create no call that steps allocates memory.
 *
 * Layouts
 *   - Arrays are dense and in C order: [T][B][I] is T steps of B sequences of I numbers each. float is IEEE 754 single precision.
 *   - Sizes are counted in elements, and in bytes where the name says so.
 */
#ifndef TINYSD_H
#define TINYSD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a program that was compiled with an older header would not work any more. */
#define TINYSD_ABI 1

typedef enum tinysd_status {
    TINYSD_OK = 0,
    TINYSD_BAD_ARGUMENT = 1,    /* a null pointer, a size, a token that is none */
    TINYSD_BAD_HANDLE = 2,      /* closed already, or of the other type */
    TINYSD_BAD_FILE = 3,        /* it cannot be read, is damaged, or holds something else */
    TINYSD_BAD_STATE = 4,       /* bytes that are no state of this session's model and batch, or damaged */
    TINYSD_NOT_FINITE = 5,      /* a number is infinite or not a number where that is refused */
    TINYSD_NOT_SUPPORTED = 6,   /* this kind of model cannot do that */
    TINYSD_BUSY = 7,            /* another thread is inside this session */
    TINYSD_OUT_OF_MEMORY = 8,
    TINYSD_INTERNAL = 9         /* a fault of the library's: please report it with tinysd_last_error */
} tinysd_status;

typedef enum tinysd_kind {
    TINYSD_LANGUAGE_MODEL = 1,  /* tokens in, logits of the next token out */
    TINYSD_CLASSIFIER = 2,      /* tokens or rows of numbers in, a probability for each label out */
    TINYSD_REGRESSOR = 3,       /* rows of numbers in, predictions in the targets' own units out */
    TINYSD_STACK = 4            /* bare recurrent layers: features in, hidden states out */
} tinysd_kind;

typedef struct tinysd_model_handle* tinysd_model;
typedef struct tinysd_session_handle* tinysd_session;

/* What a model takes and gives. */
typedef struct tinysd_shape {
    int32_t kind;               /* tinysd_kind */
    int32_t inputs;             /* I, numbers of a row; 0 where steps are tokens */
    int32_t vocabulary;         /* V, tokens are 0 to V - 1; 0 where steps are rows */
    int32_t outputs;            /* O, numbers of an answer: V; labels; rows ahead x targets; hidden units of all directions */
    int64_t parameters;         /* weights and biases */
} tinysd_shape;

/* What training a model on this device would take, in bytes. */
typedef struct tinysd_need {
    int64_t parameters_bytes;
    int64_t gradients_bytes;
    int64_t optimizer_bytes;
    int64_t workspace_bytes;
    int64_t total_bytes;
} tinysd_need;

/* The library's version, as "0.1.0". Stands until the program ends. */
const char* tinysd_version(void);

/* The TINYSD_ABI that the library was built with: compare it once. */
int32_t tinysd_abi(void);

/* What was wrong in this thread's last call that failed, in UTF-8; "" before there is one. Stands until this thread's next call that
 * fails. Never null. */
const char* tinysd_last_error(void);

/* Reads a model from a .tsd file; every checksum is checked. */
tinysd_status tinysd_model_open(const char* path_utf8, tinysd_model* model);

/* Reads a model from the bytes of a .tsd file, which are checked in the same way and not needed any more afterwards. */
tinysd_status tinysd_model_from_memory(const void* bytes, size_t length_bytes, tinysd_model* model);

/* Gives a model up. Sessions of it live on. */
tinysd_status tinysd_model_close(tinysd_model model);

tinysd_status tinysd_model_shape(tinysd_model model, tinysd_shape* shape);

/* The name of input or output `index` in UTF-8: a column, a token, a label. A regressor's output is "target+N", N rows ahead; what a
 * stack takes and gives has no names. Writes at most `size_bytes` bytes, the final 0 among them, and the length without it through `length_bytes`, which may be null. A name that
 * does not fit is TINYSD_BAD_ARGUMENT, and the length is written all the same. */
tinysd_status tinysd_model_input_name(tinysd_model model, int32_t index, char* name, size_t size_bytes, size_t* length_bytes);
tinysd_status tinysd_model_output_name(tinysd_model model, int32_t index, char* name, size_t size_bytes, size_t* length_bytes);

/* Makes tokens of a text in UTF-8, as in training. Writes at most `room` tokens, and how many there are through `count`; if that is more
 * than `room`, the result is TINYSD_BAD_ARGUMENT. */
tinysd_status tinysd_model_encode(tinysd_model model, const char* text_utf8, int32_t* tokens, size_t room, size_t* count);

/* What training this model with `batch` sequences of `time_steps` steps at a time would take, by the recipe it was trained with.
 * Nothing is allocated for it. Not for stacks. */
tinysd_status tinysd_plan(tinysd_model model, int32_t batch, int32_t time_steps, tinysd_need* need);

/* Makes a session of `batch` sequences, 1 or more, that step together. */
tinysd_status tinysd_session_create(tinysd_model model, int32_t batch, tinysd_session* session);

tinysd_status tinysd_session_close(tinysd_session session);

/* Forgets everything fed so far, of all sequences or of one. */
tinysd_status tinysd_session_reset(tinysd_session session);
tinysd_status tinysd_session_reset_sequence(tinysd_session session, int32_t sequence);

/* One step of every sequence: `input` is [B][I], `output` receives [B][O]. A regressor and a classifier take a number that is missing
 * as NaN; a stack refuses it. A regressor that needs more rows yet answers NaN. */
tinysd_status tinysd_session_step(
    tinysd_session session, const float* input, size_t inputs, float* output, size_t outputs);

/* The same for models of tokens: `tokens` is [B]. */
tinysd_status tinysd_session_step_tokens(
    tinysd_session session, const int32_t* tokens, size_t count, float* output, size_t outputs);

/* Any number of steps: `input` is [T][B][I], `output` receives [T][B][O], the bits of as many single steps. T is the length divided by
 * B x I. A stack that reads from the end, or both ways, reads the steps of a call as one input, whose end is the last of them; both
 * ways at most 4096. */
tinysd_status tinysd_session_run(
    tinysd_session session, const float* input, size_t inputs, float* output, size_t outputs);
tinysd_status tinysd_session_run_tokens(
    tinysd_session session, const int32_t* tokens, size_t count, float* output, size_t outputs);

/* The answer to whole sequences, [B][O], on their own: what was fed before plays no part and the state stays as it is. `input` is
 * [T][B][I], or `tokens` [T][B], T at least 1. Every classifier can do this, also one that reads both ways and cannot step; it reads
 * as many steps as it was trained to read at most. A stack answers as tinysd_session_run does at the last step. TINYSD_NOT_FINITE
 * where the state that is to stay has become infinite, as that of a stack with the activation relu may: reset it first. */
tinysd_status tinysd_session_predict(
    tinysd_session session, const float* input, size_t inputs, float* output, size_t outputs);
tinysd_status tinysd_session_predict_tokens(
    tinysd_session session, const int32_t* tokens, size_t count, float* output, size_t outputs);

/* The bytes that tinysd_session_save writes. */
tinysd_status tinysd_session_state_size(tinysd_session session, size_t* size_bytes);

/* Writes the state, with a checksum and the model's identity, into the caller's `bytes`. */
tinysd_status tinysd_session_save(tinysd_session session, void* bytes, size_t size_bytes);

/* Goes on where a session of the same model and batch was saved; anything else is TINYSD_BAD_STATE. */
tinysd_status tinysd_session_load(tinysd_session session, const void* bytes, size_t size_bytes);

#ifdef __cplusplus
}
#endif

#endif
