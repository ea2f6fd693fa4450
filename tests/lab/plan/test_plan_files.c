/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Files of models, links and planning: what is right is read to the digit, what is wrong is refused with its line.
 * Shipped files load, and their power at the largest clock is the board's.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "spot/plan.h"
#include "support/spot_test.h"

static char path[64];

static void put(const char *text)
{
    (void)snprintf(path, sizeof(path), "/tmp/spot-test-plan-%ld.yaml", (long)getpid());
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_refused(spot_status st, const spot_diag *diag, const char *words)
{
    assert_int_equal(st, SPOT_E_FORMAT);
    if (strncmp(diag->text, path, strlen(path)) != 0 || strstr(diag->text, words) == NULL) {
        fail_msg("'%s' not in: %s", words, diag->text);
    }
    (void)unlink(path);
}

#define HEAD "name: m\ndescription: d\norigin: modelled\nsource: s\n"

static void models_are_read(void **state)
{
    spot_plan_model m;

    (void)state;
    put(HEAD "full_bits: 16\nlambda: 20\nagent_flop: 2e11\nserver_flop: 3e11\nuplink_bits: 5\n");
    assert_int_equal(spot_plan_model_load(path, &m, NULL), SPOT_OK);
    assert_int_equal(m.n_split, 1);
    assert_int_equal(m.full_bits, 16);
    assert_true(m.split[0].agent_flop == 2e11 && m.split[0].server_flop == 3e11);
    assert_true(m.split[0].uplink_bits == 5.0 && m.split[0].lambda == 20.0);
    assert_int_equal(m.origin, SPOT_ORIGIN_MODELLED);

    put(HEAD
        "full_bits: 8\nlambda: 20\nsplits:\n"
        "  - {name: a, agent_flop: 1, lambda: 7}\n"
        "  - {name: b, server_flop: 2, features: [{bits: 4, uplink_bits: 9, distortion: 0.5}]}\n");
    assert_int_equal(spot_plan_model_load(path, &m, NULL), SPOT_OK);
    assert_int_equal(m.n_split, 2);
    assert_true(m.split[0].lambda == 7.0 && m.split[1].lambda == 20.0);
    assert_int_equal(m.split[1].feature[0].bits, 4);
    assert_true(m.split[1].feature[0].uplink_bits == 9.0 &&
                m.split[1].feature[0].distortion == 0.5);

    put(HEAD "full_bits: 8\nlambda: 20\nsplit: b\nsplits: [{name: a, agent_flop: 1}, {name: b, "
             "agent_flop: 2}]\n");
    assert_int_equal(spot_plan_model_load(path, &m, NULL), SPOT_OK);
    assert_int_equal(m.n_split, 1);
    assert_string_equal(m.split[0].name, "b");
    (void)unlink(path);
}

static void models_that_make_no_sense_are_refused(void **state)
{
    static const struct {
        const char *text, *words;
    } wrong[] = {
        {HEAD "full_bits: 33\nlambda: 1\nagent_flop: 1\n", ":5: full_bits is 33"},
        {HEAD "full_bits: 8\nagent_flop: 1\n", "lambda is 0"},
        {HEAD "full_bits: 8\nlambda: -1\nagent_flop: 1\n", "lambda is -1"},
        {HEAD "full_bits: 8\nlambda: 1\n", "neither agent_flop and splits"},
        {HEAD "full_bits: 8\nlambda: 1\nagent_flop: 1\nsplits: [{name: a, agent_flop: 1}]\n",
         "both agent_flop and splits"},
        {HEAD "full_bits: 8\nlambda: 1\nagent_flop: -1\n", ":7: agent_flop is -1"},
        {HEAD "full_bits: 8\nlambda: 1\nagent_flop: 1\nuplink_bits: -3\n", "uplink_bits is -3"},
        {HEAD "full_bits: 8\nlambda: 1\nagent_flop: many\n", "many"},
        {HEAD "full_bits: 8\nlambda: 1\nagent_flop: .nan\n", "nan"},
        {HEAD "full_bits: 8\nlambda: 1\nagent_flops: 1\n", "agent_flops"},
        {HEAD "full_bits: 8\nlambda: 1\nsplits: [{name: a, lambda: 2}]\n", "split a has no FLOP"},
        {HEAD "full_bits: 8\nlambda: 1\nsplits:\n  - {name: a, agent_flop: 1}\n  - {name: a, "
              "agent_flop: 1}\n",
         ":9: split a stands twice"},
        {HEAD "full_bits: 8\nlambda: 1\nsplit: c\nsplits: [{name: a, agent_flop: 1}]\n",
         "split 'c', expected the name of one of splits"},
        {HEAD
         "full_bits: 8\nlambda: 1\nsplits: [{name: a, agent_flop: 1, output_per_parameter: 2}]\n",
         "without agent_parameters"},
        {HEAD "full_bits: 8\nlambda: 1\nsplits: [{name: a, agent_flop: 1, features: [{bits: 0, "
              "uplink_bits: 1}]}]\n",
         "0 bits"},
        {HEAD "full_bits: 8\nlambda: 1\nweights: w.safetensors\nagent_flop: 1\n",
         "both lambda and weights"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        spot_plan_model m;
        spot_diag diag = {""};

        put(wrong[i].text);
        const spot_status st = spot_plan_model_load(path, &m, &diag);
        assert_refused(st, &diag, wrong[i].words);
    }
    put(HEAD "full_bits: 8\nweights: none.safetensors\nagent_flop: 1\n");
    spot_plan_model m;
    assert_int_equal(spot_plan_model_load(path, &m, NULL), SPOT_E_IO);
    assert_int_equal(spot_plan_model_load(NULL, &m, NULL), SPOT_E_INVALID);
    (void)unlink(path);
}

#define SOURCES                                                                                    \
    "figures:\n  - {figure: bandwidth_bit_s, origin: measured, source: s}\n"                       \
    "  - {figure: latency_s, origin: measured, source: s}\n"                                       \
    "  - {figure: radio_w, origin: measured, source: s}\n"

static void links_are_read_or_refused(void **state)
{
    static const struct {
        const char *text, *words;
    } wrong[] = {
        {"bandwidth_bit_s: 0\nlatency_s: 0\nradio_w: 0\n" SOURCES, ":3: bandwidth_bit_s is 0"},
        {"bandwidth_bit_s: 200\nlatency_s: 0\nradio_w: 0\n" SOURCES, "is it in Mbit/s?"},
        {"bandwidth_bit_s: 1e8\nlatency_s: 50\nradio_w: 0\n" SOURCES, "is it in ms?"},
        {"bandwidth_bit_s: 1e8\nlatency_s: -1\nradio_w: 0\n" SOURCES, "latency_s is -1"},
        {"bandwidth_bit_s: 1e8\nlatency_s: 0\nradio_w: 1e4\n" SOURCES, "radio_w is 10000"},
        {"bandwidth_bit_s: 1e8\nlatency_s: 0\nradio_w: 0\nfigures: [{figure: x, origin: measured, "
         "source: s}]\n",
         "figure x is no key"},
        {"bandwidth_bit_s: 1e8\nlatency_s: 0\nradio_w: 0\nfigures: [{figure: radio_w, origin: "
         "measured, source: s}]\n",
         "bandwidth_bit_s has no source"},
        {"bandwidth_bit_s: 1e8\nlatency_s: 0\nradio_w: 0\n" SOURCES
         "  - {figure: radio_w, origin: measured, source: s}\n",
         "two sources"},
    };
    spot_plan_link link;
    spot_diag diag = {""};

    (void)state;
    put("name: l\ndescription: d\nbandwidth_bit_s: 1e8\nlatency_s: 0.005\nradio_w: 0.1\n" SOURCES);
    assert_int_equal(spot_plan_link_load(path, &link, &diag), SPOT_OK);
    assert_true(link.link.bandwidth_bit_s == 1e8 && link.link.latency_s == 0.005 &&
                link.link.radio_w == 0.1);
    assert_int_equal(link.n_figure, 3);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), "name: l\ndescription: d\n%s", wrong[i].text);
        put(text);
        assert_refused(spot_plan_link_load(path, &link, &diag), &diag, wrong[i].words);
    }
    assert_int_equal(spot_plan_link_load(NULL, &link, NULL), SPOT_E_INVALID);
}

