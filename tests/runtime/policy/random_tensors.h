/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Random weights for tests: written as a policy folder, and used by oracles in double precision that
 * share no arithmetic with the library.
 */
#ifndef RANDOM_TENSORS_H
#define RANDOM_TENSORS_H

enum { RANDOM_TENSORS_MAX = 128, RANDOM_NAME_SIZE = 64 };

typedef struct random_tensor {
    char name[RANDOM_NAME_SIZE];
    int rows, columns; /* rows 0 = one dimension */
    float *x;
} random_tensor;

typedef struct random_tensors {
    random_tensor tensors[RANDOM_TENSORS_MAX];
    int n_tensor;
    unsigned seed;
} random_tensors;

/* Adds a tensor of centre + spread * uniform(-1, 1). Fails the test if memory is short. */
void random_tensors_add(random_tensors *p, const char *name, int rows, int columns, float centre,
                        float spread);

/* Adds `name`.weight (n x k) and perhaps `name`.bias; with size 1 outputs are about as large as the
 * inputs. */
void random_tensors_add_linear(random_tensors *p, const char *name, int bias, int n, int k,
                               float size);

/* Adds what every policy has but for the layers of its architecture. */
void random_tensors_add_common(random_tensors *p, int obs, int action, int horizon, int channels,
                               int time_dim);

/* Creates the folder `dir` with the text as config.json and the tensors in F32. */
void random_tensors_write(const random_tensors *p, const char *config, const char *dir);
void random_tensors_free(random_tensors *p);

/* The values of a tensor; fails the test if there is none. */
const float *random_tensors_get(const random_tensors *p, const char *name);

/* out (n) = W in + b */
void random_linear(const random_tensors *p, const char *name, int bias, int n, int k,
                   const double *in, double *out);

double random_gelu(double x); /* tanh form */

/* y (n) = LayerNorm(x) (1 + mod[0..n)) + mod[n..2n) */
void random_modulate(int n, const double *x, const double *mod, double *y);

/* time (n): the embedding of t; tmp is scratch of the same size. */
void random_embed_time(const random_tensors *p, int n, double t, double *time, double *tmp);

/* n numbers, uniform on -1..1, from a generator of its own. */
void random_fill(unsigned seed, float *out, int n);

#endif
