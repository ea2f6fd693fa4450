/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Precision plans: the published tiers count as published, and bad texts are refused. */
#include "runtime/policy/tiers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/spot_test.h"

#define PUBLISHED SPOT_SOURCE_DIR "/published/cosmos_quant_tiers.csv"

enum { BLOCKS = 28, TEXT_MAX = 8192 }; /* blocks of the published network */

static void check_equal(const spoti_plan *a, const spoti_plan *b)
{
    for (int i = 0; i < SPOTI_THIRD_COUNT; i++) {
        for (int j = 0; j < SPOTI_SITE_COUNT; j++) {
            assert_int_equal(a->bits[i][j], b->bits[i][j]);
        }
    }
    assert_int_equal(a->group, b->group);
}

/* The table gives each tier's full list of sites and the number of layers in 28 blocks; the library
 * holds only what a tier adds. */
static void tiers_are_those_of_the_published_table(void **state)
{
    char text[TEXT_MAX];
    int n_tier = 0;

    (void)state;
    (void)spot_test_read_file(PUBLISHED, text, sizeof text);
    for (char *line = text; line != NULL; line = strchr(line, '\n')) {
        char tier[16];
        char added[64];
        char all[128];
        char count[16];
        spoti_plan plan;
        spoti_plan want;

        line += *line == '\n';
        if (sscanf(line, "%15[^,],%63[^,],%15[^,],%127[^,],", tier, added, count, all) != 4 ||
            strncmp(tier, "w4-", 3) != 0) {
            continue;
        }
        const long n = strtol(count, NULL, 10);

        n_tier++;
        assert_int_equal(spoti_plan_read(tier, &plan, NULL), SPOT_OK);
        assert_int_equal(spoti_plan_count(&plan, 4, BLOCKS), n);
        assert_int_equal(spoti_plan_count(&plan, 8, BLOCKS), 10 * BLOCKS - n);
        spoti_plan_fill(&want, 8);
        assert_int_equal(spoti_plan_set(&want, all, 4, NULL), SPOT_OK);
        check_equal(&plan, &want);
    }
    assert_int_equal(n_tier, SPOTI_TIER_COUNT);
}

/* By hand: one third of 28 blocks has 10, 10 or 8. */
static void patterns_name_the_sites_that_they_say(void **state)
{
    static const struct {
        const char *pattern;
        size_t n;
    } cases[] = {
        {"*", 280},
        {"*@all", 280},
        {"*@late", 80},
        {"sa.*", 112},
        {"mlp.*@mid", 20},
        {"ca.k", 28},
        {"ca.k@early", 10},
        {"ca.k/v@mid", 20},
        {"ca.k/v@early/late", 36},
        {"mlp.l1/l2", 56},
        {" sa.q  ca.q ", 56},
        {"sa.q sa.q@late", 28},
        {"sa.q/k/v/out", 112},
        {"sa.out@late\tmlp.l2@late\n", 16},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        spoti_plan plan;

        spoti_plan_fill(&plan, 32);
        assert_int_equal(spoti_plan_set(&plan, cases[i].pattern, 4, NULL), SPOT_OK);
        if (spoti_plan_count(&plan, 4, BLOCKS) != cases[i].n) {
            fail_msg("'%s': %zu layers, expected %zu", cases[i].pattern,
                     spoti_plan_count(&plan, 4, BLOCKS), cases[i].n);
        }
    }
}

static void bad_patterns_are_refused_and_change_nothing(void **state)
{
    static const char *const bad[] = {
        "",        " ",     "sa",         "sa.",           "sa.x",        ".q",   "sa.q/",
        "sa.q//k", "sa.q@", "sa.q@first", "sa.q@/",        "sa.q@early/", "@all", "sa.q@all/mid",
        "mlp.q",   "ca.l1", "sa.q bogus", "sa.q@mid@late", "sa.q,sa.k",   "**",   "SA.Q",
        "s.q",     "saq.q"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        spoti_plan plan;
        spoti_plan before;
        spot_diag diag = {""};

        spoti_plan_fill(&plan, 16);
        before = plan;
        if (spoti_plan_set(&plan, bad[i], 4, &diag) != SPOT_E_FORMAT) {
            fail_msg("'%s' was taken", bad[i]);
        }
        assert_non_null(strstr(diag.text, "expected"));
        check_equal(&plan, &before);
    }
    spoti_plan plan;

    spoti_plan_fill(&plan, 16);
    assert_int_equal(spoti_plan_set(&plan, "*", 5, NULL), SPOT_E_RANGE);
    assert_int_equal(spoti_plan_count(&plan, 16, BLOCKS), 280);
}

