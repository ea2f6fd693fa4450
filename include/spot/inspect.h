/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What lies in a model of safetensors or ONNX files, and how well its weights would stand quantisation.
 *
 * Of each tensor of F32, BF16 or F16: counts, range, the exponential law of |w| that fits best, how
 * well it fits, and the error of three quantisers of given bits next to the bounds of spot/coinfer.h.
 * Tensors of other types are listed. Files are streamed, so they may be larger than memory; what
 * needs the numbers in order (distance, errors) is taken from a sample of at most `sample_max`
 * weights of a tensor: one, at a fixed pseudo-random place, from each of as many equal parts of it.
 *
 *     spot_inspect_open("model.safetensors", NULL, &file, &diag);
 *     for (size_t i = 0; i < spot_inspect_count(file); i++) {
 *         spot_inspect_read(file, i, &tensor, &diag);
 *     }
 *     spot_inspect_close(file);
 */
#ifndef SPOT_INSPECT_H
#define SPOT_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/alloc.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_INSPECT_NAME_SIZE = 128,
    SPOT_INSPECT_DTYPE_SIZE = 16,
    SPOT_INSPECT_DIMS_MAX = 8,
    SPOT_INSPECT_BITS_MAX = 12,    /* of a quantiser, sign included */
    SPOT_INSPECT_SAMPLE = 1 << 18, /* default of sample_max */
    SPOT_INSPECT_SAMPLE_MAX = 1 << 24,
    SPOT_INSPECT_DTYPES_MAX =
        48 /* names of types: 22 of safetensors, 23 of ONNX, which share some */
};

/* Largest distance between the sample's distribution and the law's at which the law is said to fit: half of what normal
 * weights have from it, 0.084. */
#define SPOT_INSPECT_KS_FITS 0.042

typedef enum spot_inspect_found {
    SPOT_INSPECT_FITTED = 0,     /* all fields are set */
    SPOT_INSPECT_LISTED = 1,     /* another type than F32, BF16, F16: its data was not read */
    SPOT_INSPECT_EMPTY = 2,      /* no elements */
    SPOT_INSPECT_ALL_ZERO = 3,   /* no law fits; every quantiser may be exact */
    SPOT_INSPECT_NOT_FINITE = 4, /* NaN or infinite weights: counted, not fitted */
} spot_inspect_found;

typedef struct spot_inspect_config {
    size_t size; /* of this struct, set by its default function; else E_INVALID */
    int bits[SPOT_INSPECT_BITS_MAX]; /* 1 .. 12 each, sign included; default 2, 3, 4, 6, 8 */
    int n_bits;                      /* 0 .. 12; default 5 */
    size_t sample_max;               /* 2 .. 2^24 weights of a tensor; default 2^18 */
    bool
        source; /* the sample's own distortion-rate function too, some seconds a tensor; default false */
    const spot_allocator *allocator; /* borrowed until close; NULL = malloc */
} spot_inspect_config;

/* Errors of one bit-width: mean |w - Q(w)| over the sample, divided by its mean |w|. `Best` is the best
 * of a scan over scales about 0.1 % apart, refined between its neighbours. */
typedef struct spot_inspect_error {
    int bits;
    double uniform;      /* best clip for these weights; mid-rise or with a zero level */
    double uniform_clip; /* that clip: where the last cell would end, in units of w */
    double power_of_two; /* best largest level for these weights */
    double optimum;      /* closed form for the fitted law, spot_coinfer_lloyd */
    double compander;    /* closed form for the fitted law, spot_coinfer_compander */
    double source; /* of the sample's own distortion-rate function at these bits, the least that any
                          * code of them reaches (coinfer_source.h); 0 = not wanted, or not found */
    double lower, upper; /* lambda D_L, lambda D_U1 of the law: 2^-b, 2^(1-b) */
} spot_inspect_error;

typedef struct spot_inspect_tensor {
    char name
        [SPOT_INSPECT_NAME_SIZE]; /* the file's, its end if it is longer: may hold anything but 0 */
    char dtype[SPOT_INSPECT_DTYPE_SIZE];
    size_t n_dim, shape[SPOT_INSPECT_DIMS_MAX];
    size_t n_element;
    size_t n_byte; /* of its data, 0 where an ONNX file has it in numbers of other sizes */
    spot_inspect_found found;
    /* over all elements; 0 if LISTED or EMPTY */
    size_t n_zero, n_nan, n_infinite;
    double min, max, mean_abs; /* of the finite ones, 0 if there is none */
    /* 0 unless FITTED */
    double lambda;   /* 1 / mean_abs: maximum likelihood */
    double ks;       /* largest distance between the sample's distribution of |w| and the law's */
    size_t n_sample; /* n_element if that is at most sample_max */
    int n_error;     /* n_bits of the config; 0 if all of the sample is 0 */
    spot_inspect_error errors[SPOT_INSPECT_BITS_MAX];
} spot_inspect_tensor;

