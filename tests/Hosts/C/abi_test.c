/* Holds libtinysd to every promise of tinysd.h: sizes, bad arguments, closed handles, damaged files and states, two threads. Built with
 * AddressSanitizer. Says what failed and ends with 1, or prints "ok".
 *
 *   abi_test LANGUAGE_MODEL REGRESSOR CLASSIFIER STACK CLASSIFIER_THAT_READS_BOTH_WAYS STACK_THAT_READS_BOTH_WAYS GROWING_STACK
 */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tinysd.h"

static atomic_int failures;

#define EXPECT(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "line %d: expected %s; last error: %s\n", __LINE__, #condition, tinysd_last_error()); \
            failures++; \
        } \
    } while (0)
#define OK(call) EXPECT((call) == TINYSD_OK)
#define FAILS(call, status) EXPECT((call) == (status) && tinysd_last_error()[0] != 0)

static void* read_file(const char* path, size_t* length) {
    FILE* file = fopen(path, "rb");
    if (!file) exit(2);
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);

    /* Exactly so much, so that a read beyond it is found. */
    void* bytes = malloc(*length);
    if (fread(bytes, 1, *length, file) != *length) exit(2);
    fclose(file);
    return bytes;
}

static float* numbers(size_t count) {
    float* all = malloc(count * sizeof *all);
    for (size_t i = 0; i < count; i++) all[i] = (float)((i * 31) % 17) / 8.0f - 1.0f;
    return all;
}

static int same(const float* a, const float* b, size_t count) { return memcmp(a, b, count * sizeof *a) == 0; }

