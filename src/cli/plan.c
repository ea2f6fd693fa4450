/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot plan`: bits, clocks and split of a model under a delay and an energy budget. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char SUMMARY[] =
    "Plans co-inference: a model's first part runs quantised on the robot (agent), the rest on a\n"
    "server behind a link. Finds the bits and the clocks that lose least of the model within a\n"
    "delay and an energy, and says what each part takes, what is left, and what binds.\n\n"
    "MODEL is a model file (models/NAME.yaml), a policy, or a file of weights with --agent-flop\n"
    "and --server-flop. Computers are platforms whose file has `planning`; links are in links/.\n"
    "All figures are modelled: cycles = FLOP / FLOP a cycle, power = idle + psi f^3.";

static const char NOTES[] =
    "Objectives: distortion of a weight as a codebook reaches it (lloyd), as two proofs bound it\n"
    "(verdu, additive), or the gap between bounds; all fall with bits, so the bits of the plan "
    "are\n"
    "the same. Keys of the files: docs/plan.md. Infeasible budgets: exit 1, and what would do.\n";

static const char EXAMPLES[] =
    "  sweetspot plan --model blip2-like --agent paper-agent --server paper-server \\\n"
    "    --max-delay 3.5 --max-energy 2\n"
    "  sweetspot plan --model git-like --agent agx-orin-64gb --modes low,medium,high \\\n"
    "    --server rtx-4070 --link wlan-5ghz --max-delay 0.5 --max-energy 10\n"
    "  sweetspot plan --model blip2-like --agent paper-agent --server paper-server \\\n"
    "    --max-delay 3.5 --max-energy 2 --sweep-delay 1:5:0.1 --figure runs/plan\n"
    "  sweetspot plan --model ur5e-pick-place-dit --agent agx-orin-64gb \\\n"
    "    --max-delay 0.01 --max-energy 0.1 --bits 4,8,16\n";

typedef struct options {
    const char *model, *agent, *modes, *split, *method, *objective, *prefer;
    const char *sweep_delay, *sweep_energy, *figure;
    cli_texts servers, links;
    cli_integers bits;
    cli_reals fixed_ghz;
    cli_plan_work work;
    double max_delay_s, max_energy_j;
    int draws;
    uint64_t seed;
    bool json, wide;
} options;

/* What is loaded; all of it is released by release(). */
typedef struct loaded {
    spot_plan_model model;
    spot_platform *agent, *servers[SPOT_PLAN_SERVERS_MAX];
    spot_plan_link links[SPOT_PLAN_SERVERS_MAX];
} loaded;

static void release(loaded *l)
{
    spot_platform_destroy(l->agent);
    for (int i = 0; i < SPOT_PLAN_SERVERS_MAX; i++) {
        spot_platform_destroy(l->servers[i]);
    }
}

static int load(const options *o, loaded *l, spot_plan_config *config)
{
    int code = cli_load_plan_model(o->model, &o->work, &l->model);
    spot_diag diag = {""};
    char path[CLI_PATH_SIZE];

    if (code != CLI_OK || (l->agent = cli_load_platform(o->agent, &code)) == NULL) {
        return code;
    }
    for (int i = 0; i < o->servers.count; i++) {
        l->servers[i] = cli_load_platform(o->servers.values[i], &code);
        if (l->servers[i] == NULL) {
            return code;
        }
        config->servers[i] = l->servers[i];
    }
    for (int i = 0; i < o->links.count; i++) {
        if (!cli_find(CLI_LINK, o->links.values[i], path, sizeof(path))) {
            return CLI_USAGE;
        }
        const spot_status st = spot_plan_link_load(path, &l->links[i], &diag);
        if (st != SPOT_OK) {
            return cli_refuse("plan", st, &diag);
        }
        config->links[i] = &l->links[i];
    }
    config->model = &l->model;
    config->agent = l->agent;
    config->n_server = o->servers.count;
    config->n_link = o->links.count;
    return CLI_OK;
}

static int choose_words(const options *o, spot_plan_config *config, spot_coinfer_scheme *scheme)
{
    const char *methods[SPOT_COINFER_SCHEMES];
    const char *objectives[8];
    static const char *const prefers[] = {"energy", "delay"};
    int n = 0;

    for (int i = 0; i < SPOT_COINFER_SCHEMES; i++) {
        methods[i] = spot_coinfer_scheme_name((spot_coinfer_scheme)i);
    }
    while (n < 8 && spot_coinfer_objective_str((spot_coinfer_objective)n) != NULL) {
        objectives[n] = spot_coinfer_objective_str((spot_coinfer_objective)n);
        n++;
    }
    const int method = cli_choose("plan", "method", o->method, methods, SPOT_COINFER_SCHEMES);
    const int objective =
        method >= 0 ? cli_choose("plan", "objective", o->objective, objectives, n) : -1;
    const int prefer = objective >= 0 ? cli_choose("plan", "prefer", o->prefer, prefers, 2) : -1;

    *scheme = (spot_coinfer_scheme)method;
    config->objective = (spot_coinfer_objective)objective;
    config->prefer = prefer == 1 ? SPOT_COINFER_PREFER_DELAY : SPOT_COINFER_PREFER_ENERGY;
    return prefer >= 0 ? CLI_OK : CLI_USAGE;
}

static int check_options(const options *o)
{
    if (o->model == NULL || o->agent == NULL) {
        return cli_misuse("plan", "--%s: missing, expected --model and --agent",
                          o->model == NULL ? "model" : "agent");
    }
    if (!(o->max_delay_s > 0.0) || !(o->max_energy_j > 0.0)) {
        return cli_misuse("plan",
                          "--max-delay %g, --max-energy %g: expected --max-delay above 0 s and "
                          "--max-energy above 0 J",
                          o->max_delay_s, o->max_energy_j);
    }
    if (o->servers.count > SPOT_PLAN_SERVERS_MAX) {
        return cli_misuse("plan", "--server: expected at most %d of them", SPOT_PLAN_SERVERS_MAX);
    }
    if (o->links.count != 0 && o->links.count != o->servers.count) {
        return cli_misuse(
            "plan", "%d --link for %d --server: expected none, or one for each in the same order",
            o->links.count, o->servers.count);
    }
    if (o->bits.count > SPOT_COINFER_MAX_BITS) {
        return cli_misuse("plan", "--bits: expected at most %d of them", SPOT_COINFER_MAX_BITS);
    }
    if (o->sweep_delay != NULL && o->sweep_energy != NULL) {
        return cli_misuse("plan", "--sweep-delay and --sweep-energy: expected one of them");
    }
    if (o->figure != NULL && o->sweep_delay == NULL && o->sweep_energy == NULL) {
        return cli_misuse("plan",
                          "--figure draws a sweep: expected --sweep-delay or --sweep-energy");
    }
    if (o->draws < 1 || o->fixed_ghz.count > SPOT_COINFER_STAGES_MAX) {
        return cli_misuse("plan",
                          "--draws %d, %d --fixed clocks: expected --draws above 0 and at most %d "
                          "--fixed clocks",
                          o->draws, o->fixed_ghz.count, SPOT_COINFER_STAGES_MAX);
    }
    return o->figure != NULL ? cli_check_target("plan", "figure", o->figure) : CLI_OK;
}

static int compare(const void *a, const void *b)
{
    const int x = *(const int *)a;
    const int y = *(const int *)b;

    return (x > y) - (x < y);
}

static void fill(const options *o, spot_plan_config *config, spot_coinfer_scheme_config *scheme)
{
    config->modes = o->modes;
    config->split = o->split;
    config->max_delay_s = o->max_delay_s;
    config->max_energy_j = o->max_energy_j;
    config->n_bits = o->bits.count;
    for (int i = 0; i < o->bits.count; i++) {
        config->bits[i] = o->bits.values[i];
    }
    qsort(config->bits, (size_t)config->n_bits, sizeof(config->bits[0]), compare);
    spot_coinfer_scheme_config_default(scheme);
    scheme->draws = o->draws;
    scheme->seed = o->seed;
    for (int i = 0; i < o->fixed_ghz.count; i++) {
        scheme->fixed_hz[i] = 1e9 * o->fixed_ghz.values[i];
    }
}

/* `FROM:TO:STEP`. */
static bool read_range(const char *text, spot_plan_sweep_config *sweep)
{
    double *const into[] = {&sweep->from, &sweep->to, &sweep->step};

    for (int i = 0; i < 3; i++) {
        char *end = NULL;
        *into[i] = strtod(text, &end);
        if (end == text || *end != (i < 2 ? ':' : '\0')) {
            return false;
        }
        text = end + 1;
    }
    return true;
}

static int make_sweep(const options *o, const spot_plan_config *config,
                      const spot_coinfer_scheme_config *scheme, spot_plan_sweep *sweep)
{
    spot_plan_sweep_config what;
    spot_diag diag = {""};
    const char *text = o->sweep_delay != NULL ? o->sweep_delay : o->sweep_energy;

    spot_plan_sweep_config_default(&what);
    what.budget = o->sweep_delay != NULL ? SPOT_PLAN_BUDGET_DELAY : SPOT_PLAN_BUDGET_ENERGY;
    what.scheme_config = scheme;
    if (!read_range(text, &what)) {
        return cli_misuse("plan", "--sweep-%s '%s': expected FROM:TO:STEP, as 1:5:0.1",
                          o->sweep_delay != NULL ? "delay" : "energy", text);
    }
    const spot_status st = spot_plan_sweep_make(config, &what, sweep, &diag);
    return st == SPOT_OK ? CLI_OK : cli_refuse("plan", st, &diag);
}

static int report(const options *o, const spot_plan_report *r, const spot_plan_sweep *sweep)
{
    spot_diag diag = {""};
    spot_status st = SPOT_OK;
    int code = CLI_OK;

    if (o->json) {
        code = cli_printed_json(spot_report_plan_json(r, sweep, stdout));
    } else {
        st = spot_report_plan_text(r, o->wide, stdout);
        if (st == SPOT_OK && sweep != NULL) {
            spot_print(stdout, "\n");
            st = spot_report_sweep_table(r, sweep, o->wide, stdout);
        }
        code = st == SPOT_OK ? CLI_OK : cli_fail("plan", st, NULL);
    }
    if (code == CLI_OK && o->figure != NULL) {
        st = spot_report_sweep_figure(r, sweep, o->figure, &diag);
        code = st == SPOT_OK ? CLI_OK : cli_fail("plan", st, &diag);
    }
    return code;
}

static int run(const options *o, spot_plan_config *config, spot_coinfer_scheme scheme)
{
    spot_coinfer_scheme_config scheme_config;
    spot_plan_result result = {.n_choice = 0};
    spot_plan_sweep sweep = {.n_budget = 0};
    const bool sweeps = o->sweep_delay != NULL || o->sweep_energy != NULL;
    spot_diag diag = {""};

    fill(o, config, &scheme_config);
    const spot_status st = spot_plan_make(config, scheme, &scheme_config, &result, &diag);
    if (st != SPOT_OK) { /* all of it was named on the command line */
        return cli_refuse("plan", st, &diag);
    }
    int code = sweeps ? make_sweep(o, config, &scheme_config, &sweep) : CLI_OK;
    if (code == CLI_OK) {
        const spot_plan_report r = {config, scheme, &result};
        code = report(o, &r, sweeps ? &sweep : NULL);
    }
    if (code == CLI_OK && !result.choice[result.best].outcome.plan.feasible) {
        code = CLI_FAILED;
    }
    spot_plan_sweep_free(&sweep);
    spot_plan_result_free(&result);
    return code;
}

int spoti_cli_plan(int argc, char **argv)
{
    options o = {
        .method = "exact", .objective = "lloyd", .prefer = "energy", .draws = 10000, .seed = 1};
    const cli_option list[] = {
        {"model", "MODEL", CLI_TEXT, &o.model, "a model file, a policy, or weights"},
        {"agent", "PLATFORM", CLI_TEXT, &o.agent, "the robot's computer"},
        {"server", "PLATFORM", CLI_TEXTS, &o.servers, "a server; again for more, each is tried"},
        {"link", "LINK", CLI_TEXTS, &o.links, "to each server, in their order; default: free"},
        {"max-delay", "S", CLI_REAL, &o.max_delay_s, "of one inference, s"},
        {"max-energy", "J", CLI_REAL, &o.max_energy_j, "of one inference, all computers, J"},
        {"method", "WORD", CLI_TEXT, &o.method, "exact, sca, fixed, random or ppo; default exact"},
        {"objective", "WORD", CLI_TEXT, &o.objective,
         "lloyd, verdu, additive or gap; default lloyd"},
        {"prefer", "WORD", CLI_TEXT, &o.prefer,
         "energy or delay, among equal bits; default energy"},
        {"bits", "B,...", CLI_INTEGERS, &o.bits, "what the hardware can; default: all up to full"},
        {"modes", "NAME,...", CLI_TEXT, &o.modes,
         "clocks of the agent, by its modes; default: all"},
        {"split", "NAME", CLI_TEXT, &o.split, "of the model's splits; default: the best"},
        {"sweep-delay", "A:B:STEP", CLI_TEXT, &o.sweep_delay, "all schemes over delay budgets, s"},
        {"sweep-energy", "A:B:STEP", CLI_TEXT, &o.sweep_energy,
         "all schemes over energy budgets, J"},
        {"figure", "BASE", CLI_TEXT, &o.figure, "draw the sweep as BASE.svg and BASE.png"},
        {"agent-flop", "N", CLI_REAL, &o.work.agent_flop, "of the agent's part at full bits"},
        {"server-flop", "N", CLI_REAL, &o.work.server_flop, "of the server's part"},
        {"uplink-bits", "N", CLI_REAL, &o.work.uplink_bits, "sent from agent to server"},
        {"lambda", "X", CLI_REAL, &o.work.lambda, "of the weights, 1 / mean |w|"},
        {"full-bits", "B", CLI_INTEGER, &o.work.full_bits, "of a weight, not quantised"},
        {"fixed", "GHZ,...", CLI_REALS, &o.fixed_ghz,
         "clocks of method fixed; default: the largest"},
        {"draws", "N", CLI_INTEGER, &o.draws, "feasible draws of method random; default 10000"},
        {"seed", "N", CLI_SEED, &o.seed, "of method random; default 1"},
        {"wide", NULL, CLI_FLAG, &o.wide, "the source of each figure, every column of a sweep"},
        {"json", NULL, CLI_FLAG, &o.json, "JSON instead of text"},
    };
    const cli_page page = {
        .verb = "plan",
        .summary = SUMMARY,
        .usage =
            "--model M --agent P [--server P --link L]... --max-delay S --max-energy J [options]",
        .options = list,
        .n_options = sizeof(list) / sizeof(list[0]),
        .notes = NOTES,
        .examples = EXAMPLES};
    spot_plan_config config;
    spot_coinfer_scheme scheme = SPOT_COINFER_EXACT_PLAN;
    loaded l = {.agent = NULL};
    int code = CLI_OK;

    if (!cli_parse(&page, argc, argv, &code)) {
        return code;
    }
    spot_plan_config_default(&config);
    code = check_options(&o);
    if (code == CLI_OK) {
        code = choose_words(&o, &config, &scheme);
    }
    if (code == CLI_OK) {
        code = load(&o, &l, &config);
    }
    if (code == CLI_OK) {
        code = run(&o, &config, scheme);
    }
    release(&l);
    return code;
}