typedef struct spot_inspect spot_inspect;

/* Fills in the defaults above. */
SPOT_API void spot_inspect_config_default(spot_inspect_config *config);

/* An input or output that an ONNX file declares. */
typedef struct spot_inspect_value {
    char name
        [SPOT_INSPECT_NAME_SIZE]; /* the file's, its end if it is longer: may hold anything but 0 */
    char dtype[SPOT_INSPECT_DTYPE_SIZE]; /* `?` = not a tensor */
    bool is_output;
    size_t n_dim;
    int64_t shape[SPOT_INSPECT_DIMS_MAX]; /* -1 = not fixed by the file */
} spot_inspect_value;

/* Opens `path` and checks what it says against its size: a safetensors file, whose tensors must cover the data without
 * gap or overlap and whose header has at most 100 MB; where the name ends in `.index.json`, the files beside it that its
 * weight_map names, at most 512, with the tensors that it says and no others; where it ends in `.onnx`, an ONNX file of
 * at most 65536 tensors, in it or in files beside it. A Git LFS pointer in place of a file is refused as one. Memory: the
 * headers and as much again. config: NULL = defaults; copied. On success
 * *out is the caller's, closed by spot_inspect_close; on failure it is NULL. Returns SPOT_OK,
 * E_INVALID (NULL), E_RANGE (config), E_IO, E_FORMAT (see diag), E_NOMEM. Threads: locked by the
 * caller. */
SPOT_API spot_status spot_inspect_open(const char *path, const spot_inspect_config *config,
                                       spot_inspect **out, spot_diag *diag);

/* Number of tensors; they come file by file as the index names them and in the order of their data, of an ONNX file in
 * that of the file. */
SPOT_API size_t spot_inspect_count(const spot_inspect *file);

/* Number of inputs and outputs of an ONNX file, inputs first; else 0. Weights that it lists as inputs are none. */
SPOT_API size_t spot_inspect_value_count(const spot_inspect *file);

/* The i-th of them. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (i). */
SPOT_API spot_status spot_inspect_value_at(const spot_inspect *file, size_t i,
                                           spot_inspect_value *value);

/* Writes a first policy.yaml for the model (docs/bring-your-own-policy.md) to `path`, whole or not at all: roles are
 * guessed from names, types and shapes, and marked so. `model`: what the file is called there. Returns SPOT_OK, E_INVALID,
 * E_UNSUPPORTED (no inputs and outputs: not an ONNX file), E_IO. */
SPOT_API spot_status spot_inspect_draft(const spot_inspect *file, const char *model,
                                        const char *path, spot_diag *diag);

/* Reads tensor i (0 .. count - 1) from the file and judges it; allocates nothing unless `source`
 * is wanted. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (i), E_IO (also a file that shrank), E_NOMEM. */
SPOT_API spot_status spot_inspect_read(spot_inspect *file, size_t i, spot_inspect_tensor *tensor,
                                       spot_diag *diag);

/* Tensors of one type, or all. */
typedef struct spot_inspect_total {
    char dtype[SPOT_INSPECT_DTYPE_SIZE]; /* empty: of all */
    size_t n_tensor, n_element, n_byte;
} spot_inspect_total;

/* What the tensors that were added are all together. Begins as zeros. */
typedef struct spot_inspect_summary {
    spot_inspect_total all;
    size_t n_fitted; /* tensors that the exponential law was fitted to */
    size_t n_fits;   /* those of them that it fits */
    int n_dtype;
    spot_inspect_total dtypes[SPOT_INSPECT_DTYPES_MAX]; /* as they were met */
} spot_inspect_summary;

/* Adds a tensor, as spot_inspect_read gave it. Returns SPOT_OK, E_INVALID (NULL), E_RANGE (more types than there are). */
SPOT_API spot_status spot_inspect_add(spot_inspect_summary *summary,
                                      const spot_inspect_tensor *tensor);

/* Whether the tensor was fitted and the exponential law fits it: its ks is at most SPOT_INSPECT_KS_FITS. */
SPOT_API bool spot_inspect_fits(const spot_inspect_tensor *tensor);

/* Closes; NULL is fine. */
SPOT_API void spot_inspect_close(spot_inspect *file);

#ifdef __cplusplus
}
#endif

#endif