/* Steps, a run, a state that is saved and loaded, a batch and a prediction of its own: one and the same bits. */
static void stream(const char* path) {
    enum { steps = 12, batch = 3 };
    size_t length;
    void* bytes = read_file(path, &length);
    tinysd_model model, other;
    tinysd_shape shape;
    OK(tinysd_model_from_memory(bytes, length, &model));
    memset(bytes, 0x55, length);
    free(bytes);
    OK(tinysd_model_open(path, &other));
    EXPECT(other != model);
    OK(tinysd_model_shape(model, &shape));
    EXPECT(shape.outputs > 0 && shape.parameters > 0 && (shape.inputs > 0) != (shape.vocabulary > 0));

    int is_tokens = shape.vocabulary > 0;
    size_t width = is_tokens ? 1 : (size_t)shape.inputs, out = (size_t)shape.outputs;
    float* rows = numbers(steps * width);
    int32_t tokens[steps];
    for (int t = 0; t < steps; t++) tokens[t] = is_tokens ? (t * 7) % shape.vocabulary : 0;
    float* one = malloc(steps * out * sizeof *one);
    float* all = malloc(steps * out * sizeof *all);
    float* last = malloc(batch * out * sizeof *last);

    tinysd_session a, b, many;
    OK(tinysd_session_create(model, 1, &a));
    OK(tinysd_session_create(other, 1, &b));
    OK(tinysd_session_create(model, batch, &many));
    OK(tinysd_model_close(other));
    size_t size;
    OK(tinysd_session_state_size(a, &size));
    void* state = malloc(size);
    for (int t = 0; t < steps; t++) {
        if (t == 5) {
            OK(tinysd_session_save(a, state, size));
            OK(tinysd_session_load(b, state, size));
        }

        tinysd_session session = t < 5 ? a : b;
        OK(is_tokens ? tinysd_session_step_tokens(session, tokens + t, 1, one + t * out, out)
                     : tinysd_session_step(session, rows + t * width, width, one + t * out, out));
    }

    OK(tinysd_session_reset(a));
    OK(is_tokens ? tinysd_session_run_tokens(a, tokens, steps, all, steps * out)
                 : tinysd_session_run(a, rows, steps * width, all, steps * out));
    EXPECT(same(one, all, steps * out));

    /* A prediction is one on its own, and moves nothing. */
    OK(tinysd_session_save(a, state, size));
    OK(is_tokens ? tinysd_session_predict_tokens(a, tokens, steps, last, out) : tinysd_session_predict(a, rows, steps * width, last, out));
    EXPECT(same(last, one + (steps - 1) * out, out));
    void* again = malloc(size);
    OK(tinysd_session_save(a, again, size));
    EXPECT(memcmp(state, again, size) == 0);

    /* Three sequences at once, of which the second begins anew half way. */
    float* wide = malloc(batch * width * sizeof *wide);
    for (int t = 0; t < steps; t++) {
        int32_t each[batch];
        for (int s = 0; s < batch; s++) {
            each[s] = tokens[t];
            memcpy(wide + s * width, rows + t * width, width * sizeof *wide);
        }

        if (t == 6) OK(tinysd_session_reset_sequence(many, 1));
        OK(is_tokens ? tinysd_session_step_tokens(many, each, batch, last, batch * out)
                     : tinysd_session_step(many, wide, batch * width, last, batch * out));
        EXPECT(same(last, one + t * out, out) && same(last + 2 * out, one + t * out, out));
    }

    /* What is wrong is refused, and the state stays. */
    OK(tinysd_session_save(a, state, size));
    FAILS(is_tokens ? tinysd_session_step_tokens(a, tokens, 2, last, out) : tinysd_session_step(a, rows, width + 1, last, out),
        TINYSD_BAD_ARGUMENT);
    FAILS(is_tokens ? tinysd_session_step_tokens(a, tokens, 1, last, out + 1) : tinysd_session_step(a, rows, width, last, out + 1),
        TINYSD_BAD_ARGUMENT);
    FAILS(is_tokens ? tinysd_session_step_tokens(a, NULL, 1, last, out) : tinysd_session_step(a, NULL, width, last, out),
        TINYSD_BAD_ARGUMENT);
    FAILS(is_tokens ? tinysd_session_step_tokens(a, tokens, 1, NULL, out) : tinysd_session_step(a, rows, width, NULL, out),
        TINYSD_BAD_ARGUMENT);
    FAILS(is_tokens ? tinysd_session_step(a, rows, 1, last, out) : tinysd_session_step_tokens(a, tokens, 1, last, out),
        TINYSD_NOT_SUPPORTED);
    if (is_tokens) {
        tokens[steps - 1] = shape.vocabulary;
        FAILS(tinysd_session_run_tokens(a, tokens, steps, all, steps * out), TINYSD_BAD_ARGUMENT);
        tokens[steps - 1] = -1;
        FAILS(tinysd_session_run_tokens(a, tokens, steps, all, steps * out), TINYSD_BAD_ARGUMENT);
    } else {
        rows[steps * width - 1] = INFINITY;
        FAILS(tinysd_session_run(a, rows, steps * width, all, steps * out), TINYSD_NOT_FINITE);
    }

    FAILS(tinysd_session_reset_sequence(a, 1), TINYSD_BAD_ARGUMENT);
    FAILS(tinysd_session_load(a, state, size - 1), TINYSD_BAD_STATE);
    FAILS(tinysd_session_load(many, state, size), TINYSD_BAD_STATE);
    FAILS(tinysd_session_save(a, again, size - 1), TINYSD_BAD_ARGUMENT);
    for (size_t at = 0; at < size; at += 1 + size / 97) {
        ((unsigned char*)state)[at] ^= 0x10;
        FAILS(tinysd_session_load(a, state, size), TINYSD_BAD_STATE);
        ((unsigned char*)state)[at] ^= 0x10;
    }

    OK(tinysd_session_save(a, again, size));
    EXPECT(memcmp(state, again, size) == 0);

    /* Names, as long as the room for them. */
    char name[256], small[1];
    size_t bytes_of_name;
    tinysd_status named = tinysd_model_output_name(model, 0, name, sizeof name, &bytes_of_name);
    EXPECT(named == (shape.kind == TINYSD_STACK ? TINYSD_NOT_SUPPORTED : TINYSD_OK));
    if (named == TINYSD_OK) {
        EXPECT(strlen(name) == bytes_of_name);
        FAILS(tinysd_model_output_name(model, 0, small, bytes_of_name, NULL), TINYSD_BAD_ARGUMENT);
        FAILS(tinysd_model_output_name(model, shape.outputs, name, sizeof name, NULL), TINYSD_BAD_ARGUMENT);
        OK(tinysd_model_input_name(model, 0, name, sizeof name, NULL));
    }

    tinysd_need need;
    if (shape.kind == TINYSD_STACK) FAILS(tinysd_plan(model, 1, 8, &need), TINYSD_NOT_SUPPORTED);
    else {
        OK(tinysd_plan(model, 2, 8, &need));
        EXPECT(need.parameters_bytes >= 4 * shape.parameters && need.gradients_bytes > 0);
        EXPECT(need.total_bytes == need.parameters_bytes + need.gradients_bytes + need.optimizer_bytes + need.workspace_bytes);
        FAILS(tinysd_plan(model, 0, 8, &need), TINYSD_BAD_ARGUMENT);
    }

    /* A session outlives its model, and a handle that was closed is known. */
    OK(tinysd_model_close(model));
    FAILS(tinysd_model_close(model), TINYSD_BAD_HANDLE);
    FAILS(tinysd_model_shape(model, &shape), TINYSD_BAD_HANDLE);
    FAILS(tinysd_session_close((tinysd_session)model), TINYSD_BAD_HANDLE);
    FAILS(tinysd_model_shape((tinysd_model)a, &shape), TINYSD_BAD_HANDLE);
    OK(tinysd_session_reset(a));
    OK(tinysd_session_close(a));
    FAILS(tinysd_session_reset(a), TINYSD_BAD_HANDLE);
    OK(tinysd_session_close(b));
    OK(tinysd_session_close(many));
    free(rows);
    free(one);
    free(all);
    free(last);
    free(wide);
    free(state);
    free(again);
}