static void names_are_read_and_others_refused(void **state)
{
    static const struct {
        const char *name;
        int bits;
    } uniform[] = {{"fp32", 32}, {"bf16", 16}, {"w8a8", 8}, {"w4a4", 4}, {"w4-t10", 4}};
    static const char *const bad[] = {"",       "fp16", "w4-t0", "w4-t11",
                                      "w4-t01", "w4-t", "W8A8",  ".yaml"};
    spoti_plan plan;
    spot_diag diag = {""};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(spoti_plan_read(uniform[i].name, &plan, NULL), SPOT_OK);
        assert_int_equal(spoti_plan_count(&plan, uniform[i].bits, 6), 60);
        assert_int_equal(plan.group, 64);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (spoti_plan_read(bad[i], &plan, &diag) != SPOT_E_FORMAT) {
            fail_msg("'%s' was taken", bad[i]);
        }
        assert_non_null(strstr(diag.text, "expected fp32, bf16"));
    }
    assert_int_equal(spoti_plan_read("nowhere/to/be/found.yaml", &plan, NULL), SPOT_E_IO);
    assert_int_equal(spoti_plan_count(&plan, 4, 6), 60); /* still w4-t10 */
}

static void files_are_read_and_bad_ones_refused_with_their_line(void **state)
{
    static const struct {
        const char *text;
        spot_status status;
        const char *words;
    } bad[] = {
        {"bits: 7\n", SPOT_E_RANGE, ".yaml:1: 7 bits, expected 32, 16, 8 or 4"},
        {"group: 64\n", SPOT_E_FORMAT, "bits"},
        {"bits: 8\ngroup: 48\n", SPOT_E_RANGE, ".yaml:2: group: 48, expected 32, 64 or 128"},
        {"bits: 8\nsites:\n  - {match: sa.q, bits: 4}\n  - {match: sa.x, bits: 4}\n", SPOT_E_FORMAT,
         ".yaml:4: 'sa.x' matches no site"},
        {"bits: 8\nsites:\n  - {match: sa.q, bits: 6}\n", SPOT_E_RANGE, ".yaml:3: 6 bits"},
        {"bits: 8\nsites:\n  - {match: sa.q}\n", SPOT_E_FORMAT, "bits"},
        {"bits: 8\nlayers: []\n", SPOT_E_FORMAT, "layers"},
        {"bits: four\n", SPOT_E_FORMAT, "expected a whole number"},
        {"", SPOT_E_FORMAT, ""},
    };
    static const char good[] = "bits: 8\ngroup: 32\nsites:\n  - {match: '*@late', bits: 4}\n"
                               "  - {match: mlp.l1/l2 ca.out@late, bits: 32}\n";
    char path[1024];
    spoti_plan plan;

    (void)state;
    spot_test_temp_path(path, sizeof path, "plan.yaml");
    spot_test_write_file(path, good, strlen(good));
    assert_int_equal(spoti_plan_read(path, &plan, NULL), SPOT_OK);
    assert_int_equal(plan.group, 32);
    /* Late: 10 sites in 8 blocks, less mlp.l1, mlp.l2 and ca.out; 32 bits: mlp everywhere. */
    assert_int_equal(spoti_plan_count(&plan, 4, BLOCKS), 56);
    assert_int_equal(spoti_plan_count(&plan, 32, BLOCKS), 64);
    assert_int_equal(spoti_plan_count(&plan, 8, BLOCKS), 160);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        spot_diag diag = {""};

        spot_test_write_file(path, bad[i].text, strlen(bad[i].text));
        const spot_status st = spoti_plan_read(path, &plan, &diag);

        if (st != bad[i].status || strstr(diag.text, bad[i].words) == NULL) {
            fail_msg("'%s': %s, '%s'", bad[i].text, spot_status_str(st), diag.text);
        }
        assert_int_equal(spoti_plan_count(&plan, 4, BLOCKS), 56);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiers_are_those_of_the_published_table),
        cmocka_unit_test(patterns_name_the_sites_that_they_say),
        cmocka_unit_test(bad_patterns_are_refused_and_change_nothing),
        cmocka_unit_test(names_are_read_and_others_refused),
        cmocka_unit_test(files_are_read_and_bad_ones_refused_with_their_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
