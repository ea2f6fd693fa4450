/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Inspection of models against brute force over the same weights, and against closed forms. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/inspect/inspect.h"
#include "support/spot_test.h"

enum { N_LAPLACE = 3000, N_RAMP = 150000, TEXT = 1024 };

static const double SCALE = 0.05;    /* mean |w| of the Laplace law, lambda = 20 */
static const double SUM_TOL = 1e-11; /* N_RAMP roundings of a double: 150000 * 1.1e-16 */

/* Weights of a Laplace law by inversion, from a generator of this test's own. */
static void make_laplace(float *w, size_t n)
{
    uint64_t x = 88172645463325252U;

    for (size_t i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        const double u = ((double)(x >> 12) + 0.5) * 0x1p-52; /* (0, 1) */

        w[i] = (float)(u < 0.5 ? SCALE * log(2.0 * u) : -SCALE * log(2.0 * (1.0 - u)));
    }
}

/* Writes a file of one header and its data, and opens it. */
static spot_inspect *open_model(const char *header, const void *data, size_t size,
                                const spot_inspect_config *config, char path[TEXT])
{
    const size_t length = strlen(header);
    unsigned char *blob = calloc(1, 8 + length + size + 1);
    spot_inspect *file = NULL;
    spot_diag diag = {""};

    assert_non_null(blob);
    blob[0] = (unsigned char)(length & 0xFFU);
    blob[1] = (unsigned char)(length >> 8 & 0xFFU);
    memcpy(blob + 8, header, length);
    if (size > 0) {
        memcpy(blob + 8 + length, data, size);
    }
    spot_test_temp_path(path, TEXT, "m.safetensors");
    spot_test_write_file(path, blob, 8 + length + size);
    free(blob);
    if (spot_inspect_open(path, config, &file, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return file;
}

static spot_inspect_tensor read_one(spot_inspect *file, size_t i)
{
    spot_inspect_tensor t;
    spot_diag diag = {""};

    if (spot_inspect_read(file, i, &t, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return t;
}

static spot_inspect *open_vector(const float *w, size_t n, const spot_inspect_config *config,
                                 char path[TEXT])
{
    char header[TEXT];

    (void)snprintf(header, sizeof header,
                   "{\"w\":{\"dtype\":\"F32\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}}", n,
                   4 * n);
    return open_model(header, w, 4 * n, config, path);
}

/* Distance by counting, for each weight, those that are smaller and those that are not larger. */
static double brute_ks(const float *w, size_t n, double lambda)
{
    double ks = 0.0;

    for (size_t i = 0; i < n; i++) {
        const double x = fabs((double)w[i]);
        const double law = 1.0 - exp(-lambda * x);
        size_t below = 0;
        size_t at = 0;

        for (size_t k = 0; k < n; k++) {
            below += fabs((double)w[k]) < x;
            at += fabs((double)w[k]) <= x;
        }
        ks = fmax(ks,
                  fmax(fabs((double)below / (double)n - law), fabs((double)at / (double)n - law)));
    }
    return ks;
}

/* |x - Q(x)| of a uniform quantiser by rounding, no table: kind 0 mid-rise, 1 with a zero level; of
 * powers of two (kind 2) by trying all. */
static double brute_distance(double x, int kind, double k, double scale)
{
    double best = INFINITY;

    if (kind == 0) {
        const double step = scale / k;

        return fabs(x - (fmin(floor(x / step), k - 1.0) + 0.5) * step);
    }
    if (kind == 1) {
        const double step = scale / (k - 0.5);

        return fabs(x - fmin(floor(x / step + 0.5), k - 1.0) * step);
    }
    for (int i = 0; i < (int)k; i++) {
        best = fmin(best, fabs(x - scale * pow(2.0, -i)));
    }
    return best;
}

static double brute_error(const float *w, size_t n, int kind, double k, double scale)
{
    double sum = 0.0;
    double mean = 0.0;

    for (size_t i = 0; i < n; i++) {
        sum += brute_distance(fabs((double)w[i]), kind, k, scale);
        mean += fabs((double)w[i]);
    }
    return sum / mean;
}

/* Best over scales 0.5 % apart: the library refines, so it is below, but not by much: the error
 * changes by less than the scale does. */
static double brute_best(const float *w, size_t n, int kind, double k)
{
    double best = INFINITY;

    for (double scale = 0.2 * SCALE; scale < 20.0 * SCALE; scale *= 1.005) {
        best = fmin(best, brute_error(w, n, kind, k, scale));
    }
    return best;
}

static void laplace_weights_match_brute_force_and_theory(void **state)
{
    float w[N_LAPLACE];
    char path[TEXT];
    double sum = 0.0;
    spot_inspect *file = NULL;

    (void)state;
    make_laplace(w, N_LAPLACE);
    for (size_t i = 0; i < N_LAPLACE; i++) {
        sum += fabs((double)w[i]);
    }
    file = open_vector(w, N_LAPLACE, NULL, path);
    const spot_inspect_tensor t = read_one(file, 0);
    spot_inspect_close(file);

    assert_int_equal(t.found, SPOT_INSPECT_FITTED);
    assert_int_equal(t.n_sample, N_LAPLACE);
    assert_close(t.lambda, N_LAPLACE / sum, 0.0, SUM_TOL);
    /* four standard errors of an exponential mean */
    assert_close(t.lambda, 1.0 / SCALE, 0.0, 4.0 / sqrt(N_LAPLACE));
    assert_close(t.ks, brute_ks(w, N_LAPLACE, t.lambda), SUM_TOL, 0.0);
    assert_true(t.ks < 1.95 / sqrt(N_LAPLACE)); /* exceeded once in a thousand, lambda known */
    assert_int_equal(t.n_error, 5);
    for (int i = 0; i < t.n_error; i++) {
        const spot_inspect_error *e = &t.errors[i];
        const double k = pow(2.0, e->bits - 1);
        double best = fmin(brute_best(w, N_LAPLACE, 0, k), brute_best(w, N_LAPLACE, 1, k));

        assert_true(e->uniform <= best * (1.0 + 1e-9));
        assert_close(e->uniform, best, 0.0, 0.01);
        /* the clip that is told gives the error that is told */
        assert_close(fmin(fabs(brute_error(w, N_LAPLACE, 0, k, e->uniform_clip) - e->uniform),
                          fabs(brute_error(w, N_LAPLACE, 1, k, e->uniform_clip) - e->uniform)),
                     0.0, 1e-9, 0.0);
        best = brute_best(w, N_LAPLACE, 2, k);
        assert_true(e->power_of_two <= best * (1.0 + 1e-9));
        assert_close(e->power_of_two, best, 0.0, 0.01);
        /* ln(1 + 2^(1-b)) on the law itself; the error of a weight varies about as its mean, and a
         * few large weights weigh more: 8 standard errors */
        assert_close(e->optimum, log(1.0 + 1.0 / k), 0.0, 8.0 / sqrt(N_LAPLACE));
        assert_close(e->lower, pow(2.0, -e->bits), 1e-15, 0.0);
        assert_close(e->upper, pow(2.0, 1 - e->bits), 1e-15, 0.0);
        assert_true(e->lower < e->optimum && e->optimum < e->upper);
    }
}

/* w = 0, 1/n, ..: uniform magnitudes against Exp(2), whose distance is largest at ln(2) / 2. Element
 * i of a sample of m lies in part i of m, so the sample's distribution is off by 1/m at most. */
static void samples_are_spread_evenly_and_repeat(void **state)
{
    float *w = calloc(N_RAMP, sizeof *w);
    spot_inspect_config config;
    char path[TEXT];
    const double exact = 0.5 - log(2.0) / 2.0;

    (void)state;
    assert_non_null(w);
    for (size_t i = 0; i < N_RAMP; i++) {
        w[i] = (float)((double)i / N_RAMP);
    }
    spot_inspect_config_default(&config);
    config.sample_max = 2000;
    spot_inspect *file = open_vector(w, N_RAMP, &config, path);
    const spot_inspect_tensor a = read_one(file, 0);
    const spot_inspect_tensor b = read_one(file, 0);
    spot_inspect_close(file);
    free(w);

    assert_int_equal(a.n_sample, 2000);
    assert_int_equal(a.n_zero, 1);
    assert_close(a.max, (double)(float)(1.0 - 1.0 / N_RAMP), 0.0, 0.0);
    assert_close(a.min, 0.0, 0.0, 0.0);
    /* every weight takes part in lambda: (n - 1) / (2 n), each float off by 2^-25 at most */
    assert_close(a.mean_abs, (N_RAMP - 1) / (2.0 * N_RAMP), 0x1p-25, 0.0);
    assert_close(a.ks, exact, 1.0 / 2000 + 1.0 / N_RAMP, 0.0);
    assert_close(a.ks, b.ks, 0.0, 0.0);
    for (int i = 0; i < a.n_error; i++) {
        assert_close(a.errors[i].uniform, b.errors[i].uniform, 0.0, 0.0);
        /* uniform weights: cells of 1 / K, a quarter of a cell on average, mean 1/2 */
        assert_close(a.errors[i].uniform, 0.5 * pow(2.0, 1 - a.errors[i].bits), 0.0, 0.05);
    }
}

static void what_cannot_be_fitted_is_said(void **state)
{
    static const char header[] =
        "{\"__metadata__\":{\"a\":\"b\"},"
        "\"bad\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
        "\"count\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[16,32]},"
        "\"mask\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[32,35]},"
        "\"none\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[35,35]},"
        "\"zero\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[35,43]},"
        "\"half\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[43,47]},"
        "\"brain\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[47,49]}}";
    const float bad[4] = {NAN, -2.0F, -INFINITY, 0.0F};
    const unsigned char tail[6] = {0x00, 0x3C, 0x00, 0xC2, 0x40, 0xC0}; /* 1, -3; -3 */
    unsigned char data[49] = {0};
    char path[TEXT];
    static const struct {
        const char *name;
        spot_inspect_found found;
        size_t n, n_byte;
    } expected[7] = {{"bad", SPOT_INSPECT_NOT_FINITE, 4, 16}, {"count", SPOT_INSPECT_LISTED, 2, 16},
                     {"mask", SPOT_INSPECT_LISTED, 3, 3},     {"none", SPOT_INSPECT_EMPTY, 0, 0},
                     {"zero", SPOT_INSPECT_ALL_ZERO, 4, 8},   {"half", SPOT_INSPECT_FITTED, 2, 4},
                     {"brain", SPOT_INSPECT_FITTED, 1, 2}};

    (void)state;
    memcpy(data, bad, sizeof bad);
    memcpy(data + 43, tail, sizeof tail);
    spot_inspect *file = open_model(header, data, sizeof data, NULL, path);
    assert_int_equal(spot_inspect_count(file), 7);
    for (size_t i = 0; i < 7; i++) {
        const spot_inspect_tensor t = read_one(file, i);

        assert_string_equal(t.name, expected[i].name);
        assert_int_equal(t.found, expected[i].found);
        assert_int_equal(t.n_element, expected[i].n);
        assert_int_equal(t.n_byte, expected[i].n_byte);
        assert_int_equal(t.n_error, t.found == SPOT_INSPECT_FITTED ? 5 : 0);
    }
    spot_inspect_tensor t = read_one(file, 0);
    assert_true(t.n_nan == 1 && t.n_infinite == 1 && t.n_zero == 1);
    assert_true(t.min == -2.0 && t.max == 0.0 && t.mean_abs == 1.0 && t.lambda == 0.0);
    t = read_one(file, 5);
    assert_true(t.min == -3.0 && t.max == 1.0 && t.mean_abs == 2.0 && t.lambda == 0.5);
    t = read_one(file, 6);
    assert_true(t.min == -3.0 && t.max == -3.0 && t.n_dim == 0);
    /* one magnitude: any quantiser may put a level there */
    assert_close(t.errors[0].uniform, 0.0, 1e-6, 0.0);
    spot_inspect_tensor none;
    assert_int_equal(spot_inspect_read(file, 7, &none, NULL), SPOT_E_RANGE);
    spot_inspect_close(file);
}

/* Two types, one tensor that the law fits, one that it does not, one of zeros. */
static void a_summary_counts_by_type_and_by_fit(void **state)
{
    spot_inspect_summary sum = {.n_fitted = 0};
    spot_inspect_tensor t = {.dtype = "F32", .n_element = 10, .n_byte = 40};

    (void)state;
    t.ks = SPOT_INSPECT_KS_FITS;
    assert_true(spot_inspect_fits(&t));
    assert_int_equal(spot_inspect_add(&sum, &t), SPOT_OK);
    t.ks = SPOT_INSPECT_KS_FITS + 1e-9;
    assert_false(spot_inspect_fits(&t));
    assert_int_equal(spot_inspect_add(&sum, &t), SPOT_OK);
    t = (spot_inspect_tensor){
        .dtype = "F4", .n_element = 6, .n_byte = 3, .found = SPOT_INSPECT_LISTED};
    assert_false(spot_inspect_fits(&t)); /* its ks is 0, and means nothing */
    assert_int_equal(spot_inspect_add(&sum, &t), SPOT_OK);
    assert_true(sum.all.n_tensor == 3 && sum.all.n_element == 26 && sum.all.n_byte == 83);
    assert_true(sum.n_fitted == 2 && sum.n_fits == 1 && sum.n_dtype == 2);
    assert_string_equal(sum.dtypes[0].dtype, "F32");
    assert_true(sum.dtypes[0].n_tensor == 2 && sum.dtypes[0].n_element == 20 &&
                sum.dtypes[0].n_byte == 80);
    assert_string_equal(sum.dtypes[1].dtype, "F4");
    assert_true(sum.dtypes[1].n_tensor == 1 && sum.dtypes[1].n_byte == 3);

    for (int i = 2; i <= SPOT_INSPECT_DTYPES_MAX; i++) { /* one more than there is room for */
        (void)snprintf(t.dtype, sizeof t.dtype, "x%d", i);
        assert_int_equal(spot_inspect_add(&sum, &t),
                         i < SPOT_INSPECT_DTYPES_MAX ? SPOT_OK : SPOT_E_RANGE);
    }
    assert_int_equal(sum.all.n_tensor, 1 + SPOT_INSPECT_DTYPES_MAX);
    assert_int_equal(spot_inspect_add(NULL, &t), SPOT_E_INVALID);
    assert_int_equal(spot_inspect_add(&sum, NULL), SPOT_E_INVALID);
    assert_false(spot_inspect_fits(NULL));
}

static void misuse_and_short_files_are_refused(void **state)
{
    const float w[4] = {1.0F, 2.0F, 3.0F, 4.0F};
    static const unsigned char huge[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F};
    char path[TEXT];
    spot_inspect_config config;
    spot_inspect_tensor t;
    spot_diag diag = {""};
    spot_inspect *file = open_vector(w, 4, NULL, path);

    (void)state;
    assert_int_equal(truncate(path, 70), 0); /* cut off while open */
    assert_int_equal(spot_inspect_read(file, 0, &t, &diag), SPOT_E_IO);
    assert_non_null(strstr(diag.text, "cannot be read whole"));
    spot_inspect_close(file);
    assert_int_equal(spot_inspect_open(path, NULL, &file, &diag), SPOT_E_FORMAT);
    assert_null(file);
    spot_test_write_file(path, huge, sizeof huge);
    assert_int_equal(spot_inspect_open(path, NULL, &file, &diag), SPOT_E_FORMAT);
    spot_test_write_file(path, huge, 7);
    assert_int_equal(spot_inspect_open(path, NULL, &file, &diag), SPOT_E_FORMAT);
    assert_int_equal(spot_inspect_open("/nowhere", NULL, &file, &diag), SPOT_E_IO);
    assert_int_equal(spot_inspect_open("/", NULL, &file, &diag), SPOT_E_IO);
    assert_int_equal(spot_inspect_open(NULL, NULL, &file, &diag), SPOT_E_INVALID);

    for (int i = 0; i < 5; i++) {
        memset(&config, 0x5A, sizeof config); /* the defaults leave nothing of it */
        spot_inspect_config_default(&config);
        assert_true(config.n_bits == 5 && config.allocator == NULL && config.bits[11] == 0);
        config.bits[0] = i == 0 ? 0 : i == 1 ? 13 : 2;
        config.n_bits = i == 2 ? 13 : 5;
        config.sample_max = i == 3 ? 1 : i == 4 ? SPOT_INSPECT_SAMPLE_MAX + 1U : 100;
        assert_int_equal(spot_inspect_open(path, &config, &file, &diag), SPOT_E_RANGE);
    }
}

static void running_out_of_memory_is_survived(void **state)
{
    const float w[4] = {1.0F, -2.0F, 3.0F, 4.0F};
    char path[TEXT];
    spot_inspect_config config;
    spot_status st = SPOT_E_NOMEM;

    (void)state;
    spot_inspect_close(open_vector(w, 4, NULL, path));
    spot_inspect_config_default(&config);
    for (int k = 0; k < 100 && st == SPOT_E_NOMEM; k++) {
        spot_test_allocator mem;
        spot_allocator a = spot_test_failing_allocator(&mem, k);
        spot_inspect *file = NULL;

        config.allocator = &a;
        st = spot_inspect_open(path, &config, &file, NULL);
        if (st == SPOT_OK) {
            mem.fail_at = mem.n_alloc; /* reading allocates nothing */
            (void)read_one(file, 0);
            assert_int_equal(mem.n_failed, 0);
        } else {
            assert_null(file);
        }
        spot_inspect_close(file);
        spot_test_assert_no_leak(&mem);
    }
    assert_int_equal(st, SPOT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laplace_weights_match_brute_force_and_theory),
        cmocka_unit_test(samples_are_spread_evenly_and_repeat),
        cmocka_unit_test(what_cannot_be_fitted_is_said),
        cmocka_unit_test(a_summary_counts_by_type_and_by_fit),
        cmocka_unit_test(misuse_and_short_files_are_refused),
        cmocka_unit_test(running_out_of_memory_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
