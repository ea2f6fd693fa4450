/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Plans from files: a model, the computers it may run on, the links between them, and budgets.
 *
 * What coinfer_plan.h plans is one split of a model over given computers. Here are the files that
 * describe them (docs/plan.md has every key with its unit), and the choice between splits, widths of the
 * features that are sent, and servers: the feasible plan of the least output distortion
 *
 *     H n D(b) + F        n parameters on the agent, H calibrated by running the model, F measured
 *
 * A model that was not calibrated has one split; its plans compare by the distortion of weights.
 *
 *     spot_plan_model_load("models/blip2-like.yaml", &model, &diag);
 *     spot_plan_config_default(&config);
 *     config.model = &model;  config.agent = agent;  config.servers[0] = server;  config.n_server = 1;
 *     config.max_delay_s = 3.5;  config.max_energy_j = 2.0;
 *     spot_plan_make(&config, SPOT_COINFER_EXACT_PLAN, NULL, &result, &diag);
 */
#ifndef SPOT_PLAN_H
#define SPOT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/coinfer_plan.h"
#include "spot/platform.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_PLAN_NAME_SIZE = 64,
    SPOT_PLAN_SOURCE_SIZE = 256,
    SPOT_PLAN_SPLITS_MAX = 32,
    SPOT_PLAN_FEATURES_MAX = 8, /* widths of what is sent, of one split */
    SPOT_PLAN_SERVERS_MAX = 4,
};

/* What is sent at one width. */
typedef struct spot_plan_feature {
    int bits;           /* 1..32 a number */
    double uplink_bits; /* all of them */
    double distortion;  /* F: of the output, measured; 0 = not */
} spot_plan_feature;

/* One way to cut a model. */
typedef struct spot_plan_split {
    char name[SPOT_PLAN_NAME_SIZE];
    double agent_flop, server_flop, cloud_flop; /* of one inference; 0 = that part is empty */
    double uplink_bits, backhaul_bits;          /* agent to server, server to cloud */
    double agent_parameters;                    /* n; 0 = not given */
    double lambda;                              /* of the agent's weights */
    double output_per_parameter;                /* H; 0 = not calibrated */
    int n_feature;                              /* 0 = uplink_bits is the only width */
    spot_plan_feature feature[SPOT_PLAN_FEATURES_MAX];
} spot_plan_split;

typedef struct spot_plan_model {
    char name[SPOT_PLAN_NAME_SIZE];
    char description[SPOT_PLAN_SOURCE_SIZE];
    spot_origin origin;
    char source[SPOT_PLAN_SOURCE_SIZE];
    char lambda_source[SPOT_PLAN_SOURCE_SIZE]; /* `given`, or the weights it was fitted to */
    int full_bits;                             /* b0 */
    int n_split;
    spot_plan_split split[SPOT_PLAN_SPLITS_MAX];
} spot_plan_model;

/* Loads a model file (YAML). Weights that it names are read, relative to it, for lambda. Returns SPOT_OK,
 * E_INVALID, E_IO, E_FORMAT (diag says file:line), E_NOMEM. */
SPOT_API spot_status spot_plan_model_load(const char *path, spot_plan_model *model,
                                          spot_diag *diag);

/* A model of weights alone (safetensors): lambda over all of its tensors that can be fitted, the number of
 * parameters, one split without work. Returns SPOT_OK, E_INVALID, E_FORMAT (also: nothing to fit), E_IO,
 * E_NOMEM. */
SPOT_API spot_status spot_plan_model_weights(const char *path, spot_plan_model *model,
                                             spot_diag *diag);

/* A network link from a file (YAML). Returns as spot_plan_model_load. */
typedef struct spot_plan_link {
    char name[SPOT_PLAN_NAME_SIZE];
    char description[SPOT_PLAN_SOURCE_SIZE];
    spot_coinfer_link link;
    int n_figure;
    spot_platform_figure figure[SPOT_PLATFORM_FIGURES_MAX];
} spot_plan_link;

SPOT_API spot_status spot_plan_link_load(const char *path, spot_plan_link *link, spot_diag *diag);

