/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Pruning by sorting, see the header. */
#include "runtime/policy/prune_oracle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "runtime/nn/safetensors.h"
#include "support/spot_test.h"

typedef struct rank {
    double size;
    int index;
} rank;

static int by_size_then_index(const void *a, const void *b)
{
    const rank *x = a;
    const rank *y = b;

    if (x->size < y->size || x->size > y->size) {
        return x->size < y->size ? -1 : 1;
    }
    return x->index < y->index ? -1 : 1;
}

static void zero_smallest(float *w, int count, int n_zero)
{
    rank *ranks = malloc((size_t)count * sizeof *ranks);

    assert_non_null(ranks);
    for (int i = 0; i < count; i++) {
        ranks[i] = (rank){fabs((double)w[i]), i};
    }
    qsort(ranks, (size_t)count, sizeof *ranks, by_size_then_index);
    for (int i = 0; i < n_zero; i++) {
        w[ranks[i].index] = 0.0F;
    }
    free(ranks);
}

void oracle_prune(float *w, int n, int k, const char *text)
{
    if (strcmp(text, "2:4") != 0) {
        zero_smallest(w, n * k, (int)floor(strtod(text, NULL) * ((double)n * k) + 0.5));
        return;
    }
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < k; j += 4) {
            const int size = k - j < 4 ? k - j : 4;

            zero_smallest(w + i * k + j, size, size / 2);
        }
    }
}

int oracle_units_left(int hidden, double fraction)
{
    int left = 16;

    while (left < hidden - (int)floor(fraction * hidden + 0.5)) {
        left += 16;
    }
    return left < hidden ? left : hidden;
}

void oracle_rank_units(const float *w1, int k, const float *w2, int n, int hidden, int n_gone,
                       int *gone)
{
    rank *ranks = malloc((size_t)hidden * sizeof *ranks);

    assert_non_null(ranks);
    for (int j = 0; j < hidden; j++) {
        double row = 0.0;
        double column = 0.0;

        for (int i = 0; i < k; i++) {
            row += (double)w1[j * k + i] * (double)w1[j * k + i];
        }
        for (int i = 0; i < n; i++) {
            column += (double)w2[i * hidden + j] * (double)w2[i * hidden + j];
        }
        ranks[j] = (rank){sqrt(row) * sqrt(column), j};
        gone[j] = 0;
    }
    qsort(ranks, (size_t)hidden, sizeof *ranks, by_size_then_index);
    for (int j = 0; j < n_gone; j++) {
        gone[ranks[j].index] = 1;
    }
    free(ranks);
}

oracle_folder *oracle_folder_read(const char *dir)
{
    oracle_folder *folder = calloc(1, sizeof *folder);
    char path[1024];
    spoti_safetensors file;

    assert_non_null(folder);
    (void)spoti_format(path, sizeof path, "%s/config.json", dir);
    assert_in_range(spot_test_read_file(path, folder->config, sizeof folder->config), 1,
                    sizeof folder->config - 2);
    (void)spoti_format(path, sizeof path, "%s/model.safetensors", dir);
    assert_int_equal(spoti_safetensors_read(path, NULL, &file, NULL), SPOT_OK);
    for (size_t i = 0; i < file.n_tensor; i++) {
        const spoti_tensor *t = &file.tensors[i];
        random_tensor *to = &folder->tensors.tensors[i];

        random_tensors_add(&folder->tensors, t->name, t->n_dim == 2 ? (int)t->shape[0] : 0,
                           (int)t->shape[t->n_dim - 1], 0.0F, 0.0F);
        spoti_tensor_to_f32(t, to->x);
    }
    spoti_safetensors_close(&file);
    return folder;
}

void oracle_folder_write(const oracle_folder *folder, const char *dir)
{
    random_tensors_write(&folder->tensors, folder->config, dir);
}

void oracle_folder_free(oracle_folder *folder)
{
    random_tensors_free(&folder->tensors);
    free(folder);
}

/* The MLPs' layers in pairs, and the other ones. */
static const char *const MLPS[][3] = {
    {".mlp.l1.weight", ".mlp.l2.weight", "mlp_hidden"},
    {".token_mlp.fc1.weight", ".token_mlp.fc2.weight", "token_hidden"},
    {".channel_mlp.fc1.weight", ".channel_mlp.fc2.weight", "channel_hidden"}};
static const char *const OTHERS[] = {".sa.q.weight",   ".sa.k.weight",  ".sa.v.weight",
                                     ".sa.out.weight", ".ca.q.weight",  ".ca.k.weight",
                                     ".ca.v.weight",   ".ca.out.weight"};
enum { N_MLP = 3, N_OTHER = 8 };

static int ends(const char *name, const char *end)
{
    return strncmp(name, "blocks.", 7) == 0 && spoti_ends_with(name, end);
}

