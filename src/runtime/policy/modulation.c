/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Time embedding and adaLN modulation, computed when a session is created. */
#include "runtime/policy/modulation.h"

#include "core/base/elementary.h"
#include "runtime/nn/elementary.h"

static const double PI = 3.14159265358979323846;

void spoti_modulation_place(spoti_modulation *mod, spoti_arena *arena, size_t steps, size_t n_part,
                            size_t channels)
{
    mod->channels = channels;
    mod->width = n_part * channels;
    mod->values = spoti_arena_take(arena, steps, mod->width);
}

spoti_modulation_row spoti_modulation_at(const spoti_modulation *mod, size_t step, size_t index)
{
    const float *row = mod->values + step * mod->width + 3 * index * mod->channels;

    return (spoti_modulation_row){row, row + mod->channels, row + 2 * mod->channels};
}

void spoti_modulation_compute(const spoti_modulation *mod, const spoti_kernels *kernels,
                              const spoti_layer *layer, size_t steps, const float *time)
{
    const spoti_gemm g = spoti_layer_product(layer, steps, time, layer->k, mod->values, mod->width);

    kernels->gemm(&g);
    for (size_t k = 0; k < steps; k++) {
        for (size_t first = 0; first < mod->width; first += 3 * mod->channels) {
            for (size_t i = 0; i < mod->channels; i++) {
                mod->values[k * mod->width + first + i] += 1.0F; /* gain = 1 + scale */
            }
        }
    }
}

static void silu(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = spoti_nn_silu(x[i]);
    }
}

/* features = [sin | cos] of 2 pi t / period. */
static void time_features(const spoti_time_embedding *e, const double *times, size_t steps,
                          float *features)
{
    const size_t half = e->fc1.k / 2;

    for (size_t i = 0; i < half; i++) {
        const double fraction = (double)i / (double)(half - 1);
        const double period =
            e->period_min * spoti_exp(fraction * spoti_log(e->period_max / e->period_min));

        for (size_t k = 0; k < steps; k++) {
            /* Time is a float32 in training. */
            const double t = (double)(float)times[k];
            float *row = features + k * 2 * half;

            row[i] = (float)spoti_sin(t * (2.0 * PI / period));
            row[half + i] = (float)spoti_cos(t * (2.0 * PI / period));
        }
    }
}

void spoti_time_embed(const spoti_time_embedding *embedding, const spoti_kernels *kernels,
                      const double *times, size_t steps, float *scratch, float *time)
{
    const size_t width = embedding->fc1.k;
    const spoti_gemm first =
        spoti_layer_product(&embedding->fc1, steps, time, width, scratch, width);
    const spoti_gemm second =
        spoti_layer_product(&embedding->fc2, steps, scratch, width, time, width);

    time_features(embedding, times, steps, time);
    kernels->gemm(&first);
    silu(scratch, steps * width);
    kernels->gemm(&second);
    silu(time, steps * width);
}
