/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Figures that cannot be. Oracle: one robot's figures, 7 chunks of 8 actions of 0.1 s and 0.18 s of inference each, with
 * a unit changed. */
#include <string.h>

#include "judged.h"

/* The warnings on two points with these figures; a budget, if any, decides nothing here. */
static void warns_where(const char *t_inf, const char *t_act, const char *chunks, const char *time,
                        const char *overlap, const char *words)
{
    char text[512];
    const spot_analyze_config config = judged_config(SPOT_ANALYZE_STATIC);
    (void)snprintf(
        text, sizeof(text),
        "point,t_inf_s,n,t_act_s,chunks,time_s,overlap,episodes,successes\na,%s,8,%s,%s,%s,%s,9,9\n"
        "b,%s,8,%s,%s,%s,%s,9,9\n",
        t_inf, t_act, chunks, time, overlap, t_inf, t_act, chunks, time, overlap);
    fixture f = judged_by(&config, text);
    const char *got = f.v->warnings;
    if (words == NULL ? got[0] != '\0' : strstr(got, words) == NULL) {
        fail_msg("'%s', expected '%s'", got, words != NULL ? words : "");
    }
    assert_true(words == NULL ||
                strchr(got, '\n') == got + strlen(got) - 1); /* one for both points */
    done(&f);
}

static void what_fits_is_not_warned_of(void **state)
{
    (void)state;
    warns_where("0.18", "0.1", "7", "6.86", "0", NULL);
    warns_where("0.18", "0.1", "7", "6.1", "0", NULL);  /* the last chunk cut short */
    warns_where("0.18", "0.1", "7", "10.2", "0", NULL); /* a third off: grasping, settling */
    warns_where("0.18", "0.1", "7", "5.7", "2", NULL);  /* hidden by overlap */
    warns_where("0.18", "0.1", "7", "", "0", NULL);
    warns_where("", "0.1", "7", "6.86", "0", NULL);
    warns_where("6", "0.1", "1", "6.1", "0", NULL);
}

static void the_likely_unit_is_named(void **state)
{
    (void)state;
    warns_where(
        "180", "0.1", "7", "6.86", "0",
        "'a' (and 1 more): one inference takes 180 s and the whole task 6.86 s; is t_inf_s in ms? "
        "(--map COLUMN=t_inf_ms)");
    warns_where("180000", "0.1", "7", "6.86", "0", "is t_inf_s in us? (--map COLUMN=t_inf_us)");
    warns_where("0.18", "100", "7", "6.86", "0",
                "7 chunks of 8 actions of 100 s are 5600 s, and the whole task takes 6.86 s; is "
                "t_act_s in ms?");
    warns_where("0.18", "0.1", "7", "6860", "0",
                "the timing law is off by 100 %: 7 chunks of 8 actions of 0.1 s and an "
                "inference of 0.18 s each, in 6860 s; is time_s in ms?");
    warns_where("1.8", "1", "70", "11.43", "0", "is time_s in min?");
    /* nothing that one unit would explain */
    warns_where("0.18", "0.1", "7", "30", "0", "the timing law is off by 77 %");
    warns_where("0.18", "0.1", "70", "6.86", "0",
                "70 chunks of 8 actions of 0.1 s are 56 s, and the whole task takes 6.86 s\n");
}

/* case jitter: the ratio of latencies is that of 181.7 and 319.8 ms, not of the mean with 12 s in it. */
static void an_outlier_does_not_judge(void **state)
{
    char text[4096];
    size_t used = (size_t)snprintf(text, sizeof(text),
                                   "point,seed,success,latency_ms,n,t_act_ms,time_s,chunks\n");
    const spot_analyze_config config = judged_config(SPOT_ANALYZE_STATIC);
    (void)state;
    for (int recurs = 0; recurs < 2; recurs++) {
        size_t end = used;
        for (int i = 0; i < 30; i++) {
            const double light = i == 0 || (recurs && i == 14) ? 12000.0 : 180.0 + i % 5;
            end += (size_t)snprintf(text + end, sizeof(text) - end,
                                    "full,%d,1,%d,8,100,10.%d,7\nlight,%d,1,%g,8,100,10.%d,7\n", i,
                                    320 + i % 3, 10 + i, i, light, 10 + (i * 7) % 30);
        }
        fixture f = judged_by(&config, text);
        const double mean = (recurs ? 2 * 12.0 + 28 * 0.182 : 12.0 + 29 * 0.182) / 30;
        assert_close(f.points[1].t_inf_s.value, recurs ? mean : 0.182, recurs ? 1e-3 : 0.0, 1e-12);
        assert_close(f.points[1].alpha.value, (recurs ? mean : 0.182) / 0.321, 0.0, 3e-3);
        assert_int_equal(
            strstr(
                f.v->warnings,
                "'light': 1 of 30 latencies, up to 12 s, is not like the others (the first: a cold "
                "start); the median, 0.182 s, stands for the mean, 0.5") != NULL,
            !recurs);
        done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_not_warned_of),
        cmocka_unit_test(the_likely_unit_is_named),
        cmocka_unit_test(an_outlier_does_not_judge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