/* A classifier that reads both ways answers to whole sequences, each as if it were alone, and to nothing less. */
static void both_ways(const char* path) {
    tinysd_model model;
    tinysd_session one, two;
    tinysd_shape shape;
    OK(tinysd_model_open(path, &model));
    OK(tinysd_model_shape(model, &shape));
    OK(tinysd_session_create(model, 1, &one));
    OK(tinysd_session_create(model, 2, &two));
    size_t out = (size_t)shape.outputs;
    float* answer = malloc(out * sizeof *answer);
    float* both = malloc(2 * out * sizeof *both);
    int32_t text[3], other[3], texts[6];
    for (int t = 0; t < 3; t++) {
        text[t] = texts[2 * t] = t % shape.vocabulary;
        other[t] = texts[2 * t + 1] = (t + 2) % shape.vocabulary;
    }

    OK(tinysd_session_predict_tokens(two, texts, 6, both, 2 * out));
    OK(tinysd_session_predict_tokens(one, text, 3, answer, out));
    EXPECT(same(answer, both, out));
    OK(tinysd_session_predict_tokens(one, other, 3, answer, out));
    EXPECT(same(answer, both + out, out));
    FAILS(tinysd_session_step_tokens(one, text, 1, answer, out), TINYSD_NOT_SUPPORTED);
    size_t count;
    OK(tinysd_model_encode(model, "the film", other, 3, &count));
    EXPECT(count == 2);
    FAILS(tinysd_model_encode(model, "the film", other, 1, &count), TINYSD_BAD_ARGUMENT);
    OK(tinysd_session_close(one));
    OK(tinysd_session_close(two));
    OK(tinysd_model_close(model));
    free(answer);
    free(both);
}