/* What is planned. All pointers are borrowed during the calls. */
typedef struct spot_plan_config {
    size_t size;                  /* of this struct, set by its default function; else E_INVALID */
    const spot_plan_model *model; /* needed */
    const spot_platform *agent;   /* needed */
    const char *modes;            /* of the agent, as in spot_platform_computer; NULL = all */
    const spot_platform *servers[SPOT_PLAN_SERVERS_MAX]; /* (n_server) */
    const spot_plan_link *links[SPOT_PLAN_SERVERS_MAX]; /* (n_link) to the server of the same place;
                                                         * none: sending takes no time nor energy */
    int n_server, n_link;            /* 0..4; n_link is 0 or n_server; default 0 */
    const char *split;               /* name of the only one to try; NULL = all, the default */
    int bits[SPOT_COINFER_MAX_BITS]; /* (n_bits) rising: what the hardware can; default none: all */
    int n_bits;
    double max_delay_s, max_energy_j; /* > 0 */
    spot_coinfer_objective objective; /* default lloyd */
    spot_coinfer_prefer prefer;       /* default energy */
} spot_plan_config;

/* The plan of one choice of split, feature width and servers. */
typedef struct spot_plan_choice {
    int i_split, i_feature; /* i_feature -1: the split's only width */
    int server[2]; /* which do the server's and the cloud's part; -1 = that part is empty */
    spot_coinfer_problem problem;
    spot_coinfer_outcome outcome;
    double bits_continuous;   /* what exact bits would be if they were real; 0 = none */
    double output_distortion; /* H n D + F; 0 if the model is not calibrated */
    bool tried;               /* false: the scheme cannot plan it (three computers) */
} spot_plan_choice;

enum { SPOT_PLAN_CHOICES_MAX = 1024 };

typedef struct spot_plan_result {
    bool calibrated;
    int n_choice;
    int best; /* the best feasible one; if none is, the one whose least energy is nearest */
    spot_plan_choice *choice; /* (n_choice) */
} spot_plan_result;

SPOT_API void spot_plan_config_default(spot_plan_config *config);

/* Plans every choice by a scheme (`scheme_config` NULL = its default) and picks the best: feasible, least
 * output distortion (of weights, where not calibrated), then what is preferred. For `ppo` without a policy, one
 * is trained for each choice, some seconds each. Ownership: on success the caller frees
 * result->choice by spot_plan_result_free.
 * Returns SPOT_OK (feasible or not), E_INVALID, E_RANGE and E_FORMAT (diag: what, expected), E_NOT_FOUND (a
 * split, a mode), E_NOMEM. */
SPOT_API spot_status spot_plan_make(const spot_plan_config *config, spot_coinfer_scheme scheme,
                                    const spot_coinfer_scheme_config *scheme_config,
                                    spot_plan_result *result, spot_diag *diag);
SPOT_API void spot_plan_result_free(spot_plan_result *result);

/* ---- sweeps: one budget varies, every scheme plans ---- */

enum { SPOT_PLAN_BUDGETS_MAX = 1000 };

typedef enum spot_plan_budget {
    SPOT_PLAN_BUDGET_DELAY = 0,
    SPOT_PLAN_BUDGET_ENERGY = 1,
} spot_plan_budget;

typedef struct spot_plan_sweep_config {
    size_t size; /* of this struct, set by its default function; else E_INVALID */
    spot_plan_budget budget;
    double from, to, step;             /* s or J, > 0; to >= from; at most 1000 budgets */
    bool scheme[SPOT_COINFER_SCHEMES]; /* which plan; default all */
    const spot_coinfer_scheme_config *scheme_config; /* NULL = its default */
} spot_plan_sweep_config;

/* A scheme at a budget. Where it found no plan, only `feasible` is meant. */
typedef struct spot_plan_sweep_row {
    double budget; /* s or J */
    bool tried;    /* false: the scheme is not wanted or cannot plan this */
    bool feasible;
    double bits; /* mean of the draws for `random` */
    double objective, delay_s, energy_j, output_distortion;
} spot_plan_sweep_row;

typedef struct spot_plan_sweep {
    spot_plan_budget budget;
    int n_budget;
    spot_plan_sweep_row *row; /* (n_budget x SPOT_COINFER_SCHEMES) */
    int64_t ppo_episodes;     /* problems that its training tried; 0 = not trained */
} spot_plan_sweep;

SPOT_API void spot_plan_sweep_config_default(spot_plan_sweep_config *config);

/* Plans `config` at every budget. For `ppo`, one policy is trained for the middle of the budgets. Ownership and
 * returns as spot_plan_make; what one scheme cannot plan is not tried. */
SPOT_API spot_status spot_plan_sweep_make(const spot_plan_config *config,
                                          const spot_plan_sweep_config *sweep_config,
                                          spot_plan_sweep *sweep, spot_diag *diag);
SPOT_API void spot_plan_sweep_free(spot_plan_sweep *sweep);

#ifdef __cplusplus
}
#endif

#endif
