/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a problem must be before it is planned, and what its words are called. */
#include <math.h>
#include <string.h>

#include "core/base/config.h"
#include "core/coinfer/coinfer.h"
#include "core/coinfer/plan.h"

/* Below this a clock of a computer is a slip of unit: no processor that infers runs at 100 kHz. */
static const double CLOCK_SLOWEST_HZ = 1e5;
static const double CLOCK_FASTEST_HZ = 1e11;

static const char *const STAGES[SPOT_COINFER_STAGES_MAX] = {"agent", "server", "cloud"};

void spot_coinfer_problem_default(spot_coinfer_problem *problem)
{
    if (problem == NULL) {
        return;
    }
    const spot_coinfer_computer agent = {
        .clock_max_hz = 2e9, .flop_per_cycle = 32.0, .power_w_per_hz3 = 2e-29, .pue = 1.0};
    const spot_coinfer_computer server = {
        .clock_max_hz = 1e10, .flop_per_cycle = 128.0, .power_w_per_hz3 = 1e-28, .pue = 2.0};
    const spot_coinfer_link link = {.bandwidth_bit_s = 1e8, .latency_s = 0.005, .radio_w = 0.1};

    memset(problem, 0, sizeof(*problem));
    problem->size = sizeof(*problem);
    problem->n_stage = 2;
    problem->computer[0] = agent;
    problem->computer[1] = problem->computer[2] = server;
    problem->link[0] = problem->link[1] = link;
    problem->full_bits = 16;
    problem->lambda = 1.0;
}

static spot_status refuse(spot_diag *diag, int stage, const char *field, double value,
                          const char *expected)
{
    return spot_diag_set(diag, SPOT_E_RANGE, "%s: %s is %g, expected %s", STAGES[stage], field,
                         value, expected);
}

/* A clock > 0, or >= 0 for a floor. */
static spot_status check_clock(spot_diag *diag, int stage, const char *field, double hz,
                               bool may_be_zero)
{
    if (may_be_zero && hz == 0.0) {
        return SPOT_OK;
    }
    if (!spoti_positive(hz)) {
        return refuse(diag, stage, field, hz, may_be_zero ? "0 or more, Hz" : "more than 0, Hz");
    }
    if (hz < CLOCK_SLOWEST_HZ) {
        return refuse(diag, stage, field, hz,
                      hz < 100.0 ? "Hz, 1e5 or more (is it in GHz?)"
                                 : "Hz, 1e5 or more (is it in MHz?)");
    }
    if (hz > CLOCK_FASTEST_HZ) {
        return refuse(diag, stage, field, hz, "Hz, at most 1e11");
    }
    return SPOT_OK;
}

static spot_status check_clocks(const spot_coinfer_computer *c, int stage, spot_diag *diag)
{
    spot_status st = SPOT_OK;

    if (c->n_clock < 0 || c->n_clock > SPOT_COINFER_CLOCKS_MAX) {
        return refuse(diag, stage, "the number of clocks", c->n_clock, "0..32");
    }
    for (int i = 0; st == SPOT_OK && i < c->n_clock; i++) {
        st = check_clock(diag, stage, "clocks_hz", c->clocks_hz[i], false);
    }
    if (st != SPOT_OK || c->n_clock > 0) {
        return st;
    }
    st = check_clock(diag, stage, "clock_max_hz", c->clock_max_hz, false);
    if (st == SPOT_OK) {
        st = check_clock(diag, stage, "clock_min_hz", c->clock_min_hz, true);
    }
    if (st == SPOT_OK && c->clock_min_hz > c->clock_max_hz) {
        st = refuse(diag, stage, "clock_min_hz", c->clock_min_hz, "at most clock_max_hz");
    }
    return st;
}

static bool is_not_negative(double x)
{
    return isfinite(x) && x >= 0.0;
}

static spot_status check_computer(const spot_coinfer_computer *c, int stage, spot_diag *diag)
{
    const spot_status st = check_clocks(c, stage, diag);

    if (st != SPOT_OK) {
        return st;
    }
    if (!spoti_positive(c->flop_per_cycle)) {
        return refuse(diag, stage, "flop_per_cycle", c->flop_per_cycle, "more than 0");
    }
    if (!is_not_negative(c->power_w_per_hz3)) {
        return refuse(diag, stage, "power_w_per_hz3", c->power_w_per_hz3, "0 or more");
    }
    if (c->power_w_per_hz3 > 0.0 && !(c->power_w_per_hz3 * pow(spoti_clock_max(c), 3.0) < 1e7)) {
        return refuse(diag, stage, "power_w_per_hz3", c->power_w_per_hz3,
                      "less than 10 MW at the largest clock (W / Hz^3, not W / GHz^3)");
    }
    if (!is_not_negative(c->idle_w)) {
        return refuse(diag, stage, "idle_w", c->idle_w, "0 or more, W");
    }
    if (!(isfinite(c->pue) && c->pue >= 1.0)) {
        return refuse(diag, stage, "pue", c->pue, "1 or more");
    }
    return SPOT_OK;
}