#define PLANNING "name: p\ndescription: d\nplanning:\n  flop_per_cycle: 32\n  idle_w: 1\n  pue: 1\n"
#define MORE                                                                                       \
    "    - {figure: flop_per_cycle, origin: published, source: s}\n"                               \
    "    - {figure: power_w_per_hz3, origin: published, source: s}\n"                              \
    "    - {figure: idle_w, origin: published, source: s}\n"                                       \
    "    - {figure: pue, origin: published, source: s}\n"
#define MODES                                                                                      \
    "  power_w_per_hz3: 2e-29\n  modes: [{name: low, clock_hz: 5e8}, {name: high, clock_hz: "      \
    "1e9}]\n  figures:\n"
#define OF_MODES "    - {figure: modes, origin: published, source: s}\n"

static void planning_is_read(void **state)
{
    spot_platform *p = NULL;
    spot_coinfer_computer c;
    spot_diag diag = {""};

    (void)state;
    put(PLANNING MODES MORE OF_MODES);
    assert_int_equal(spot_platform_load(path, NULL, &p, &diag), SPOT_OK);
    assert_true(spot_platform_has_planning(p));
    assert_int_equal(spot_platform_class_count(p), 0);
    assert_int_equal(spot_platform_computer(p, NULL, &c, &diag), SPOT_OK);
    assert_int_equal(c.n_clock, 2);
    assert_true(c.clocks_hz[0] == 5e8 && c.clocks_hz[1] == 1e9 && c.flop_per_cycle == 32.0);
    assert_true(c.power_w_per_hz3 == 2e-29 && c.idle_w == 1.0 && c.pue == 1.0);
    assert_int_equal(spot_platform_computer(p, "high", &c, &diag), SPOT_OK);
    assert_int_equal(c.n_clock, 1);
    assert_true(c.clocks_hz[0] == 1e9);
    assert_int_equal(spot_platform_computer(p, "high,low", &c, &diag), SPOT_OK);
    assert_int_equal(c.n_clock, 2);
    assert_string_equal(spot_platform_mode(p, 5e8), "low");
    assert_null(spot_platform_mode(p, 6e8));
    assert_int_equal(spot_platform_computer(p, "hi", &c, &diag), SPOT_E_NOT_FOUND);
    assert_non_null(strstr(diag.text, "low, high"));
    assert_int_equal(spot_platform_computer(p, "", &c, &diag), SPOT_E_NOT_FOUND);
    assert_string_equal(spot_platform_figure_at(p, 4)->figure, "modes");
    assert_null(spot_platform_figure_at(p, 5));
    spot_platform_destroy(p);
    (void)unlink(path);
}

