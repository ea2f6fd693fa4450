/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The shipped profiles against the published tables: what is called published is printed there, what
 * is called modelled follows from the ratios that its source names, recomputed here from the CSVs.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "spot/platform.h"
#include "support/spot_test.h"

enum { N_STEPS = 5 };

/* Modelled figures are written with 4 digits: half a unit of the last place of the smallest mantissa. */
static const double FOUR_DIGITS = 5e-4;

/* Rows of published/kinetix_latency.csv for a board, steps 1..5, ms. */
static void read_mixer(const char *board, double *ms)
{
    FILE *file = fopen(SPOT_SOURCE_DIR "/published/kinetix_latency.csv", "r");
    char line[256];
    int found = 0;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        char name[64];
        int steps = 0;
        double value = 0.0;
        if (sscanf(line, "%63[^,],%d,%lf", name, &steps, &value) == 3 && /* NOLINT(cert-err34-c) */
            strcmp(name, board) == 0) {
            assert_in_range(steps, 1, N_STEPS);
            ms[steps - 1] = value;
            found++;
        }
    }
    (void)fclose(file);
    assert_int_equal(found, N_STEPS);
}

/* Geometric mean over the five rows of latency(a) / latency(b). */
static double mixer_ratio(const char *a, const char *b)
{
    double of_a[N_STEPS] = {0.0};
    double of_b[N_STEPS] = {0.0};
    double product = 1.0;
    read_mixer(a, of_a);
    read_mixer(b, of_b);
    for (int i = 0; i < N_STEPS; i++) {
        product *= of_a[i] / of_b[i];
    }
    return pow(product, 1.0 / N_STEPS);
}

static double latency_ms(const char *platform, const char *model_class, int steps,
                         spot_origin *origin)
{
    char path[512];
    spot_platform *p = NULL;
    spot_latency latency;
    spot_diag diag = {.text = ""};
    (void)snprintf(path, sizeof(path), "%s/platforms/%s.yaml", SPOT_SOURCE_DIR, platform);
    spot_status st = spot_platform_load(path, NULL, &p, &diag);
    assert_string_equal(diag.text, "");
    assert_int_equal(st, SPOT_OK);
    assert_string_equal(spot_platform_name(p), platform);
    assert_int_equal(spot_platform_latency(p, model_class, steps, &latency, &diag), SPOT_OK);
    assert_true(latency.spread_s == 0.0); /* the tables print none */
    assert_true(latency.source[0] != '\0');
    *origin = latency.origin;
    spot_platform_destroy(p);
    return latency.mean_s * 1e3;
}

static void check(const char *platform, const char *model_class, int steps, double want_ms,
                  spot_origin want_origin)
{
    spot_origin origin = SPOT_ORIGIN_MEASURED;
    double got = latency_ms(platform, model_class, steps, &origin);
    assert_close(got, want_ms, 1e-3, want_origin == SPOT_ORIGIN_PUBLISHED ? 0.0 : FOUR_DIGITS);
    assert_int_equal(origin, want_origin);
}

static double power_ratio_50w(void)
{
    double exponent = log(mixer_ratio("AGX15W", "AGX30W")) / log(2.0);
    return pow(30.0 / 50.0, exponent);
}

static void printed_latencies_are_those_of_the_tables(void **state)
{
    (void)state;
    static const char *const boards[][2] = {{"rtx-6000-ada", "RTX6000Ada"},
                                            {"rtx-3090", "RTX3090"},
                                            {"agx-orin-15w", "AGX15W"},
                                            {"agx-orin-30w", "AGX30W"}};
    for (int b = 0; b < 4; b++) {
        double ms[N_STEPS] = {0.0};
        read_mixer(boards[b][1], ms);
        for (int i = 0; i < N_STEPS; i++) {
            check(boards[b][0], "mixer-3m", i + 1, ms[i], SPOT_ORIGIN_PUBLISHED);
        }
    }
    check("rtx-4070", "pi05", 1, 162.0, SPOT_ORIGIN_PUBLISHED);
    check("rtx-4070", "pi05", 7, 186.0, SPOT_ORIGIN_PUBLISHED);
    check("rtx-4070", "pi05", 10, 199.0, SPOT_ORIGIN_PUBLISHED);
    check("agx-orin-30w", "dp-vit-dit", 4, 410.0, SPOT_ORIGIN_PUBLISHED);
    check("agx-orin-30w", "dp-vit-dit", 16, 770.0, SPOT_ORIGIN_PUBLISHED);
}

static void steps_between_printed_rows_follow_the_published_laws(void **state)
{
    (void)state;
    for (int steps = 2; steps < 16; steps++) {
        if (steps != 4) {
            check("agx-orin-30w", "dp-vit-dit", steps, 290.0 + 30.0 * steps, SPOT_ORIGIN_MODELLED);
        }
    }
    check("rtx-4070", "pi05", 5, 3743.0 / 21.0, SPOT_ORIGIN_MODELLED);
}

