/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot metrics`: embodied-efficiency metrics of recorded trajectories. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { RECORDS_MAX = 100000, FIRST_ROOM = 64 };

typedef struct request {
    cli_sources in;
    cli_texts maps;
    char map[CLI_MAP_SIZE]; /* all of them */
    double control_hz;
    cli_reals resistance_ohm;
    cli_reals torque_nm_a;
    const char *figure;
    bool wide;
    bool json;
    spot_motion_config config;
} request;

/* What was measured so far, and the first trajectories, for the figure. */
typedef struct measured {
    spot_motion_record *records; /* (room) */
    int n_record, room;
    spot_motion_trajectory *kept[SPOT_MOTION_FIGURE_MAX];
    int n_kept;
} measured;

static bool make_room(measured *m)
{
    if (m->n_record < m->room) {
        return true;
    }
    const int room = m->room > 0 ? 2 * m->room : FIRST_ROOM;
    spot_motion_record *records = realloc(m->records, (size_t)room * sizeof(*records));
    if (records == NULL) {
        return false;
    }
    m->records = records;
    m->room = room;
    return true;
}

static int fail(spot_status st, const char *file, const spot_diag *diag)
{
    spot_diag own = {""};
    if (diag->text[0] == '\0') {
        (void)spot_diag_set(&own, st, "%s: %s", file, spot_status_str(st));
    }
    return cli_refuse("metrics", st, diag->text[0] != '\0' ? diag : &own);
}

static spot_status measure_one(const request *r, const spot_motion_file *file, int i,
                               const char *path, measured *m, spot_diag *diag)
{
    spot_motion_trajectory *t = NULL;
    if (m->n_record == RECORDS_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "more than %d trajectories, expected fewer in one call", RECORDS_MAX);
    }
    if (!make_room(m)) {
        return SPOT_E_NOMEM;
    }
    spot_status st = spot_motion_file_load(file, i, &t, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = spot_motion_trajectory_measure(t, &r->config, &m->records[m->n_record], diag);
    if (st == SPOT_OK) {
        m->records[m->n_record++].file = path;
    }
    if (st == SPOT_OK && r->figure != NULL && m->n_kept < SPOT_MOTION_FIGURE_MAX) {
        m->kept[m->n_kept++] = t;
    } else {
        spot_motion_trajectory_free(t);
    }
    return st;
}

static int measure_file(const request *r, const char *path, measured *m)
{
    spot_motion_file_config config;
    spot_motion_file *file = NULL;
    spot_diag diag = {""};

    spot_motion_file_config_default(&config);
    config.map = r->map[0] != '\0' ? r->map : NULL;
    config.control_hz = r->control_hz;
    spot_status st = spot_motion_file_open(path, &config, &file, &diag);
    if (st != SPOT_OK) {
        return fail(st, path, &diag);
    }
    if (spot_motion_file_unused(file)[0] != '\0') {
        spot_print(stderr, "sweetspot metrics: note: %s: columns not used: %s (--map renames)\n",
                   path, spot_motion_file_unused(file));
    }
    for (int i = 0; i < spot_motion_file_count(file) && st == SPOT_OK; i++) {
        st = measure_one(r, file, i, path, m, &diag);
    }
    spot_motion_file_close(file);
    return st == SPOT_OK ? CLI_OK : fail(st, path, &diag);
}

static int draw_figure(const request *r, const measured *m)
{
    spot_diag diag = {""};
    char base[CLI_PATH_SIZE];
    const size_t length = r->figure != NULL ? strlen(r->figure) : 0;
    if (r->figure == NULL) {
        return CLI_OK;
    }
    /* PATH.svg and PATH.png */
    const bool suffix = length > 4 && (strcmp(r->figure + length - 4, ".svg") == 0 ||
                                       strcmp(r->figure + length - 4, ".png") == 0);
    const int written =
        snprintf(base, sizeof(base), "%.*s", (int)(length - (suffix ? 4 : 0)), r->figure);
    if (written < 0 || (size_t)written >= sizeof(base)) {
        return cli_misuse("metrics", "--figure: path too long, expected below %d bytes",
                          CLI_PATH_SIZE);
    }
    const spot_status st = spot_report_metrics_figure(
        (const spot_motion_trajectory *const *)m->kept, m->n_kept, &r->config, base, &diag);
    if (st == SPOT_E_UNSUPPORTED || st == SPOT_E_RANGE) {
        spot_print(stderr, "sweetspot metrics: warning: no figure: %s\n", diag.text);
        return CLI_OK;
    }
    if (st != SPOT_OK) {
        (void)cli_fail("metrics", st, &diag);
        return CLI_FAILED;
    }
    spot_print(stderr, "figure%s: %s.svg %s.png\n",
               m->n_record > m->n_kept ? " of the first trajectories" : "", base, base);
    return CLI_OK;
}

static int run(const request *r, measured *m)
{
    int exit_code = CLI_OK;
    for (int i = 0; i < r->in.count && exit_code == CLI_OK; i++) {
        exit_code = measure_file(r, r->in.names[i], m);
    }
    if (exit_code != CLI_OK) {
        return exit_code;
    }
    /* files first: nothing that befalls stdout may cost them */
    const int drawn = draw_figure(r, m);
    const spot_motion_report report = {m->records, m->n_record, &r->config};
    if (r->json) {
        exit_code = cli_printed_json(spot_report_metrics_json(&report, stdout));
    } else if (spot_report_metrics_table(&report, r->wide, stdout) == SPOT_E_NOMEM) {
        exit_code = cli_fail("metrics", SPOT_E_NOMEM, NULL);
    }
    return drawn != CLI_OK ? drawn : exit_code;
}

static bool all_are(const cli_reals *list, double least, bool or_equal)
{
    for (int i = 0; i < list->count; i++) {
        if (!(list->values[i] > least || (or_equal && list->values[i] == least))) {
            return false;
        }
    }
    return true;
}

static int check_request(request *r)
{
    if (r->in.count == 0) {
        return cli_misuse("metrics", "no FILE: expected a CSV or HDF5 file of trajectories");
    }
    if (r->control_hz < 0.0 || r->config.position_noise_m < 0.0) {
        const bool rate = r->control_hz < 0.0;
        return cli_misuse("metrics", "--%s %g: expected more than 0",
                          rate ? "control-hz" : "position-noise-m",
                          rate ? r->control_hz : r->config.position_noise_m);
    }
    if (r->resistance_ohm.count != r->torque_nm_a.count) {
        return cli_misuse("metrics", "--motor-resistance-ohm and --torque-constant-nm-a: expected "
                                     "both, with as many numbers, one or one a joint");
    }
    if (!all_are(&r->resistance_ohm, 0.0, true) || !all_are(&r->torque_nm_a, 0.0, false)) {
        return cli_misuse("metrics", "--motor-resistance-ohm: expected 0 or more; "
                                     "--torque-constant-nm-a: more than 0");
    }
    if (r->figure != NULL && cli_check_target("metrics", "figure", r->figure) != CLI_OK) {
        return CLI_USAGE;
    }
    r->config.n_motor = (size_t)r->resistance_ohm.count;
    r->config.resistance_ohm = r->resistance_ohm.values;
    r->config.torque_nm_a = r->torque_nm_a.values;
    return CLI_OK;
}

static const char SUMMARY[] =
    "Measures recorded motions: completion time, paths of end effector and joints, action rate,\n"
    "jerk by three named estimators, SPARC and LDLJ, motion energy. FILE is one or more of: the\n"
    "HDF5 file of `sweetspot demo`, one in the robomimic / LIBERO layout, or a CSV with a row a\n"
    "sample (time_s, ee_x_m, ee_y_m, ee_z_m, q1_rad, dq1_rad_s, tau1_nm, a1, ...). Nothing is\n"
    "resampled or filled in; what cannot be measured says why. docs/metrics.md explains each.";

static const char EXAMPLES[] =
    "  sweetspot metrics demos.hdf5 --position-noise-m 1e-4 --figure fig.svg\n"
    "  sweetspot metrics libero.hdf5 --json | jq '.mean.ee_path_m.value'\n\n"
    "  # a log of your robot, columns by other names, copper loss of its motors\n"
    "  sweetspot metrics run.csv --map t=time_s,x=ee_x_m,y=ee_y_m,z=ee_z_m\n"
    "  sweetspot metrics run.csv --motor-resistance-ohm 0.3 --torque-constant-nm-a 11.6\n\n"
    "  # samples without time stamps; a dataset of another name\n"
    "  sweetspot metrics demo.hdf5 --control-hz 20 --map robot1_eef_pos=position_m\n";

int spoti_cli_metrics(int argc, char **argv)
{
    int exit_code = CLI_OK;
    request r = {.maps = {.count = 0}};
    measured m = {.records = NULL};
    spot_motion_config_default(&r.config);
    const cli_option options[] = {
        {"map", "OLD=NEW", CLI_TEXTS, &r.maps,
         "read column or dataset OLD as NEW; again, or a comma list"},
        {"control-hz", "F", CLI_REAL, &r.control_hz, "samples a second where FILE does not say"},
        {"position-noise-m", "S", CLI_REAL, &r.config.position_noise_m,
         "standard deviation an axis: what jerk it shows by itself"},
        {"motor-resistance-ohm", "R,...", CLI_REALS, &r.resistance_ohm,
         "of the windings, one or one a joint: models copper loss"},
        {"torque-constant-nm-a", "K,...", CLI_REALS, &r.torque_nm_a,
         "joint torque an ampere, gear included, likewise"},
        {"figure", "PATH", CLI_TEXT, &r.figure, "draw speed and jerk: PATH.svg and PATH.png"},
        {"wide", NULL, CLI_FLAG, &r.wide, "every column, however wide the table"},
        {"json", NULL, CLI_FLAG, &r.json, "JSON instead of tables"},
    };
    const cli_page page = {.verb = "metrics",
                           .summary = SUMMARY,
                           .usage = "FILE... [options]",
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
    exit_code = check_request(&r);
    if (exit_code == CLI_OK) {
        exit_code = run(&r, &m);
    }
    for (int i = 0; i < m.n_kept; i++) {
        spot_motion_trajectory_free(m.kept[i]);
    }
    free(m.records);
    return exit_code;
}
