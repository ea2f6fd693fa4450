/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot analyze`: anybody's log of trials, decomposed and judged. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

typedef struct request {
    cli_sources in;
    cli_texts maps;
    char map[CLI_MAP_SIZE]; /* all of them */
    const char *session;
    const char *baseline;
    const char *setting;
    const char *regime;
    const char *goal;
    const char *platform_name;
    const char *charge_as;
    const char *alpha_from;
    double t_inf_s; /* NaN = not asked for */
    double effect;
    const char *figure;
    const char *show;
    bool metrics; /* of motion too */
    bool wide;
    bool json;
    bool columns;
    spot_analyze_config config;
} request;

static bool ends_with(const char *text, const char *suffix)
{
    const size_t n = strlen(text);
    const size_t n_suffix = strlen(suffix);
    return n > n_suffix && strcmp(text + n - n_suffix, suffix) == 0;
}

/* Whether it is a file that begins as SQLite's do, or is at least called like one. Pipes are not touched. */
static bool is_store(const char *source, const struct stat *info)
{
    static const char MAGIC[16] = "SQLite format 3";
    char head[sizeof(MAGIC)];
    FILE *file = S_ISREG(info->st_mode) ? fopen(source, "rbe") : NULL;
    if (file == NULL) {
        return false;
    }
    const bool begins =
        fread(head, sizeof(head), 1, file) == 1 && memcmp(head, MAGIC, sizeof(head)) == 0;
    (void)fclose(file);
    return begins || ends_with(source, ".sqlite");
}

static int read_source(spot_analyze_log *log, const char *source)
{
    char dir[CLI_PATH_SIZE];
    struct stat info;
    spot_diag diag = {""};
    spot_status st = SPOT_OK;
    if (strncmp(source, "published:", 10) == 0) {
        if (!cli_find_data("published", "dom_cr.csv", dir)) {
            spot_print(stderr, "sweetspot analyze: no folder 'published', expected one in ./, "
                               "$SPOT_DATA or the installed data\n");
            return CLI_USAGE;
        }
        st = spot_analyze_log_published(log, dir, source + 10, &diag);
    } else if (stat(source, &info) == 0 && S_ISDIR(info.st_mode)) {
        st = spot_analyze_log_tune(log, source, &diag);
    } else if (stat(source, &info) == 0 && is_store(source, &info)) {
        st = spot_analyze_log_store(log, source, &diag);
    } else if (ends_with(source, ".json")) {
        st = spot_analyze_log_lerobot(log, source, &diag);
    } else {
        st = spot_analyze_log_csv(log, strcmp(source, "-") == 0 ? "/dev/stdin" : source, &diag);
    }
    return st == SPOT_OK ? CLI_OK : cli_refuse("analyze", st, &diag);
}

/* Forecasts ------------------------------------------------------------------------------------ */

static int make_forecasts(const request *r, const spot_analyze_log *log, const spot_analysis *a,
                          spot_forecast **forecasts)
{
    int exit_code = CLI_OK;
    spot_diag diag = {""};
    spot_analyze_target target = {.t_inf_s = r->t_inf_s};
    spot_platform *platform =
        r->platform_name != NULL ? cli_load_platform(r->platform_name, &exit_code) : NULL;
    spot_platform *alphas = NULL;
    if (exit_code != CLI_OK ||
        !cli_borrow_alphas("analyze", r->alpha_from, platform, &alphas, &exit_code)) {
        spot_platform_destroy(platform);
        return exit_code;
    }
    target.platform = platform;
    target.model_class = r->charge_as;
    int made = 0;
    for (int i = 0; exit_code == CLI_OK && i < a->n_settings; i++) {
        if (r->setting != NULL && strcmp(r->setting, a->settings[i].name) != 0) {
            continue;
        }
        spot_status st = spot_analyze_forecast(log, a, i, &target, &forecasts[i], &diag);
        made += st == SPOT_OK;
        if (st == SPOT_E_UNSUPPORTED) {
            spot_print(stderr, "sweetspot analyze: no prediction from '%s': %s\n",
                       a->settings[i].name, diag.text);
        } else if (st != SPOT_OK) {
            exit_code = cli_fail("analyze", st, &diag);
        }
    }
    spot_platform_destroy(platform);
    spot_platform_destroy(alphas);
    if (exit_code == CLI_OK && made == 0) {
        exit_code = CLI_FAILED; /* why was said of each */
    }
    return exit_code;
}

/* Output --------------------------------------------------------------------------------------- */

static int draw_figures(const request *r, const spot_analysis *a)
{
    int exit_code = CLI_OK;
    for (int i = 0; r->figure != NULL && i < a->n_settings; i++) {
        char base[CLI_PATH_SIZE];
        spot_diag diag = {""};
        if (r->setting != NULL && strcmp(r->setting, a->settings[i].name) != 0) {
            continue;
        }
        /* PATH.svg and PATH.png; several settings are numbered */
        size_t length = strlen(r->figure);
        bool suffix = length > 4 && (strcmp(r->figure + length - 4, ".svg") == 0 ||
                                     strcmp(r->figure + length - 4, ".png") == 0);
        bool many = a->n_settings > 1 && r->setting == NULL;
        char number[16] = "";
        if (many) {
            (void)snprintf(number, sizeof(number), "-%d", i + 1);
        }
        int written = snprintf(base, sizeof(base), "%.*s%s", (int)(length - (suffix ? 4 : 0)),
                               r->figure, number);
        if (written < 0 || (size_t)written >= sizeof(base)) {
            return cli_misuse("analyze", "--figure: path too long, expected below %d bytes",
                              CLI_PATH_SIZE);
        }
        spot_status st = spot_report_analysis_figure(&a->settings[i], base, &diag);
        if (st == SPOT_E_UNSUPPORTED || st == SPOT_E_RANGE) {
            spot_print(stderr, "sweetspot analyze: warning: no figure: %s\n", diag.text);
        } else if (st != SPOT_OK) {
            (void)cli_fail("analyze", st, &diag);
            exit_code = CLI_FAILED;
        } else {
            spot_print(stderr, "figure of '%s': %s.svg %s.png\n", a->settings[i].name, base, base);
        }
    }
    return exit_code;
}

static int print_text(const request *r, const spot_analysis *a, spot_forecast *const *forecasts)
{
    spot_status st = SPOT_OK;
    for (int i = 0; st == SPOT_OK && i < a->n_settings; i++) {
        if (r->setting != NULL && strcmp(r->setting, a->settings[i].name) != 0) {
            continue;
        }
        if (i > 0 && r->setting == NULL) {
            spot_print(stdout, "\n");
        }
        st = spot_report_analysis_table(&a->settings[i], r->wide, stdout);
        spot_print(stdout, "\n");
        if (st == SPOT_OK && r->metrics) {
            st = spot_report_motion_table(&a->settings[i], r->wide, stdout);
            spot_print(stdout, "\n");
        }
        spot_print_wrapped(stdout, 0, a->settings[i].verdict.text);
        if (st == SPOT_OK && forecasts[i] != NULL) {
            spot_print(stdout, "\n");
            st = spot_report_forecast_table(forecasts[i], r->wide, stdout);
            spot_print(stdout, "\n");
            spot_print_wrapped(stdout, 0, forecasts[i]->text);
        }
    }
    if (a->text[0] != '\0' && r->setting == NULL) {
        spot_print(stdout, "\nTogether: ");
        spot_print_wrapped(stdout, 0, a->text);
    }
    return CLI_OK; /* whether it reached stdout is seen at the end, in main */
}

/* The setting asked for alone, so that its JSON is that of a single one. */
static int print_json(const request *r, const spot_analysis *a, spot_forecast *const *forecasts)
{
    bool forecast = r->platform_name != NULL || r->t_inf_s >= 0.0;
    spot_analysis view = *a;
    int first = 0;
    for (int i = 0; r->setting != NULL && i < a->n_settings; i++) {
        if (strcmp(r->setting, a->settings[i].name) == 0) {
            first = i;
            view.settings = &a->settings[i];
            view.n_settings = 1;
        }
    }
    return cli_printed_json(
        spot_report_analysis_json(&view, forecast ? forecasts + first : NULL, stdout));
}

static int check_setting(const request *r, const spot_analysis *a)
{
    for (int i = 0; i < a->n_settings; i++) {
        if (r->setting == NULL || strcmp(r->setting, a->settings[i].name) == 0) {
            return CLI_OK;
        }
    }
    spot_print(stderr,
               "sweetspot analyze: --setting '%s': not found, expected one of:", r->setting);
    for (int i = 0; i < a->n_settings; i++) {
        spot_print(stderr, "%s '%s'", i > 0 ? "," : "", a->settings[i].name);
    }
    spot_print(stderr, "\n");
    return CLI_USAGE;
}

/* What cannot be, a line each. */
static void print_warnings(const request *r, const spot_analysis *a)
{
    for (int i = 0; i < a->n_settings; i++) {
        const spot_analysis_setting *s = &a->settings[i];
        if (r->setting != NULL && strcmp(r->setting, s->name) != 0) {
            continue;
        }
        for (const char *at = s->verdict.warnings; *at != '\0';
             at += at[strcspn(at, "\n")] != '\0' ? strcspn(at, "\n") + 1 : strlen(at)) {
            spot_print(stderr, "sweetspot analyze: warning: %s%s%.*s\n",
                       a->n_settings > 1 ? s->name : "", a->n_settings > 1 ? ": " : "",
                       (int)strcspn(at, "\n"), at);
        }
    }
}

static int judge(const request *r, spot_analyze_log *log)
{
    spot_diag diag = {""};
    spot_analysis *a = NULL;
    spot_forecast **forecasts = NULL;
    for (int i = 0; i < r->in.count; i++) {
        int exit_code = read_source(log, r->in.names[i]);
        if (exit_code != CLI_OK) {
            return exit_code;
        }
    }
    if (spot_analyze_log_unused(log)[0] != '\0') {
        spot_print(stderr, "sweetspot analyze: note: columns not used: %s (--map renames)\n",
                   spot_analyze_log_unused(log));
    }
    spot_status st = spot_analyze(log, &a, &diag);
    if (st != SPOT_OK) {
        return cli_refuse("analyze", st, &diag);
    }
    int exit_code = check_setting(r, a);
    print_warnings(r, a);
    forecasts = calloc((size_t)a->n_settings, sizeof(spot_forecast *));
    if (forecasts == NULL) {
        spot_analysis_destroy(a);
        return cli_fail("analyze", SPOT_E_NOMEM, NULL);
    }
    if (exit_code == CLI_OK && (r->platform_name != NULL || r->t_inf_s >= 0.0)) {
        exit_code = make_forecasts(r, log, a, forecasts);
    }
    if (exit_code == CLI_OK) { /* files first: nothing that befalls stdout may cost them */
        const int drawn = draw_figures(r, a);
        exit_code = r->json ? print_json(r, a, forecasts) : print_text(r, a, forecasts);
        exit_code = drawn != CLI_OK ? drawn : exit_code;
    }
    for (int i = 0; i < a->n_settings; i++) {
        spot_forecast_destroy(forecasts[i]);
    }
    free(forecasts);
    spot_analysis_destroy(a);
    return exit_code;
}

static int check_request(request *r)
{
    if (r->in.count == 0) {
        return cli_misuse("analyze",
                          "no SOURCE: expected a CSV, a folder or store of sweetspot tune, "
                          "or published:NAME");
    }
    const char *const regimes[] = {spot_analyze_regime_str(SPOT_ANALYZE_AUTO),
                                   spot_analyze_regime_str(SPOT_ANALYZE_STATIC),
                                   spot_analyze_regime_str(SPOT_ANALYZE_DYNAMIC)};
    static const char *const goals[] = {"auto", "energy"};
    const int regime = cli_choose("analyze", "regime", r->regime, regimes, 3);
    const int goal = regime < 0 ? -1 : cli_choose("analyze", "goal", r->goal, goals, 2);
    const int show = goal < 0 ? -1 : cli_choose_show("analyze", r->show);
    if (show < 0) {
        return CLI_USAGE;
    }
    r->metrics = show > 0;
    r->config.regime = (spot_analyze_regime)regime;
    r->config.goal = (spot_analyze_goal)goal;
    if (r->alpha_from != NULL && r->platform_name == NULL) {
        return cli_misuse("analyze", "--alpha-from: expected with --platform, whose latencies it "
                                     "scales");
    }
    if (r->platform_name != NULL && r->charge_as == NULL) {
        return cli_misuse("analyze",
                          "--platform: expected --charge-as CLASS with it, the class of model "
                          "whose latency is charged there");
    }
    if (r->t_inf_s < 0.0) {
        return cli_misuse("analyze", "--t-inf %g, expected 0 or more", r->t_inf_s);
    }
    if (r->platform_name != NULL && r->t_inf_s >= 0.0) {
        return cli_misuse("analyze", "--platform and --t-inf: expected one of them");
    }
    if (r->figure != NULL && cli_check_target("analyze", "figure", r->figure) != CLI_OK) {
        return CLI_USAGE;
    }
    r->config.map = r->map[0] != '\0' ? r->map : NULL;
    r->config.baseline = r->baseline;
    r->config.session = r->session;
    return CLI_OK;
}

static const char SUMMARY[] =
    "Decomposes the speed-up of operating points from a log of trials and judges it: which point "
    "is\n"
    "best, whether it is an interior sweet spot, whether faster inference made the task slower or\n"
    "slower inference made it fail, and how many trials would settle what is open.\n\n"
    "SOURCE is one or more of: a CSV, or - for one from stdin, with a row a point (point, "
    "t_inf_s,\n"
    "chunk_actions, t_act_s, overlap, episodes, successes, chunks, time_s, energy_j, ...) or a "
    "row\n"
    "an episode (point, seed, success, chunks, time_s, ...); the episodes of `sweetspot rollout`;\n"
    "the folder of `sweetspot tune`, or the SQLite file of its --store; published:kinetix,\n"
    "published:dom-cr, published:real-static, published:real-dynamic.\n"
    "An eval_info.json of LeRobot is a point, named after its folder. What is missing is left out "
    "of the\n"
    "answer, not guessed. --columns lists all columns and the other names they are known by.";

static const char EXAMPLES[] =
    "  # your own trials, columns by other names, another baseline than the first row\n"
    "  sweetspot analyze trials.csv --map denoise=steps,ok=success --baseline steps=10\n\n"
    "  # a tuning run, with a figure\n"
    "  sweetspot analyze runs/ur5e-conveyor-agx-orin-30w --figure fig.svg\n\n"
    "  # what the published tables really establish\n"
    "  sweetspot analyze published:dom-cr\n\n"
    "  # the same robot with another computer: a profile, or a latency of the baseline in s\n"
    "  sweetspot analyze runs/ur5e-pick-place-rtx-4070 --platform agx-orin-50w --charge-as pi05\n"
    "  sweetspot analyze trials.csv --t-inf 0.8\n\n"
    "  # for a script\n"
    "  sweetspot analyze trials.csv --json | jq -r .verdict.best\n";

int spoti_cli_analyze(int argc, char **argv)
{
    int exit_code = CLI_OK;
    request r = {.regime = "auto", .goal = "auto", .show = "points", .t_inf_s = NAN};
    spot_analyze_config_default(&r.config);
    const cli_option options[] = {
        {"map", "OLD=NEW", CLI_TEXTS, &r.maps,
         "read column OLD as NEW, or leave it out (OLD=); again, or a comma list"},
        {"session", "COLUMN", CLI_TEXT, &r.session,
         "column that tells sessions apart in which the same seeds were used again"},
        {"paired", NULL, CLI_FLAG, &r.config.paired,
         "trial or episode numbers pair as seeds do: the same number, the same scene"},
        {"baseline", "POINT", CLI_TEXT, &r.baseline,
         "point to compare with; default: the source's, else the first row's"},
        {"regime", "REGIME", CLI_TEXT, &r.regime,
         "static (time decides), dynamic (success decides) or auto"},
        {"goal", "GOAL", CLI_TEXT, &r.goal,
         "auto (what the regime says) or energy: least joules per success (energy_j)"},
        {"setting", "NAME", CLI_TEXT, &r.setting, "only this platform and speed of the source"},
        {"t-act", "S", CLI_REAL, &r.config.action_s,
         "duration of one action where not in SOURCE, s"},
        {"chunk", "N", CLI_INTEGER, &r.config.n_action,
         "actions executed a chunk where not in SOURCE"},
        {"budget", "S", CLI_REAL, &r.config.budget_s,
         "time that a failure is charged where not in SOURCE, s"},
        {"platform", "H", CLI_TEXT, &r.platform_name,
         "predict for this platform (name or profile)"},
        {"charge-as", "CLASS", CLI_TEXT, &r.charge_as, "class of model charged on it"},
        {"alpha-from", "PLATFORM", CLI_TEXT, &r.alpha_from,
         "profile by bench --out: what a point saved there, it saves on it"},
        {"t-inf", "S", CLI_REAL, &r.t_inf_s,
         "predict for a computer on which the baseline's inference takes S"},
        {"figure", "PATH", CLI_TEXT, &r.figure, "draw PATH.svg and PATH.png"},
        {"effect", "X", CLI_REAL, &r.effect,
         "trials needed for X points of success or X % of time, not for what the trials show"},
        {"resamples", "N", CLI_INTEGER, &r.config.resamples,
         "of bootstraps, and one fewer random orders and signs in tests; default 10000"},
        {"show", "WHAT", CLI_TEXT, &r.show, CLI_SHOW_HELP},
        {"wide", NULL, CLI_FLAG, &r.wide, "every column, however wide the table"},
        {"json", NULL, CLI_FLAG, &r.json, "JSON instead of tables"},
        {"columns", NULL, CLI_FLAG, &r.columns, "list the columns that are understood, and go"},
    };
    const cli_page page = {.verb = "analyze",
                           .summary = SUMMARY,
                           .usage = "SOURCE... [options]",
                           .options = options,
                           .n_options = sizeof(options) / sizeof(options[0]),
                           .examples = EXAMPLES};
    if (!cli_take_sources(&r.in, &page, &argc, argv)) {
        return CLI_USAGE;
    }
    if (!cli_parse(&page, argc, argv, &exit_code)) {
        return exit_code;
    }
    if (!cli_join(&page, "map", &r.maps, r.map, sizeof(r.map))) {
        return CLI_USAGE;
    }
    if (r.columns) {
        cli_print_columns();
        return CLI_OK;
    }
    exit_code = check_request(&r);
    if (exit_code != CLI_OK) {
        return exit_code;
    }
    spot_analyze_log *log = NULL;
    r.config.effect = 0.01 * r.effect;
    spot_status st = spot_analyze_log_create(&r.config, &log);
    if (st != SPOT_OK) {
        return st == SPOT_E_RANGE
                   ? cli_misuse("analyze",
                                "--t-act, --chunk, --budget: expected 0 or more; "
                                "--effect: 0 to less than 100; --resamples: 100..1000000")
                   : cli_fail("analyze", st, NULL);
    }
    exit_code = judge(&r, log);
    spot_analyze_log_destroy(log);
    return exit_code;
}