static void planning_that_makes_no_sense_is_refused(void **state)
{
    static const struct {
        const char *text, *words;
    } wrong[] = {
        {"name: p\ndescription: d\n", "neither classes nor planning"},
        {PLANNING MODES MORE, "modes has no source"},
        {PLANNING "  clock_max_hz: 1e9\n" MODES MORE OF_MODES, "expected one"},
        {PLANNING "  power_w_per_hz3: 2e-29\n  figures:\n" MORE, "has 0 of clock_max_hz"},
        {PLANNING "  power_w_per_hz3: 2e-29\n  clock_max_hz: 2000\n  figures:\n" MORE
                  "    - {figure: clock_max_hz, origin: published, source: s}\n",
         "is it in MHz?"},
        {PLANNING "  power_w_per_hz3: 2e-2\n  clock_max_hz: 2e9\n  figures:\n" MORE
                  "    - {figure: clock_max_hz, origin: published, source: s}\n",
         "W / GHz^3"},
        {PLANNING
         "  power_w_per_hz3: 2e-29\n  modes: [{name: a, clock_hz: 1e9}, {name: a, clock_hz: 2e9}]\n"
         "  figures:\n" MORE OF_MODES,
         "mode a stands twice"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        spot_platform *p = NULL;
        spot_diag diag = {""};

        put(wrong[i].text);
        const spot_status st = spot_platform_load(path, NULL, &p, &diag);
        assert_null(p);
        assert_refused(st, &diag, wrong[i].words);
    }
}

static void shipped_files_load_and_draw_their_boards_power(void **state)
{
    static const struct {
        const char *name;
        double most_w; /* at the largest clock */
    } platforms[] = {{"rtx-3090", 350.0},    {"rtx-4070", 200.0},   {"rtx-6000-ada", 300.0},
                     {"xeon-r740", 300.0},   {"paper-agent", 0.16}, {"paper-server", 100.0},
                     {"agx-orin-64gb", 41.1}};
    static const char *const models[] = {"blip2-like", "git-like"};
    const double digits = 2e-3; /* four digits of psi, three of the fit */
    char name[512];

    (void)state;
    for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++) {
        spot_platform *p = NULL;
        spot_coinfer_computer c;
        spot_diag diag = {""};

        (void)snprintf(name, sizeof(name), SPOT_SOURCE_DIR "/platforms/%s.yaml", platforms[i].name);
        if (spot_platform_load(name, NULL, &p, &diag) != SPOT_OK) {
            fail_msg("%s", diag.text);
        }
        assert_int_equal(spot_platform_computer(p, NULL, &c, &diag), SPOT_OK);
        const double hz = c.n_clock > 0 ? c.clocks_hz[c.n_clock - 1] : c.clock_max_hz;
        assert_close(c.idle_w + c.power_w_per_hz3 * hz * hz * hz, platforms[i].most_w, 0.0, digits);
        spot_platform_destroy(p);
    }
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        spot_plan_model m;
        spot_diag diag = {""};

        (void)snprintf(name, sizeof(name), SPOT_SOURCE_DIR "/models/%s.yaml", models[i]);
        if (spot_plan_model_load(name, &m, &diag) != SPOT_OK) {
            fail_msg("%s", diag.text);
        }
        assert_non_null(strstr(m.source, "assumed"));
    }
    spot_plan_model measured;
    assert_int_equal(spot_plan_model_load(SPOT_SOURCE_DIR "/models/fcdnn-16.yaml", &measured, NULL),
                     SPOT_OK);
    assert_int_equal(measured.n_split, 4);
    assert_int_equal(measured.origin, SPOT_ORIGIN_MEASURED);
    for (int i = 0; i < 4; i++) { /* two FLOP a weight and digit */
        assert_true(measured.split[i].agent_flop == 2.0 * measured.split[i].agent_parameters);
        assert_true(measured.split[i].agent_flop + measured.split[i].server_flop == 2.0 * 62080.0);
        assert_int_equal(measured.split[i].n_feature, i < 3 ? 4 : 0);
    }
    spot_plan_link link;
    assert_int_equal(spot_plan_link_load(SPOT_SOURCE_DIR "/links/wlan-5ghz.yaml", &link, NULL),
                     SPOT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_are_read),
        cmocka_unit_test(models_that_make_no_sense_are_refused),
        cmocka_unit_test(links_are_read_or_refused),
        cmocka_unit_test(planning_is_read),
        cmocka_unit_test(planning_that_makes_no_sense_is_refused),
        cmocka_unit_test(shipped_files_load_and_draw_their_boards_power),
    };

    return cmocka_run_group_tests_name("lab.plan_files", tests, NULL, NULL);
}
