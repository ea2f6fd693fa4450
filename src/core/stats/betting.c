/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Test by betting: a gambler stakes the share l of his wealth on "the next difference is above 0",
 * so that d multiplies it by 1 + l d. If the mean of d is at most 0 whatever came before, the
 * wealth of any such gambler, and of any mixture of gamblers, is a supermartingale that starts at
 * 1; by Ville's inequality it ever reaches 1 / a with probability at most a (Waudby-Smith and
 * Ramdas 2024).
 *
 * The uniform mixture over l in (0, 1) is the integral of a polynomial in l, and N = 64
 * Gauss-Legendre nodes are exact up to degree 127. Beyond, they are a mixture with positive weights
 * still, so the bound holds all the same. Wealth is kept as a logarithm, which neither overflows
 * nor underflows.
 */
#include <math.h>
#include <stddef.h>

#include "spot/stats_race.h"

/* A gambler's share of wealth, and his part of the mixture. */
typedef struct gambler {
    double stake;
    double weight;
} gambler;

/* The nodes below 1/2; node 63 - i is 1 - node i, with the same weight. */
static const gambler NODE[SPOT_STATS_N_BET / 2] = {
    {3.47479132113930272e-4, 8.91640360848216474e-4},
    {1.82994161402236033e-3, 2.07351663028123382e-3},
    {4.49331426162783963e-3, 3.25222898448918143e-3},
    {8.33187305768702153e-3, 4.42337991318197386e-3},
    {1.33365861050445181e-2, 5.58406973006556441e-3},
    {1.94956001739731405e-2, 6.73152394835932130e-3},
    {2.67943125707985920e-2, 7.86301523801235966e-3},
    {3.52154139340302121e-2, 8.97585788784867154e-3},
    {4.47389314607485971e-2, 1.00674115767651047e-2},
    {5.53422770024429471e-2, 1.11350869041916271e-2},
    {6.70003009229535901e-2, 1.21763512843554367e-2},
    {7.96853518737098186e-2, 1.31887348575273293e-2},
    {9.33673424386012201e-2, 1.41698363071297416e-2},
    {1.08013820528329296e-1, 1.51173285362012394e-2},
    {1.23590046369734052e-1, 1.60289641774257768e-2},
    {1.40059074914194587e-1, 1.69025809185708047e-2},
    {1.57381843472883379e-1, 1.77361066284411919e-2},
    {1.75517264372671330e-1, 1.85275642701200230e-2},
    {1.94422322413803375e-1, 1.92750765893078146e-2},
    {2.14052176898682983e-1, 1.99768705663601707e-2},
    {2.34360267990052727e-1, 2.06312816213117643e-2},
    {2.55298427146473521e-1, 2.12367575618267945e-2},
    {2.76816991373267956e-1, 2.17918622646617267e-2},
    {2.98864921018004198e-1, 2.22952790818782815e-2},
    {3.21389920831165942e-1, 2.27458139637090722e-2},
    {3.44338564004894522e-1, 2.31423982906572086e-2},
    {3.67656418895616292e-1, 2.34840914081050087e-2},
    {3.91288178129996458e-1, 2.37700828574151543e-2},
    {4.15177789788003591e-1, 2.39996942982291539e-2},
    {4.39268590351939723e-1, 2.41723811174014786e-2},
    {4.63503439106100480e-1, 2.42877337207517135e-2},
    {4.87824853668287784e-1, 2.43454785045698602e-2},
};

/* A handful of stakes that cover small and large effects, all of the same weight. */
static const double GRID[] = {.02, .05, .1, .2, .35, .5, .7, .9};
enum { N_GRID = sizeof(GRID) / sizeof(GRID[0]) };

static int n_gambler(spot_stats_mixture mixture)
{
    return mixture == SPOT_STATS_MIXTURE_GRID ? N_GRID : SPOT_STATS_N_BET;
}

static gambler gambler_at(spot_stats_mixture mixture, int i)
{
    if (mixture == SPOT_STATS_MIXTURE_GRID) {
        return (gambler){GRID[i], 1.0 / N_GRID};
    }
    if (i < SPOT_STATS_N_BET / 2) {
        return NODE[i];
    }
    gambler mirror = NODE[SPOT_STATS_N_BET - 1 - i];
    return (gambler){1.0 - mirror.stake, mirror.weight};
}

spot_status spot_stats_bet_init(spot_stats_bet *bet, spot_stats_mixture mixture)
{
    if (bet == NULL) {
        return SPOT_E_INVALID;
    }
    if (mixture != SPOT_STATS_MIXTURE_UNIFORM && mixture != SPOT_STATS_MIXTURE_GRID) {
        return SPOT_E_RANGE;
    }
    *bet = (spot_stats_bet){.mixture = mixture};
    return SPOT_OK;
}

spot_status spot_stats_bet_add(spot_stats_bet *bet, double difference)
{
    if (bet == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(difference >= -1.0) || isinf(difference)) {
        return SPOT_E_RANGE;
    }
    for (int i = 0; i < n_gambler(bet->mixture); i++) {
        bet->log_wealth[i] += log1p(gambler_at(bet->mixture, i).stake * difference);
    }
    bet->n++;
    return SPOT_OK;
}

spot_status spot_stats_bet_log_e(const spot_stats_bet *bet, double *log_e)
{
    if (bet == NULL || log_e == NULL) {
        return SPOT_E_INVALID;
    }
    /* relative to the richest, so that no power overflows */
    double most = bet->log_wealth[0];
    for (int i = 1; i < n_gambler(bet->mixture); i++) {
        most = fmax(most, bet->log_wealth[i]);
    }
    double sum = 0.0;
    for (int i = 0; i < n_gambler(bet->mixture); i++) {
        sum += gambler_at(bet->mixture, i).weight * exp(bet->log_wealth[i] - most);
    }
    *log_e = most + log(sum);
    return SPOT_OK;
}

spot_status spot_stats_mean_log_e(const double *log_e, int n, double *mean)
{
    if (log_e == NULL || mean == NULL) {
        return SPOT_E_INVALID;
    }
    if (n < 1) {
        return SPOT_E_RANGE;
    }
    double most = log_e[0];
    for (int i = 0; i < n; i++) {
        if (!isfinite(log_e[i])) {
            return SPOT_E_RANGE;
        }
        most = fmax(most, log_e[i]);
    }
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        sum += exp(log_e[i] - most);
    }
    *mean = most + log(sum / n);
    return SPOT_OK;
}
