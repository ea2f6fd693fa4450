/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Measured trajectories as text: one as a list of its metrics, several as a table. */
#include <string.h>

#include "core/base/text.h"
#include "lab/report/metrics_words.h"
#include "lab/report/sheet.h"
#include "lab/report/words.h"
#include "spot/show.h"

enum { LINE_SIZE = 1024 };

const char *spoti_motion_note(int i)
{
    static const char *const notes[SPOTI_MOTION_N_NOTE] = {
        "Jerk depends on its estimator and on the sampling rate: compare like with like, and with "
        "what noise alone shows.",
        "Motion energy is |torque x joint velocity|: it ignores copper loss I^2 R and holding "
        "torque, and is not the power "
        "that a module or robot draws.",
        "Jerk falls when a motion slows down: where completion times differ, compare SPARC and "
        "LDLJ.",
    };

    return i >= 0 && i < SPOTI_MOTION_N_NOTE ? notes[i] : NULL;
}

spot_motion_value spoti_motion_mean(const spot_motion_report *report, int metric, int *n)
{
    double sum = 0.0;

    *n = 0;
    for (int i = 0; i < report->n_record; i++) {
        const spot_motion_value *v = &report->records[i].metrics.values[metric];

        if (v->why == SPOT_MOTION_WHY_DEFINED) {
            sum += v->value;
            (*n)++;
        }
    }
    return *n > 0 ? (spot_motion_value){sum / *n, SPOT_MOTION_WHY_DEFINED}
                  : report->records[0].metrics.values[metric];
}

int spoti_motion_noise_of(int metric)
{
    return metric == SPOT_MOTION_EE_RMS_JERK_DIFFERENCE ? SPOT_MOTION_EE_JERK_NOISE_DIFFERENCE
           : metric == SPOT_MOTION_EE_RMS_JERK_SAVGOL   ? SPOT_MOTION_EE_JERK_NOISE_SAVGOL
                                                        : -1;
}

double spoti_motion_rate(const spot_motion_record *record)
{
    return record->metrics.interval_s > 0.0 ? 1.0 / record->metrics.interval_s : 0.0;
}

void spoti_motion_name(const spot_motion_report *report, int i, char *out, size_t size)
{
    const spot_motion_record *r = &report->records[i];
    const char *base = spoti_path_base(r->file);
    bool files = false;

    for (int k = 0; k < report->n_record; k++) {
        files = files || strcmp(report->records[k].file, report->records[0].file) != 0;
    }
    if (r->name[0] == '\0') {
        (void)spoti_copy(out, size, base);
    } else {
        (void)spoti_format(out, size, "%s%s%s", files ? base : "", files ? " " : "", r->name);
    }
}

static void put_value(spoti_cell cell, spot_motion_value v)
{
    if (v.why == SPOT_MOTION_WHY_DEFINED) {
        (void)spoti_format(cell, SPOTI_CELL_SIZE, "%.5g", v.value);
    }
}

/* How samples lie in time, in words. */
static void describe_time(const spot_motion_record *r, char *out, size_t size)
{
    const double rate = spoti_motion_rate(r);

    if (rate > 0.0) {
        (void)spoti_format(out, size, "%zu samples at %.6g Hz (%s)", r->metrics.n_sample, rate,
                           r->timing == SPOT_MOTION_TIMING_STAMPS ? "by their time stamps"
                           : r->timing == SPOT_MOTION_TIMING_FILE ? "as the file says"
                                                                  : "as given");
    } else {
        (void)spoti_format(out, size, "%zu samples, not equally spaced: %.6g to %.6g s apart",
                           r->metrics.n_sample, r->gap_least_s, r->gap_most_s);
    }
}

/* Whether all trajectories have their channels from the same columns or datasets. */
static bool sources_agree(const spot_motion_report *report)
{
    for (int i = 1; i < report->n_record; i++) {
        if (memcmp(report->records[i].sources, report->records[0].sources,
                   sizeof(report->records[0].sources)) != 0) {
            return false;
        }
    }
    return true;
}

/* Of the first trajectory, and of all where they agree. */
static void print_sources(const spot_motion_report *report, FILE *out)
{
    const spot_motion_record *r = &report->records[0];
    char line[LINE_SIZE] = "";

    for (int i = 0; i < SPOT_MOTION_N_CHANNEL; i++) {
        const size_t used = strlen(line);

        if (r->sources[i][0] != '\0') {
            (void)spoti_format(line + used, sizeof(line) - used, "%s%s from %s",
                               used > 0 ? "; " : "", spot_motion_channel_str(i), r->sources[i]);
        }
    }
    spoti_report_line(out, 2, "%s%s", sources_agree(report) ? "" : "the first: ", line);
}

static void print_notes(FILE *out)
{
    for (int i = 0; i < SPOTI_MOTION_N_NOTE; i++) {
        spoti_report_line(out, 2, "%s", spoti_motion_note(i));
    }
}

