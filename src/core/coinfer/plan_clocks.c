/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The inner problem of a plan: clocks of the least energy in a time, or of the least delay for an
 * energy, at given bits.
 *
 *     T(f) = T_hop + sum C_i / f_i        E(f) = E_hop + sum w_i C_i f_i^2 + P T(f)
 *
 * Both are convex in 1 / f, so what is least in one for given other minimises
 * sum w_i C_i f_i^2 + nu sum C_i / f_i for some price of time nu >= P (P: idle power, which is paid
 * anyway). That falls apart by stage: f_i = (nu / 2 w_i)^(1/3), clipped to what the computer has. With
 * x = nu^(1/3) and k_i = (2 w_i)^(1/3) all clocks are f_i = clip(x / k_i): one line through all best
 * choices, from x = P^(1/3) (least energy of all) to infinity (least delay), on which T falls and E
 * rises. A clock meets its ends at k_i f_min and k_i f_max; between two such points, with A the stages
 * that are not clipped there,
 *
 *     T(x) = T_clipped + (sum_A C_i k_i) / x
 *     E(x) = E_clipped + x^2 sum_A w_i C_i / k_i^2 + P (sum_A C_i k_i) / x
 *
 * the first of which is solved for x at once, the second (convex, rising) by Newton's steps from the
 * right, or at once without idle power. A list of clocks is a range of one point, tried in turn.
 */
#include <math.h>

#include "core/coinfer/plan.h"

typedef struct range {
    double lo, hi;
} range;

/* A problem of which each clock has one range. */
typedef struct box {
    const spoti_load *load;
    range clock[SPOT_COINFER_STAGES_MAX];
} box;

enum { POINTS_MAX = 2 * SPOT_COINFER_STAGES_MAX };

/* A stretch of the line on which the same clocks are clipped. */
typedef struct stretch {
    double from, to;
} stretch;

static double clock_at(const box *b, int i, double x)
{
    const range *r = &b->clock[i];
    const double k = b->load->scale[i];

    if (b->load->cycles[i] <= 0.0) {
        return r->hi; /* it does nothing, whatever its clock */
    }
    return k > 0.0 ? fmin(r->hi, fmax(r->lo, x / k)) : r->hi;
}

static spoti_clocks clocks_at(const box *b, double x)
{
    const spoti_load *load = b->load;
    spoti_clocks c = {.delay_s = load->fixed_s, .energy_j = load->fixed_j};

    for (int i = 0; i < load->n; i++) {
        c.hz[i] = clock_at(b, i, x);
        if (load->cycles[i] > 0.0) {
            c.delay_s += load->cycles[i] / c.hz[i];
            c.energy_j += load->weight[i] * load->cycles[i] * c.hz[i] * c.hz[i];
        }
    }
    if (load->idle_w > 0.0) {
        c.energy_j += load->idle_w * c.delay_s;
    }
    return c;
}

/* Where clocks meet their ends beyond `from`, rising. Returns their number. */
static int points_of(const box *b, double from, double points[POINTS_MAX])
{
    int n = 0;

    for (int i = 0; i < 2 * b->load->n; i++) {
        const range *r = &b->clock[i / 2];
        const double x = b->load->scale[i / 2] * (i % 2 == 0 ? r->lo : r->hi);
        int at = n;

        if (!(x > from)) {
            continue;
        }
        while (at > 0 && points[at - 1] > x) {
            points[at] = points[at - 1];
            at--;
        }
        points[at] = x;
        n++;
    }
    return n;
}

/* Whether the clock of stage i follows x on the whole stretch. */
static bool follows(const box *b, int i, const stretch *s)
{
    const double k = b->load->scale[i];

    return b->load->cycles[i] > 0.0 && k > 0.0 && k * b->clock[i].lo <= s->from &&
           k * b->clock[i].hi >= s->to;
}

/* x on the stretch where T(x) = budget, which is between its ends' delays. */
static double solve_delay(const box *b, const stretch *s, double budget_s)
{
    double clipped = b->load->fixed_s;
    double sum = 0.0;

    for (int i = 0; i < b->load->n; i++) {
        if (follows(b, i, s)) {
            sum += b->load->cycles[i] * b->load->scale[i];
        } else if (b->load->cycles[i] > 0.0) {
            clipped += b->load->cycles[i] / clock_at(b, i, s->to);
        }
    }
    const double x = budget_s > clipped ? sum / (budget_s - clipped) : s->to;
    return fmin(s->to, fmax(s->from, x));
}