static void modelled_mixers_follow_their_sources(void **state)
{
    (void)state;
    double ms[N_STEPS] = {0.0};
    read_mixer("RTX3090", ms);
    for (int i = 0; i < N_STEPS; i++) {
        check("rtx-4070", "mixer-3m", i + 1, ms[i], SPOT_ORIGIN_MODELLED);
    }
    read_mixer("AGX30W", ms);
    for (int i = 0; i < N_STEPS; i++) {
        check("agx-orin-50w", "mixer-3m", i + 1, ms[i] * power_ratio_50w(), SPOT_ORIGIN_MODELLED);
    }
}

static void modelled_diffusion_policies_follow_their_sources(void **state)
{
    (void)state;
    for (int steps = 1; steps <= 16; steps += 5) {
        double agx = 290.0 + 30.0 * steps;
        check("agx-orin-15w", "dp-vit-dit", steps, agx * mixer_ratio("AGX15W", "AGX30W"),
              SPOT_ORIGIN_MODELLED);
        check("agx-orin-50w", "dp-vit-dit", steps, agx * power_ratio_50w(), SPOT_ORIGIN_MODELLED);
        check("rtx-3090", "dp-vit-dit", steps, agx * mixer_ratio("RTX3090", "AGX30W"),
              SPOT_ORIGIN_MODELLED);
        check("rtx-4070", "dp-vit-dit", steps, agx * mixer_ratio("RTX3090", "AGX30W"),
              SPOT_ORIGIN_MODELLED);
        check("rtx-6000-ada", "dp-vit-dit", steps, agx * mixer_ratio("RTX6000Ada", "AGX30W"),
              SPOT_ORIGIN_MODELLED);
    }
}

static void modelled_pi05_follows_its_sources(void **state)
{
    (void)state;
    const double on_3090 = 112.3 / 199.0;
    /* AGX 50 W between the served pi0 (from below) and the real task time (from above). */
    const double below = 112.3 * (580.2 / 94.1) / 199.0;
    const double above = (119.2 / 47.2) / 0.199;
    const double on_50w = sqrt(below * above);
    const double on_30w = on_50w / power_ratio_50w();
    for (int steps = 1; steps <= 10; steps += 3) {
        double ms = 547.0 / 3.0 + (steps - 6) * 172.0 / 42.0;
        check("rtx-3090", "pi05", steps, ms * on_3090, SPOT_ORIGIN_MODELLED);
        check("rtx-6000-ada", "pi05", steps, ms * on_3090 * mixer_ratio("RTX6000Ada", "RTX3090"),
              SPOT_ORIGIN_MODELLED);
        check("agx-orin-50w", "pi05", steps, ms * on_50w, SPOT_ORIGIN_MODELLED);
        check("agx-orin-30w", "pi05", steps, ms * on_30w, SPOT_ORIGIN_MODELLED);
        check("agx-orin-15w", "pi05", steps, ms * on_30w * mixer_ratio("AGX15W", "AGX30W"),
              SPOT_ORIGIN_MODELLED);
    }
}

/* pi05 at fewer bits: cosmos_latency_ada.csv against bf16-shared, tiers by their share of W4A4 linears. */
static void modelled_precisions_follow_their_sources(void **state)
{
    static const int w4a4_linears[] = {8, 18, 28, 36, 46, 56, 84, 168, 224, 280};
    const double w8 = 214.36 / 381.94;
    const double w4 = 167.12 / 381.94;
    spot_origin origin = SPOT_ORIGIN_MEASURED;
    double full_ms = latency_ms("agx-orin-50w", "pi05", 10, &origin);
    (void)state;

    check("agx-orin-50w", "pi05@w8a8", 10, full_ms * w8, SPOT_ORIGIN_MODELLED);
    check("agx-orin-50w", "pi05@w4a4", 10, full_ms * w4, SPOT_ORIGIN_MODELLED);
    for (int tier = 1; tier <= 10; tier++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "pi05@w4-t%d", tier);
        double ratio = w8 + (w4 - w8) * w4a4_linears[tier - 1] / 280.0;
        check("agx-orin-50w", name, 10, full_ms * ratio, SPOT_ORIGIN_MODELLED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_latencies_are_those_of_the_tables),
        cmocka_unit_test(steps_between_printed_rows_follow_the_published_laws),
        cmocka_unit_test(modelled_mixers_follow_their_sources),
        cmocka_unit_test(modelled_diffusion_policies_follow_their_sources),
        cmocka_unit_test(modelled_pi05_follows_its_sources),
        cmocka_unit_test(modelled_precisions_follow_their_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