/* A stack that reads both ways reads the steps of a call as one input, and a prediction is its answer at the last. */
static void stack_both_ways(const char* path) {
    enum { steps = 7, batch = 2 };
    tinysd_model model;
    tinysd_session session;
    tinysd_shape shape;
    OK(tinysd_model_open(path, &model));
    OK(tinysd_model_shape(model, &shape));
    OK(tinysd_session_create(model, batch, &session));
    size_t width = batch * (size_t)shape.inputs, out = batch * (size_t)shape.outputs;
    float* rows = numbers(steps * width);
    float* all = malloc(steps * out * sizeof *all);
    float* other = malloc(steps * out * sizeof *other);
    float* last = malloc(out * sizeof *last);
    OK(tinysd_session_run(session, rows, steps * width, all, steps * out));
    OK(tinysd_session_predict(session, rows, steps * width, last, out));
    EXPECT(same(last, all + (steps - 1) * out, out));

    /* The end of the input is seen at its beginning. */
    OK(tinysd_session_reset(session));
    rows[(steps - 1) * width] += 1;
    OK(tinysd_session_run(session, rows, steps * width, other, steps * out));
    EXPECT(!same(all, other, out));
    OK(tinysd_session_close(session));
    OK(tinysd_model_close(model));
    free(rows);
    free(all);
    free(other);
    free(last);
}

/* A state that has become infinite cannot be put back after a prediction: that is told, it stays, and the session can be reset. */
static void infinite_state(const char* path) {
    enum { steps = 200 };
    tinysd_model model;
    tinysd_session session;
    float row = 1, all[steps], answer, again;
    for (int t = 0; t < steps; t++) all[t] = 1;
    OK(tinysd_model_open(path, &model));
    OK(tinysd_session_create(model, 1, &session));
    OK(tinysd_session_predict(session, &row, 1, &answer, 1));
    OK(tinysd_session_run(session, all, steps, all, steps));
    EXPECT(isinf(all[steps - 1]));
    FAILS(tinysd_session_predict(session, &row, 1, &again, 1), TINYSD_NOT_FINITE);
    OK(tinysd_session_step(session, &row, 1, &again, 1));
    EXPECT(isinf(again));
    all[0] = 1;
    all[1] = NAN;
    FAILS(tinysd_session_run(session, all, 2, all, 2), TINYSD_NOT_FINITE);
    OK(tinysd_session_step(session, &row, 1, &again, 1));
    EXPECT(isinf(again));
    OK(tinysd_session_reset(session));
    OK(tinysd_session_predict(session, &row, 1, &again, 1));
    EXPECT(same(&answer, &again, 1));
    OK(tinysd_session_close(session));
    OK(tinysd_model_close(model));
}

static void bad_models(const char* path) {
    tinysd_model model;
    FAILS(tinysd_model_open(NULL, &model), TINYSD_BAD_ARGUMENT);
    FAILS(tinysd_model_open(path, NULL), TINYSD_BAD_ARGUMENT);
    FAILS(tinysd_model_open("/nowhere/at all.tsd", &model), TINYSD_BAD_FILE);
    EXPECT(strstr(tinysd_last_error(), "/nowhere/at all.tsd") != NULL);
    FAILS(tinysd_model_from_memory(NULL, 10, &model), TINYSD_BAD_ARGUMENT);
    FAILS(tinysd_model_from_memory("", 0, &model), TINYSD_BAD_FILE);
    FAILS(tinysd_model_shape(NULL, NULL), TINYSD_BAD_ARGUMENT);
    FAILS(tinysd_session_create(NULL, 1, (tinysd_session*)&model), TINYSD_BAD_HANDLE);
    size_t length;
    unsigned char* bytes = read_file(path, &length);
    for (size_t at = 0; at < length; at += 1 + length / 211) {
        bytes[at] ^= 4;
        FAILS(tinysd_model_from_memory(bytes, length, &model), TINYSD_BAD_FILE);
        bytes[at] ^= 4;
    }

    free(bytes);
    for (size_t cut = 0; cut < length; cut += 1 + length / 53) {
        unsigned char* part = read_file(path, &length);
        part = realloc(part, cut + 1);
        FAILS(tinysd_model_from_memory(part, cut, &model), TINYSD_BAD_FILE);
        free(part);
    }

    OK(tinysd_model_open(path, &model));
    tinysd_session session;
    FAILS(tinysd_session_create(model, 0, &session), TINYSD_BAD_ARGUMENT);
    FAILS(tinysd_session_create(model, -1, &session), TINYSD_BAD_ARGUMENT);
    FAILS(tinysd_session_create(model, 1, NULL), TINYSD_BAD_ARGUMENT);
    OK(tinysd_model_close(model));
}