static spot_status check_hop(const spot_coinfer_problem *p, int i, spot_diag *diag)
{
    const spot_coinfer_link *link = &p->link[i];

    if (!is_not_negative(p->hop_bits[i])) {
        return refuse(diag, i, "uplink_bits", p->hop_bits[i], "0 or more");
    }
    if (!spoti_positive(link->bandwidth_bit_s)) {
        return refuse(diag, i, "bandwidth_bit_s of the link", link->bandwidth_bit_s,
                      "more than 0, bit/s");
    }
    if (!is_not_negative(link->latency_s)) {
        return refuse(diag, i, "latency_s of the link", link->latency_s, "0 or more, s");
    }
    if (!is_not_negative(link->radio_w)) {
        return refuse(diag, i, "radio_w of the link", link->radio_w, "0 or more, W");
    }
    return SPOT_OK;
}

static spot_status check_bits(const spot_coinfer_problem *p, spot_diag *diag)
{
    if (p->full_bits < 1 || p->full_bits > SPOT_COINFER_MAX_BITS) {
        return spot_diag_set(diag, SPOT_E_RANGE, "full_bits is %d, expected 1..%d", p->full_bits,
                             SPOT_COINFER_MAX_BITS);
    }
    if (p->n_bits < 0 || p->n_bits > SPOT_COINFER_MAX_BITS) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%d bit-widths, expected 0..%d", p->n_bits,
                             SPOT_COINFER_MAX_BITS);
    }
    for (int i = 0; i < p->n_bits; i++) {
        const int after = i > 0 ? p->bits[i - 1] : 0;

        if (p->bits[i] <= after || p->bits[i] > p->full_bits) {
            return spot_diag_set(diag, SPOT_E_RANGE,
                                 "bits: %d, expected rising ones from %d to full_bits, %d",
                                 p->bits[i], after + 1, p->full_bits);
        }
    }
    return SPOT_OK;
}

static spot_status check_budgets(const spot_coinfer_problem *p, spot_diag *diag)
{
    if (!spoti_positive(p->lambda)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "lambda is %g, expected more than 0", p->lambda);
    }
    if (!spoti_positive(p->max_delay_s)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "the delay budget is %g, expected more than 0 s",
                             p->max_delay_s);
    }
    if (!spoti_positive(p->max_energy_j)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "the energy budget is %g, expected more than 0 J",
                             p->max_energy_j);
    }
    if (spot_coinfer_objective_str(p->objective) == NULL ||
        (p->prefer != SPOT_COINFER_PREFER_ENERGY && p->prefer != SPOT_COINFER_PREFER_DELAY)) {
        return spot_diag_set(diag, SPOT_E_INVALID, "no such objective or preference");
    }
    return SPOT_OK;
}

spot_status spot_coinfer_problem_check(const spot_coinfer_problem *problem, spot_diag *diag)
{
    spot_status st = SPOTI_CONFIG_CHECK(spot_coinfer_problem, problem, diag);

    if (st == SPOT_OK && (problem->n_stage < 1 || problem->n_stage > SPOT_COINFER_STAGES_MAX)) {
        st = spot_diag_set(diag, SPOT_E_RANGE, "%d stages, expected 1..%d", problem->n_stage,
                           SPOT_COINFER_STAGES_MAX);
    }
    if (st == SPOT_OK) {
        st = check_bits(problem, diag);
    }
    if (st == SPOT_OK) {
        st = check_budgets(problem, diag);
    }
    for (int i = 0; st == SPOT_OK && i < problem->n_stage; i++) {
        st = check_computer(&problem->computer[i], i, diag);
        if (st == SPOT_OK && !is_not_negative(problem->flop[i])) {
            st = refuse(diag, i, "flop", problem->flop[i], "0 or more");
        }
        if (st == SPOT_OK && i + 1 < problem->n_stage) {
            st = check_hop(problem, i, diag);
        }
    }
    return st;
}

const char *spot_coinfer_objective_str(spot_coinfer_objective objective)
{
    static const char *const names[] = {"lloyd", "verdu", "additive", "gap"};
    const size_t i = (size_t)objective;

    return i < sizeof(names) / sizeof(names[0]) ? names[i] : NULL;
}

const char *spot_coinfer_binds_str(spot_coinfer_binds binds)
{
    static const char *const names[] = {"bits", "delay", "energy", "either", "both"};
    const size_t i = (size_t)binds;

    return i < sizeof(names) / sizeof(names[0]) ? names[i] : NULL;
}