/* One trajectory ------------------------------------------------------------------------------- */

/* Whether a metric stands in the list: noise stands beside its jerk. */
static bool is_listed(int metric)
{
    return metric != SPOT_MOTION_EE_JERK_NOISE_DIFFERENCE &&
           metric != SPOT_MOTION_EE_JERK_NOISE_SAVGOL;
}

static void fill_list(spoti_sheet *t, const spot_motion_record *r)
{
    static const char *const BETTER[] = {"lower", "", "higher"};
    const double rate = spoti_motion_rate(r);
    spoti_cell *const names = spoti_sheet_column(t, "metric", "", SPOTI_SHEET_NEEDED);
    spoti_cell *const values = spoti_sheet_column(t, "value", "", SPOTI_SHEET_NEEDED);
    spoti_cell *const units = spoti_sheet_column(t, "unit", "", SPOTI_SHEET_NEEDED);
    spoti_cell *const better = spoti_sheet_column(t, "better", "", 2);
    spoti_cell *const estimators = spoti_sheet_column(t, "estimator", "", SPOTI_SHEET_NEEDED);
    spoti_cell *const noise = spoti_sheet_column(t, "noise alone", "", SPOTI_SHEET_NEEDED);
    spoti_cell *const why = spoti_sheet_column(t, "undefined because", "", 1);

    for (int i = 0, row = 0; i < SPOT_MOTION_N_METRIC; i++) {
        const spot_motion_metric_info *info = spot_motion_describe(i);
        const spot_motion_value v = r->metrics.values[i];

        if (!is_listed(i)) {
            continue;
        }
        (void)spoti_copy(names[row], SPOTI_CELL_SIZE, info->name);
        put_value(values[row], v);
        (void)spoti_copy(units[row], SPOTI_CELL_SIZE, info->unit);
        (void)spoti_copy(better[row], SPOTI_CELL_SIZE, BETTER[info->better + 1]);
        (void)spoti_copy(estimators[row], SPOTI_CELL_SIZE, info->estimator);
        if (info->estimator[0] != '\0' && rate > 0.0) {
            (void)spoti_format(estimators[row], SPOTI_CELL_SIZE, "%s, %.6g Hz", info->estimator,
                               rate);
        }
        if (spoti_motion_noise_of(i) >= 0) {
            put_value(noise[row], r->metrics.values[spoti_motion_noise_of(i)]);
        } else {
            noise[row][0] = '\0';
        }
        (void)spoti_copy(why[row], SPOTI_CELL_SIZE, spot_motion_why_str(v.why));
        row++;
    }
}

static spot_status print_list(const spot_motion_report *report, FILE *out)
{
    const spot_motion_record *r = &report->records[0];
    char line[LINE_SIZE];
    int n_row = 0;
    spoti_sheet t;

    for (int i = 0; i < SPOT_MOTION_N_METRIC; i++) {
        n_row += is_listed(i) ? 1 : 0;
    }
    spot_status st = spoti_sheet_create(&t, n_row);
    if (st == SPOT_OK) {
        describe_time(r, line, sizeof(line));
        spoti_report_line(out, 2, "%s%s%s: %s", r->file, r->name[0] != '\0' ? " " : "", r->name,
                          line);
        print_sources(report, out);
        fill_list(&t, r);
        st = spoti_sheet_print(&t, true, out);
        spot_print(out, "\n");
        print_notes(out);
    }
    spoti_sheet_free(&t);
    return st;
}

/* Several -------------------------------------------------------------------------------------- */

/* Columns of the table, in order of their need. */
static const struct metric_column {
    const char *name;
    const char *unit;
    int metric;
    int rank; /* see sheet.h */
} COLUMNS[] = {
    {"time", "s", SPOT_MOTION_COMPLETION_TIME_S, 1},
    {"path", "m", SPOT_MOTION_EE_PATH_M, 2},
    {"joint path", "rad", SPOT_MOTION_JOINT_PATH_RAD, 7},
    {"action rate", "1/s", SPOT_MOTION_ACTION_RATE_PER_S, 5},
    {"RMS jerk difference", "m/s3", SPOT_MOTION_EE_RMS_JERK_DIFFERENCE, 9},
    {"noise difference", "m/s3", SPOT_MOTION_EE_JERK_NOISE_DIFFERENCE, 9},
    {"RMS jerk savgol", "m/s3", SPOT_MOTION_EE_RMS_JERK_SAVGOL, 4},
    {"noise savgol", "m/s3", SPOT_MOTION_EE_JERK_NOISE_SAVGOL, 4},
    {"RMS jerk velocity", "m/s3", SPOT_MOTION_EE_RMS_JERK_VELOCITY, 10},
    {"SPARC", "", SPOT_MOTION_SPARC, 6},
    {"LDLJ", "", SPOT_MOTION_LDLJ, 6},
    {"E abs", "J", SPOT_MOTION_ENERGY_ABS_J, 3},
    {"E pos", "J", SPOT_MOTION_ENERGY_POS_J, 13},
    {"E net", "J", SPOT_MOTION_ENERGY_NET_J, 13},
    {"E copper", "J", SPOT_MOTION_ENERGY_COPPER_J, 11},
    {"E motor", "J", SPOT_MOTION_ENERGY_MOTOR_J, 11},
    {"joint RMS jerk difference", "rad/s3", SPOT_MOTION_JOINT_RMS_JERK_DIFFERENCE, 14},
    {"joint RMS jerk savgol", "rad/s3", SPOT_MOTION_JOINT_RMS_JERK_SAVGOL, 12},
    {"joint RMS jerk velocity", "rad/s3", SPOT_MOTION_JOINT_RMS_JERK_VELOCITY, 14},
};