/* x on the stretch where E(x) = budget: s->from satisfies it, s->to does not. */
static double solve_energy(const box *b, const stretch *s, double budget_j)
{
    const int steps_max = 100; /* Newton's steps on a convex function from the right only fall */
    const double idle_w = b->load->idle_w;
    double square = 0.0;                /* coefficient of x^2 */
    double inverse = 0.0;               /* of 1 / x */
    double constant = b->load->fixed_j; /* less the budget */
    double clipped_s = b->load->fixed_s;
    double x = s->to;

    for (int i = 0; i < b->load->n; i++) {
        const double k = b->load->scale[i];
        const double wc = b->load->weight[i] * b->load->cycles[i];

        if (follows(b, i, s)) {
            square += wc / (k * k);
            inverse += idle_w * b->load->cycles[i] * k;
        } else if (b->load->cycles[i] > 0.0) {
            const double f = clock_at(b, i, s->to);

            constant += wc * f * f;
            clipped_s += b->load->cycles[i] / f;
        }
    }
    constant += idle_w > 0.0 ? idle_w * clipped_s : 0.0;
    constant -= budget_j;
    if (!(inverse > 0.0)) {
        x = square > 0.0 ? sqrt(fmax(0.0, -constant / square)) : s->from;
        return fmin(s->to, fmax(s->from, x));
    }
    for (int i = 0; i < steps_max; i++) {
        const double value = square * x * x + inverse / x + constant;
        const double slope = 2.0 * square * x - inverse / (x * x);
        const double next = slope > 0.0 ? x - value / slope : s->from;

        if (!(next < x)) {
            break;
        }
        x = fmax(s->from, next);
    }
    return x;
}

static bool box_least_energy(const box *b, double budget_s, spoti_clocks *out)
{
    double points[POINTS_MAX];
    stretch s = {.from = cbrt(b->load->idle_w)};
    const int n = points_of(b, s.from, points);

    *out = clocks_at(b, s.from);
    if (spoti_within(out->delay_s, budget_s)) {
        return true;
    }
    for (int i = 0; i < n; i++) {
        s.to = points[i];
        *out = clocks_at(b, s.to);
        if (spoti_within(out->delay_s, budget_s)) {
            *out = clocks_at(b, solve_delay(b, &s, budget_s));
            return true;
        }
        s.from = s.to;
    }
    return false;
}

static bool box_least_delay(const box *b, double budget_j, spoti_clocks *out)
{
    double points[POINTS_MAX];
    stretch s = {.from = cbrt(b->load->idle_w)};
    const int n = points_of(b, s.from, points);

    *out = clocks_at(b, s.from);
    if (!spoti_within(out->energy_j, budget_j)) {
        return false;
    }
    for (int i = 0; i < n; i++) {
        s.to = points[i];

        const spoti_clocks at_end = clocks_at(b, s.to);

        if (!spoti_within(at_end.energy_j, budget_j)) {
            *out = clocks_at(b, solve_energy(b, &s, budget_j));
            return true;
        }
        *out = at_end;
        s.from = s.to;
    }
    return true;
}

typedef bool box_fn(const box *b, double budget, spoti_clocks *out);

/* Keeps the better one: by delay or by energy, the other of which breaks ties. */
static void keep_better(const spoti_clocks *c, bool by_delay, bool *found, spoti_clocks *best)
{
    const double gain = by_delay ? best->delay_s - c->delay_s : best->energy_j - c->energy_j;
    const double other = by_delay ? best->energy_j - c->energy_j : best->delay_s - c->delay_s;

    if (!*found || gain > 0.0 || (gain >= 0.0 && other > 0.0)) {
        *best = *c;
        *found = true;
    }
}

/* The next choice, as a counter counts; a range has one. False after the last. */
static bool next_choice(const spot_coinfer_problem *problem, int choice[SPOT_COINFER_STAGES_MAX])
{
    for (int i = 0; i < problem->n_stage; i++) {
        if (++choice[i] < problem->computer[i].n_clock) {
            return true;
        }
        choice[i] = 0;
    }
    return false;
}

/* The ranges of one choice from lists. Returns whether all clocks are chosen. */
static bool choose(const spot_coinfer_problem *problem, const int choice[SPOT_COINFER_STAGES_MAX],
                   box *b)
{
    bool all = true;

    for (int i = 0; i < problem->n_stage; i++) {
        const spot_coinfer_computer *c = &problem->computer[i];
        const double one = c->clocks_hz[choice[i]];

        b->clock[i] =
            c->n_clock > 0 ? (range){one, one} : (range){c->clock_min_hz, c->clock_max_hz};
        all = all && c->n_clock > 0;
    }
    return all;
}

/* Tries each choice from lists of clocks. */
static bool best_of_boxes(const spot_coinfer_problem *problem, const spoti_load *load,
                          double budget, box_fn *solve, bool by_delay, spoti_clocks *best)
{
    box b = {.load = load};
    int choice[SPOT_COINFER_STAGES_MAX] = {0};
    bool found = false;

    do {
        spoti_clocks c;
        bool is_within = false;

        if (choose(problem, choice, &b)) { /* nothing to solve */
            c = clocks_at(&b, 0.0);
            is_within = spoti_within(by_delay ? c.energy_j : c.delay_s, budget);
        } else {
            is_within = solve(&b, budget, &c);
        }
        if (is_within) {
            keep_better(&c, by_delay, &found, best);
        }
    } while (next_choice(problem, choice));
    return found;
}

bool spoti_clocks_least_energy(const spot_coinfer_problem *problem, const spoti_load *load,
                               double budget_s, spoti_clocks *best)
{
    return best_of_boxes(problem, load, budget_s, box_least_energy, false, best);
}

bool spoti_clocks_least_delay(const spot_coinfer_problem *problem, const spoti_load *load,
                              double budget_j, spoti_clocks *best)
{
    return best_of_boxes(problem, load, budget_j, box_least_delay, true, best);
}
