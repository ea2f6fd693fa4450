/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The points of a sampled source.
 *
 * Equal magnitudes are one point. If more are left than there may be points, neighbours share a cell and its
 * median stands for them. The error of a cell grows as its mass times its width, and a quantiser is
 * optimal where that is the same in all cells; so cells are filled from below as long as mass times
 * width stays under a threshold, which is bisected to the smallest one whose cells are few enough.
 */
#include "core/coinfer/source.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/coinfer/coinfer.h"

/* Bisections of the threshold: 2^-60 of the range, past all digits of a double's mantissa. */
enum { N_BISECTION = 60 };

/* A magnitude and its mass. */
typedef struct atom {
    double x, mass;
} atom;

void spot_coinfer_source_config_default(spot_coinfer_source_config *config)
{
    if (config != NULL) {
        *config = (spot_coinfer_source_config){.size = sizeof(*config),
                                               .points_max = SPOT_COINFER_POINTS,
                                               .gap_bits = 1e-3,
                                               .iterations_max = SPOT_COINFER_ITERATIONS};
    }
}

/* Lets atoms[root] sink in the heap atoms[0 .. n - 1] until no child is larger. */
static void sift_down(atom *atoms, size_t root, size_t n)
{
    const atom value = atoms[root];

    for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
        if (child + 1 < n && atoms[child + 1].x > atoms[child].x) {
            child++;
        }
        if (atoms[child].x <= value.x) {
            break;
        }
        atoms[root] = atoms[child];
        root = child;
    }
    atoms[root] = value;
}

/* Heap sort: in place, which the C library's qsort does not promise. */
static void sort_atoms(atom *atoms, size_t n)
{
    for (size_t i = n / 2; i > 0; i--) {
        sift_down(atoms, i - 1, n);
    }
    for (size_t end = n; end > 1; end--) {
        const atom largest = atoms[0];

        atoms[0] = atoms[end - 1];
        atoms[end - 1] = largest;
        sift_down(atoms, 0, end - 1);
    }
}

/* Joins equal magnitudes and leaves out those without mass; how many are left. */
static size_t join_equal(atom *atoms, size_t n)
{
    size_t to = 0;

    for (size_t i = 0; i < n; i++) {
        if (to > 0 && atoms[i].x <= atoms[to - 1].x) {
            atoms[to - 1].mass += atoms[i].mass;
        } else if (atoms[i].mass > 0.0) {
            atoms[to++] = atoms[i];
        }
    }
    return to;
}

/* One past the last atom of the cell that begins at `first`. */
static size_t cell_end(const atom *atoms, size_t n, size_t first, double threshold)
{
    double mass = atoms[first].mass;
    size_t end = first + 1;

    while (end < n) {
        mass += atoms[end].mass;
        if (mass * (atoms[end].x - atoms[first].x) > threshold) {
            break;
        }
        end++;
    }
    return end;
}

static size_t count_cells(const atom *atoms, size_t n, double threshold)
{
    size_t n_cell = 0;

    for (size_t i = 0; i < n; i = cell_end(atoms, n, i, threshold)) {
        n_cell++;
    }
    return n_cell;
}

/* The smallest threshold that leaves at most `most` cells. */
static double find_threshold(const atom *atoms, size_t n, size_t most)
{
    double lo = 0.0;
    double hi = 2.0 * (atoms[n - 1].x - atoms[0].x); /* the mass is 1: one cell */

    if (n <= most) {
        return 0.0;
    }
    for (int i = 0; i < N_BISECTION; i++) {
        const double middle = 0.5 * (lo + hi);

        if (count_cells(atoms, n, middle) <= most) {
            hi = middle;
        } else {
            lo = middle;
        }
    }
    return hi;
}

/* The magnitude below and above which lies the same mass. */
static double median_of(const atom *atoms, size_t first, size_t end, double mass)
{
    double below = 0.0;

    for (size_t i = first; i + 1 < end; i++) {
        below += atoms[i].mass;
        if (below >= 0.5 * mass) {
            return atoms[i].x;
        }
    }
    return atoms[end - 1].x;
}

/* Fills x and p from the atoms (n), whose masses have the sum 1. */
static void make_points(spot_coinfer_source *s, const atom *atoms, size_t n)
{
    const double threshold = find_threshold(atoms, n, s->config.points_max);

    s->info.n_point = 0;
    for (size_t first = 0; first < n;) {
        const size_t end = cell_end(atoms, n, first, threshold);
        double mass = 0.0;

        for (size_t i = first; i < end; i++) {
            mass += atoms[i].mass;
        }

        const double middle = median_of(atoms, first, end, mass);

        for (size_t i = first; i < end; i++) {
            s->info.cell_error += atoms[i].mass * fabs(atoms[i].x - middle);
        }
        s->x[s->info.n_point] = middle;
        s->p[s->info.n_point++] = mass;
        first = end;
    }
}

