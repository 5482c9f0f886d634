/* A sensor's watch in C: rows of numbers come in on standard input, one a line, and the prediction of the next row goes out. The state is
 * saved at the end and taken up again by the next run.
 *
 *   cc watch.c -o watch -I<folder of tinysd.h> -L<folder of libtinysd.so> -ltinysd
 *   ./watch model.tsd watch.state < rows.txt
 */
#include <stdio.h>
#include <stdlib.h>
#include "tinysd.h"

static void check(tinysd_status status) {
    if (status == TINYSD_OK) return;
    fprintf(stderr, "watch: %s\n", tinysd_last_error());
    exit(1);
}

int main(int count, char** arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: watch MODEL STATE < ROWS\n");
        return 2;
    }

    tinysd_model model;
    tinysd_session session;
    tinysd_shape shape;
    check(tinysd_model_open(arguments[1], &model));
    check(tinysd_model_shape(model, &shape));
    check(tinysd_session_create(model, 1, &session));

    size_t state_bytes;
    check(tinysd_session_state_size(session, &state_bytes));
    void* state = malloc(state_bytes);
    float* row = malloc((size_t)shape.inputs * sizeof *row);
    float* ahead = malloc((size_t)shape.outputs * sizeof *ahead);
    if (!state || !row || !ahead) return 1;

    FILE* file = fopen(arguments[2], "rb");
    if (file) {
        size_t found = fread(state, 1, state_bytes, file);
        fclose(file);
        check(tinysd_session_load(session, state, found));
    }

    for (;;) {
        for (int32_t i = 0; i < shape.inputs; i++)
            if (scanf("%f", &row[i]) != 1) goto end;
        check(tinysd_session_step(session, row, (size_t)shape.inputs, ahead, (size_t)shape.outputs));
        for (int32_t i = 0; i < shape.outputs; i++) printf("%s%.9g", i ? "," : "", ahead[i]);
        printf("\n");
        fflush(stdout);
    }

end:
    check(tinysd_session_save(session, state, state_bytes));
    file = fopen(arguments[2], "wb");
    int is_saved = file && fwrite(state, 1, state_bytes, file) == state_bytes;
    if (!file || fclose(file) != 0 || !is_saved) {
        fprintf(stderr, "watch: cannot write %s\n", arguments[2]);
        return 1;
    }

    free(state);
    free(row);
    free(ahead);
    check(tinysd_session_close(session));
    check(tinysd_model_close(model));
    return 0;
}