/* W2 of the MLP whose W1 is tensor t. */
static random_tensor *second_of(random_tensors *all, const random_tensor *t, int mlp)
{
    const size_t stem = strlen(t->name) - strlen(MLPS[mlp][0]);

    for (int i = 0; i < all->n_tensor; i++) {
        random_tensor *u = &all->tensors[i];

        if (strncmp(u->name, t->name, stem) == 0 && strcmp(u->name + stem, MLPS[mlp][1]) == 0) {
            return u;
        }
    }
    fail_msg("no partner of %s", t->name);
    return NULL;
}

static void zero_units(const random_tensor *w1, const random_tensor *w2, double fraction)
{
    const int hidden = w1->rows;
    int *gone = malloc((size_t)hidden * sizeof *gone);

    assert_non_null(gone);
    oracle_rank_units(w1->x, w1->columns, w2->x, w2->rows, hidden,
                      hidden - oracle_units_left(hidden, fraction), gone);
    for (int j = 0; j < hidden; j++) {
        for (int i = 0; i < w1->columns && gone[j]; i++) {
            w1->x[j * w1->columns + i] = 0.0F;
        }
        for (int i = 0; i < w2->rows && gone[j]; i++) {
            w2->x[i * hidden + j] = 0.0F;
        }
    }
    free(gone);
}

void oracle_each_prunable(random_tensors *all,
                          void (*each)(const random_tensor *t, const void *ctx), const void *ctx)
{
    for (int i = 0; i < all->n_tensor; i++) {
        const random_tensor *t = &all->tensors[i];
        int listed = 0;

        for (int j = 0; j < N_MLP; j++) {
            listed += ends(t->name, MLPS[j][0]) || ends(t->name, MLPS[j][1]);
        }
        for (int j = 0; j < N_OTHER; j++) {
            listed += ends(t->name, OTHERS[j]);
        }
        if (listed > 0) {
            each(t, ctx);
        }
    }
}

void oracle_prune_tensors(random_tensors *all, const char *text)
{
    const int units = strncmp(text, "mlp:", 4) == 0;

    for (int i = 0; i < all->n_tensor; i++) {
        const random_tensor *t = &all->tensors[i];

        for (int j = 0; j < N_MLP; j++) {
            if (units && ends(t->name, MLPS[j][0])) {
                zero_units(t, second_of(all, t, j), strtod(text + 4, NULL));
            } else if (!units && (ends(t->name, MLPS[j][0]) || ends(t->name, MLPS[j][1]))) {
                oracle_prune(t->x, t->rows, t->columns, text);
            }
        }
        for (int j = 0; j < N_OTHER && !units; j++) {
            if (ends(t->name, OTHERS[j])) {
                oracle_prune(t->x, t->rows, t->columns, text);
            }
        }
    }
}

/* Sets the number of `key` in config.json. */
static void set_number(oracle_folder *folder, const char *key, int value)
{
    char quoted[64];
    char rest[sizeof folder->config];
    char *at = NULL;

    (void)spoti_format(quoted, sizeof quoted, "\"%s\":", key);
    at = strstr(folder->config, quoted);
    assert_non_null(at);
    at += strlen(quoted);
    (void)spoti_copy(rest, sizeof rest, at + strspn(at, " 0123456789"));
    (void)snprintf(at, sizeof folder->config - (size_t)(at - folder->config), " %d%s", value, rest);
}

void oracle_folder_shrink(oracle_folder *folder)
{
    for (int i = 0; i < folder->tensors.n_tensor * N_MLP; i++) {
        random_tensor *w1 = &folder->tensors.tensors[i / N_MLP];
        random_tensor *w2 = NULL;
        int left = 0;

        if (!ends(w1->name, MLPS[i % N_MLP][0])) {
            continue;
        }
        w2 = second_of(&folder->tensors, w1, i % N_MLP);
        for (int j = 0; j < w1->rows; j++) {
            float *row = w1->x + j * w1->columns;
            int zero = 1;

            for (int k = 0; k < w1->columns; k++) {
                zero = zero && !(fabsf(row[k]) > 0.0F);
            }
            if (zero) {
                continue;
            }
            memmove(w1->x + left * w1->columns, row, (size_t)w1->columns * sizeof *row);
            for (int k = 0; k < w2->rows; k++) {
                w2->x[k * w2->columns + left] = w2->x[k * w2->columns + j];
            }
            left++;
        }
        for (int k = 1; k < w2->rows; k++) {
            memmove(w2->x + k * left, w2->x + k * w2->columns, (size_t)left * sizeof *w2->x);
        }
        w1->rows = left;
        w2->columns = left;
        set_number(folder, MLPS[i % N_MLP][2], left);
    }
}