static void describe_points(spot_coinfer_source *s)
{
    double below = s->p[0];
    size_t at = 0;

    /* at rate 0 the one codeword is the median */
    while (below < 0.5 && at + 1 < s->info.n_point) {
        at++;
        below += s->p[at];
    }
    for (size_t i = 0; i < s->info.n_point; i++) {
        s->info.distortion_zero += s->p[i] * fabs(s->x[i] - s->x[at]);
        s->info.entropy_bits -= s->p[i] * log2(s->p[i]);
    }
}

/* |x| with masses of sum 1, and lambda; false if a number is not as it should be. */
static bool take_atoms(spot_coinfer_source *s, const float *x, const double *mass, size_t n,
                       atom *atoms)
{
    double total = 0.0;
    double sum = 0.0;

    for (size_t i = 0; i < n; i++) {
        atoms[i] = (atom){fabs((double)x[i]), mass != NULL ? mass[i] : 1.0};
        if (!isfinite(atoms[i].x) || !isfinite(atoms[i].mass) || atoms[i].mass < 0.0) {
            return false;
        }
        total += atoms[i].mass;
        sum += atoms[i].mass * atoms[i].x;
    }
    if (!spoti_positive(total) || !spoti_positive(sum)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        atoms[i].mass /= total;
    }
    s->info.lambda = total / sum;
    s->info.n_sample = n;
    return true;
}

static spot_status fill(spot_coinfer_source *s, const float *x, const double *mass, size_t n)
{
    atom *atoms = spoti_alloc(s->allocator, n, sizeof(*atoms));
    double **const arrays[] = {&s->x, &s->p, &s->q, &s->decay, &s->u, &s->c, &s->log_c};
    spot_status st = SPOT_OK;

    if (atoms == NULL) {
        return SPOT_E_NOMEM;
    }
    s->capacity = n < s->config.points_max ? n : s->config.points_max;
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]) && st == SPOT_OK; i++) {
        *arrays[i] = spoti_alloc(s->allocator, s->capacity, sizeof(**arrays[i]));
        st = *arrays[i] != NULL ? SPOT_OK : SPOT_E_NOMEM;
    }
    if (st == SPOT_OK && !take_atoms(s, x, mass, n, atoms)) {
        st = SPOT_E_RANGE;
    }
    if (st == SPOT_OK) {
        sort_atoms(atoms, n);
        make_points(s, atoms, join_equal(atoms, n));
        describe_points(s);
    }
    spoti_free(s->allocator, atoms, n * sizeof(*atoms));
    return st;
}

static bool config_is_good(const spot_coinfer_source_config *config)
{
    return config->points_max >= 2 && config->points_max <= SPOT_COINFER_POINTS_MAX &&
           config->gap_bits > 0.0 && config->gap_bits <= 1.0 && config->iterations_max >= 1 &&
           config->iterations_max <= SPOT_COINFER_ITERATIONS_MAX;
}

spot_status spot_coinfer_source_create(const float *x, const double *mass, size_t n,
                                       const spot_coinfer_source_config *config,
                                       spot_coinfer_source **out)
{
    spot_coinfer_source_config used;
    spot_coinfer_source *s = NULL;
    spot_status st = SPOT_OK;

    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    spot_coinfer_source_config_default(&used);
    if (x == NULL || (config != NULL &&
                      SPOTI_CONFIG_CHECK(spot_coinfer_source_config, config, NULL) != SPOT_OK)) {
        return SPOT_E_INVALID;
    }
    if (config != NULL) {
        used = *config;
    }
    if (!config_is_good(&used) || n < 1 || n > SPOT_COINFER_SAMPLE_MAX) {
        return SPOT_E_RANGE;
    }
    s = spoti_calloc(used.allocator, 1, sizeof(*s));
    if (s == NULL) {
        return SPOT_E_NOMEM;
    }
    s->allocator = used.allocator;
    s->config = used;
    st = fill(s, x, mass, n);
    if (st != SPOT_OK) {
        spot_coinfer_source_destroy(s);
        return st;
    }
    *out = s;
    return SPOT_OK;
}

void spot_coinfer_source_destroy(spot_coinfer_source *source)
{
    if (source == NULL) {
        return;
    }
    const spot_allocator *allocator = source->allocator;
    const size_t size = source->capacity * sizeof(double);

    spoti_free(allocator, source->x, size);
    spoti_free(allocator, source->p, size);
    spoti_free(allocator, source->q, size);
    spoti_free(allocator, source->decay, size);
    spoti_free(allocator, source->u, size);
    spoti_free(allocator, source->c, size);
    spoti_free(allocator, source->log_c, size);
    spoti_free(allocator, source, sizeof(*source));
}

spot_status spot_coinfer_source_describe(const spot_coinfer_source *source,
                                         spot_coinfer_source_info *info)
{
    if (source == NULL || info == NULL) {
        return SPOT_E_INVALID;
    }
    *info = source->info;
    return SPOT_OK;
}