enum { N_COLUMN = sizeof(COLUMNS) / sizeof(COLUMNS[0]) };

static void fill_table(spoti_sheet *t, const spot_motion_report *report)
{
    const int n = report->n_record;
    spoti_cell *const names = spoti_sheet_column(t, "trajectory", "", SPOTI_SHEET_NEEDED);

    for (int i = 0; i < n; i++) {
        spoti_motion_name(report, i, names[i], SPOTI_CELL_SIZE);
    }
    (void)spoti_copy(names[n], SPOTI_CELL_SIZE, "mean");
    spoti_cell *const samples = spoti_sheet_column(t, "samples", "", 8);
    for (int i = 0; i < n; i++) {
        (void)spoti_format(samples[i], SPOTI_CELL_SIZE, "%zu", report->records[i].metrics.n_sample);
    }
    spoti_cell *const rates = spoti_sheet_column(t, "rate", "Hz", SPOTI_SHEET_NEEDED);
    for (int i = 0; i < n; i++) {
        if (spoti_motion_rate(&report->records[i]) > 0.0) {
            (void)spoti_format(rates[i], SPOTI_CELL_SIZE, "%.6g",
                               spoti_motion_rate(&report->records[i]));
        }
    }
    for (int c = 0; c < N_COLUMN; c++) {
        const struct metric_column *m = &COLUMNS[c];
        int defined = 0;
        spoti_cell *const cells = spoti_sheet_column(t, m->name, m->unit, m->rank);

        for (int i = 0; i < n; i++) {
            put_value(cells[i], report->records[i].metrics.values[m->metric]);
        }
        put_value(cells[n], spoti_motion_mean(report, m->metric, &defined));
    }
}

/* How many records do not define a metric for this reason. */
static int count_why(const spot_motion_report *report, int metric, spot_motion_why why)
{
    int n = 0;

    for (int i = 0; i < report->n_record; i++) {
        n += report->records[i].metrics.values[metric].why == why ? 1 : 0;
    }
    return n;
}

/* `no torques: energy_abs_j, ...`, with the number of trajectories where it is not all. */
static void print_reasons(const spot_motion_report *report, FILE *out)
{
    for (int why = SPOT_MOTION_WHY_DEFINED + 1; why < SPOT_MOTION_N_WHY; why++) {
        char line[LINE_SIZE] = "";

        for (int i = 0; i < SPOT_MOTION_N_METRIC; i++) {
            const int n = count_why(report, i, (spot_motion_why)why);
            const size_t used = strlen(line);

            if (n > 0 && n < report->n_record) {
                (void)spoti_format(line + used, sizeof(line) - used, "%s%s (%d of %d)",
                                   used > 0 ? ", " : "", spot_motion_describe(i)->name, n,
                                   report->n_record);
            } else if (n > 0) {
                (void)spoti_format(line + used, sizeof(line) - used, "%s%s", used > 0 ? ", " : "",
                                   spot_motion_describe(i)->name);
            }
        }
        if (line[0] != '\0') {
            spoti_report_line(out, 2, "undefined, %s: %s",
                              spot_motion_why_str((spot_motion_why)why), line);
        }
    }
}

static spot_status print_table(const spot_motion_report *report, bool wide, FILE *out)
{
    spoti_sheet t;
    spot_status st = spoti_sheet_create(&t, report->n_record + 1);

    if (st == SPOT_OK) {
        print_sources(report, out);
        fill_table(&t, report);
        st = spoti_sheet_print(&t, wide, out);
        spot_print(out, "\n");
        print_reasons(report, out);
        print_notes(out);
    }
    spoti_sheet_free(&t);
    return st;
}

spot_status spot_report_metrics_table(const spot_motion_report *report, bool wide, FILE *out)
{
    if (report == NULL || report->n_record < 1 || report->records == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    return report->n_record == 1 ? print_list(report, out) : print_table(report, wide, out);
}