/* Threads: a session each is free, one session for all is refused to the second, and errors are each thread's own. */
static tinysd_model shared_model;
static tinysd_session shared_session;
static tinysd_shape shared_shape;
static atomic_int busy, done;

static void* worker(void* argument) {
    enum { steps = 400 };
    size_t out = (size_t)shared_shape.outputs, width = (size_t)shared_shape.inputs;
    float* rows = numbers(steps * width);
    float* first = malloc(out * sizeof *first);
    float* answer = malloc(out * sizeof *answer);
    tinysd_session own;
    OK(tinysd_session_create(shared_model, 1, &own));
    for (int round = 0; round < 20; round++) {
        OK(tinysd_session_reset(own));
        for (int t = 0; t < steps; t++) OK(tinysd_session_step(own, rows + t * width, width, answer, out));
        if (round == 0) memcpy(first, answer, out * sizeof *first);
        EXPECT(same(first, answer, out));
    }

    OK(tinysd_session_close(own));
    float* all = malloc(steps * out * sizeof *all);
    while (!atomic_load(&busy) && atomic_load(&done) < 20000) {
        tinysd_status status = tinysd_session_run(shared_session, rows, steps * width, all, steps * out);
        if (status == TINYSD_BUSY) atomic_store(&busy, 1);
        else EXPECT(status == TINYSD_OK);
        atomic_fetch_add(&done, 1);
    }

    char path[64];
    snprintf(path, sizeof path, "/nowhere/%p", argument);
    tinysd_model none;
    FAILS(tinysd_model_open(path, &none), TINYSD_BAD_FILE);
    EXPECT(strstr(tinysd_last_error(), path) != NULL);
    free(all);
    free(rows);
    free(first);
    free(answer);
    return NULL;
}

static void threads(const char* path) {
    pthread_t both[2];
    int names[2];
    OK(tinysd_model_open(path, &shared_model));
    OK(tinysd_model_shape(shared_model, &shared_shape));
    OK(tinysd_session_create(shared_model, 1, &shared_session));
    for (int i = 0; i < 2; i++) pthread_create(&both[i], NULL, worker, &names[i]);
    for (int i = 0; i < 2; i++) pthread_join(both[i], NULL);
    EXPECT(atomic_load(&busy));
    OK(tinysd_session_reset(shared_session));
    OK(tinysd_session_close(shared_session));
    OK(tinysd_model_close(shared_model));
}

int main(int count, char** paths) {
    if (count != 8) return 2;
    EXPECT(tinysd_abi() == TINYSD_ABI);
    EXPECT(tinysd_version()[0] >= '0' && strchr(tinysd_version(), '.') != NULL);
    EXPECT(tinysd_last_error()[0] == 0);
    for (int i = 1; i < 5; i++) {
        stream(paths[i]);
        bad_models(paths[i]);
    }

    both_ways(paths[5]);
    stack_both_ways(paths[6]);
    infinite_state(paths[7]);
    threads(paths[4]);
    if (failures == 0) printf("ok\n");
    return failures == 0 ? 0 : 1;
}
