/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Which folder a run has, whether what is there is of the same setting, and that nobody else is in it. */
#include "spot/tune_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/show.h"
#include "lab/record/lock.h"
#include "lab/record/setting.h"
#include "lab/study/run_json.h"
#include "lab/study/tuner.h"
#include "runtime/nn/kernels.h"

/* Names may differ once from each folder that was there before. */
enum { TRIES = 16, HASH_SHOWN = 8, SHOWN_SIZE = 4 * SPOTI_SIGNATURE_SIZE };

/* Room for the names of the files inside. */
enum { DIR_SIZE_MAX = SPOTI_PATH_SIZE - 256 };

static const char EPISODES[] = "episodes";
static const char CONFIRM[] = "confirm";

struct spot_tune_folder {
    char path[SPOTI_PATH_SIZE];
    char episodes[SPOTI_PATH_SIZE];
    char confirm[SPOTI_PATH_SIZE];
    char why[SPOT_DIAG_TEXT_SIZE];
    spoti_lock lock;
    bool made;     /* it was not there before */
    bool is_below; /* below `runs`, which was not asked for either */
};

/* What the folder is to belong to. */
typedef struct owner {
    const spoti_tuner *tuner;
    char setting[SPOTI_SIGNATURE_SIZE];
    spoti_store_point *points; /* (n_rows) */
} owner;

/* ---- its plain name ---- */

/* Appends `-WORD`, in letters that a name of a folder may have. */
static bool add_word(char path[SPOTI_PATH_SIZE], const char *word, size_t size)
{
    const size_t used = strlen(path);
    const bool fits = spoti_format(path + used, SPOTI_PATH_SIZE - used, "-%.*s", (int)size, word);
    for (char *at = path + used; *at != '\0'; at++) {
        if (*at == '/' || *at == ' ') {
            *at = *at == '/' ? '+' : '_';
        }
    }
    return fits;
}

static bool add_number(char path[SPOTI_PATH_SIZE], const char *name, double value)
{
    char text[48];
    return value == 1.0 || (spoti_format(text, sizeof(text), "%s-%g", name, value) &&
                            add_word(path, text, strlen(text)));
}

/* `-NAME` where the policy is not called as its task is, so that two policies do not share a folder; for an address
 * `-SCHEME-NAME`. */
static bool add_policy(char path[SPOTI_PATH_SIZE], const char *policy, const char *task)
{
    const size_t scheme = spot_brain_is_address(policy) ? strcspn(policy, ":") : 0;
    const char *name = spoti_path_base(policy + (scheme > 0 ? scheme + 1 : 0));
    return scheme > 0 ? add_word(path, policy, scheme) && add_word(path, name, strlen(name))
           : name[0] != '\0' && strcmp(name, task) != 0 ? add_word(path, name, strlen(name))
                                                        : true;
}

/* `runs/TASK[-POLICY]-PLATFORM`, and what is not as usual. */
static spot_status name_plainly(const spoti_tuner *t, char path[SPOTI_PATH_SIZE], spot_diag *diag)
{
    const spot_tune_config *c = t->config;
    const spot_tune_setting *s = &t->result->setting;
    if (strchr(s->task, '/') != NULL || strchr(s->platform, '/') != NULL) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "the names of task and platform make no folder, expected the name of "
                             "one for the results (--out)");
    }
    const bool usual_class =
        c->trace != NULL || strcmp(s->charged_class, t->source->charge_as) == 0;
    const bool fits =
        spoti_format(path, SPOTI_PATH_SIZE, "runs/%s", s->task) &&
        add_policy(path, c->policy_name != NULL ? c->policy_name : s->task, s->task) &&
        add_word(path, s->platform, strlen(s->platform)) &&
        (usual_class || add_word(path, s->charged_class, strlen(s->charged_class))) &&
        add_number(path, "speed", s->variation.speed) &&
        add_number(path, "noise", s->variation.noise) &&
        (s->clock == SPOT_CLOCK_EXACT || add_word(path, "paper", strlen("paper"))) &&
        (!s->cadence || add_word(path, "cadence", strlen("cadence")));
    return fits ? SPOT_OK
                : spot_diag_set(diag, SPOT_E_RANGE,
                                "%.200s...: too long for a folder, expected below %d bytes", path,
                                SPOTI_PATH_SIZE);
}

/* ---- what is there ---- */

/* Visits the parts in which a folder differs from its owner. */
typedef struct difference {
    char text[SPOT_DIAG_TEXT_SIZE / 2]; /* in words; "" = it does not */
    char words[SPOTI_PATH_SIZE];        /* `-NAME-VALUE` of each part, for a name */
} difference;

/* Notes how `there` differs from `here`. */
static void note(difference *d, const char *there, const char *here)
{
    spoti_setting_part part;
    if (strcmp(there, here) == 0 || d->text[0] != '\0') {
        return;
    }
    spoti_setting_difference(there, here, d->text, sizeof(d->text));
    for (const char *at = here; spoti_setting_next_difference(there, &at, &part);) {
        const size_t shown = part.value_size == 16 ? HASH_SHOWN : part.value_size;
        (void)add_word(d->words, part.name, part.name_size);
        (void)add_word(d->words, part.value, shown);
    }
}

/* The episodes of a point that lie there may be of another latency, or of another format. */
static bool note_point(difference *d, const char *dir, const spoti_store_point *p)
{
    char name[SPOTI_EPISODES_NAME_SIZE];
    char folder[SPOTI_PATH_SIZE];
    char path[SPOTI_PATH_SIZE];
    char there[SHOWN_SIZE];
    char here[SHOWN_SIZE];
    int format = 0;
    if (!spoti_episodes_name(spoti_row_text(&p->row, SPOTI_POINT), name) ||
        !spoti_path_join(folder, sizeof(folder), dir, "episodes") ||
        !spoti_path_join(path, sizeof(path), folder, name)) {
        return false;
    }
    if (!spoti_episodes_signature(path, &format, there, sizeof(there))) {
        return true; /* none, or what the store refuses */
    }
    if (format != SPOTI_EPISODES_FORMAT) {
        char was[32];
        char is[32];
        (void)spoti_format(was, sizeof(was), "format=%d", format);
        (void)spoti_format(is, sizeof(is), "format=%d", SPOTI_EPISODES_FORMAT);
        note(d, was, is);
        return true;
    }
    char signature[SPOTI_SIGNATURE_SIZE + SPOTI_STORE_PLAN_SIZE];
    (void)spoti_format(signature, sizeof(signature), "%s%s", p->identity, p->plan);
    (void)spot_show(here, sizeof(here), signature);
    note(d, there, here);
    return true;
}

static spot_status compare(const owner *o, const char *dir, difference *d, spot_diag *diag)
{
    char there[SHOWN_SIZE];
    char here[SHOWN_SIZE];
    bool has_one = false;
    memset(d, 0, sizeof(*d));
    const spot_status st = spoti_run_json_read(dir, there, sizeof(there), &has_one, diag);
    if (has_one) {
        (void)spot_show(here, sizeof(here), o->setting);
        note(d, there, here);
    }
    for (int i = 0; st == SPOT_OK && i < o->tuner->result->n_rows; i++) {
        if (!note_point(d, dir, &o->points[i])) {
            return spoti_refuse_path(SPOT_E_RANGE, dir, diag);
        }
    }
    return st;
}

/* ---- choosing ---- */

/* The plain name; where another setting lies there, what differs as well, until none does. */
static spot_status choose(const owner *o, spot_tune_folder *f, spot_diag *diag)
{
    difference d;
    spot_status st = name_plainly(o->tuner, f->path, diag);
    st = st == SPOT_OK ? compare(o, f->path, &d, diag) : st;
    for (int i = 0; st == SPOT_OK && d.text[0] != '\0'; i++) {
        if (i == 0) {
            (void)spoti_format(f->why, sizeof(f->why), "%s: %s", f->path, d.text);
        }
        if (i == TRIES || strlen(f->path) + strlen(d.words) >= DIR_SIZE_MAX) {
            return spot_diag_set(diag, SPOT_E_RANGE,
                                 "%s and the names beside it hold other settings, expected a name "
                                 "for this one (--out)",
                                 f->path);
        }
        const size_t used = strlen(f->path);
        (void)spoti_copy(f->path + used, sizeof(f->path) - used, d.words);
        st = compare(o, f->path, &d, diag);
    }
    return st;
}

static spot_status take_name(const char *dir, char path[SPOTI_PATH_SIZE], spot_diag *diag)
{
    return dir[0] != '\0' && strlen(dir) < DIR_SIZE_MAX && spoti_copy(path, SPOTI_PATH_SIZE, dir)
               ? SPOT_OK
               : spot_diag_set(
                     diag, SPOT_E_RANGE,
                     "'%.200s': empty or too long, expected a folder's name below %d bytes", dir,
                     DIR_SIZE_MAX);
}

/* Makes it and goes in; what lies there is looked at behind the lock. */
static spot_status enter(const owner *o, spot_tune_folder *f, spot_diag *diag)
{
    difference d;
    char engine[SPOT_TUNE_ENGINE_SIZE];
    const spoti_kernels *kernels = spoti_kernels_find(o->tuner->config->kernels);
    const spoti_run_note who = {engine, kernels != NULL ? kernels->name : "none"};
    (void)spot_show(engine, sizeof(engine), o->tuner->result->setting.engine);
    if (!spoti_path_join(f->episodes, sizeof(f->episodes), f->path, EPISODES) ||
        !spoti_path_join(f->confirm, sizeof(f->confirm), f->path, CONFIRM)) {
        return SPOT_E_INTERNAL; /* DIR_SIZE_MAX leaves room for them */
    }
    f->made = access(f->path, F_OK) != 0;
    spot_status st = spoti_make_dirs(f->path, diag);
    st = st == SPOT_OK ? spoti_lock_take(&f->lock, f->path, diag) : st;
    st = st == SPOT_OK ? compare(o, f->path, &d, diag) : st;
    if (st == SPOT_OK && d.text[0] != '\0') {
        return spot_diag_set(
            diag, SPOT_E_INVALID,
            "%s: holds a run of another setting: %s; expected the same, or another "
            "folder",
            f->path, d.text);
    }
    return st == SPOT_OK ? spoti_run_json_write(f->path, o->setting, &who, diag) : st;
}

/* ---- the public calls ---- */

spot_status spoti_folder_open(const spoti_tune_source *source, const spot_platform *platform,
                              const spot_tune_config *config, const char *dir,
                              spot_tune_folder **out, spot_diag *diag)
{
    spoti_tuner t = {.source = source, .config = config};
    owner o = {.tuner = &t};
    size_t n_rows = 0;
    *out = NULL;
    spot_tune_folder *f = (spot_tune_folder *)spoti_calloc(NULL, 1, sizeof(*f));
    spot_status st = f == NULL ? SPOT_E_NOMEM : spoti_tuner_prepare(&t, platform, diag);
    if (st == SPOT_OK) {
        n_rows = (size_t)t.result->n_rows;
        o.points = (spoti_store_point *)spoti_calloc(NULL, n_rows, sizeof(*o.points));
        st = o.points == NULL ? SPOT_E_NOMEM : spoti_describe_run(&t, o.setting, diag);
    }
    st = st == SPOT_OK ? spoti_describe_points(&t, o.points, diag) : st;
    if (st == SPOT_OK) {
        f->is_below = dir == NULL;
        st = dir != NULL ? take_name(dir, f->path, diag) : choose(&o, f, diag);
    }
    st = st == SPOT_OK ? enter(&o, f, diag) : st;
    spoti_free(NULL, o.points, n_rows * sizeof(*o.points));
    spoti_tuner_free(&t);
    if (st != SPOT_OK) {
        spot_tune_folder_close(f);
        return st;
    }
    *out = f;
    return SPOT_OK;
}

const char *spot_tune_folder_path(const spot_tune_folder *folder)
{
    return folder->path;
}

const char *spot_tune_folder_episodes(const spot_tune_folder *folder)
{
    return folder->episodes;
}

const char *spot_tune_folder_confirm(const spot_tune_folder *folder)
{
    return folder->confirm;
}

const char *spot_tune_folder_why(const spot_tune_folder *folder)
{
    return folder->why;
}

/* Whether there is nothing in it but what opening it put there. */
static bool is_empty(const char *dir)
{
    static const char *const ours[] = {".", "..", ".lock", "run.json"};
    bool empty = true;
    DIR *entries = opendir(dir);
    if (entries == NULL) {
        return false;
    }
    for (const struct dirent *e = readdir(entries); e != NULL; e = readdir(entries)) {
        bool known = false;
        for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
            known = known || strcmp(e->d_name, ours[i]) == 0;
        }
        empty = empty && known;
    }
    (void)closedir(entries);
    return empty;
}

/* Nothing came of it: what was made for it goes, while nobody else is in it. */
static bool remove_empty(const char *dir)
{
    const char *const inside[] = {EPISODES, CONFIRM};
    char path[SPOTI_PATH_SIZE];
    for (int i = 0; i < 2; i++) {
        if (spoti_path_join(path, sizeof(path), dir, inside[i])) {
            (void)rmdir(path);
        }
    }
    const bool goes = is_empty(dir) && spoti_path_join(path, sizeof(path), dir, "run.json");
    if (goes) {
        (void)unlink(path);
    }
    return goes;
}

void spot_tune_folder_close(spot_tune_folder *folder)
{
    if (folder == NULL) {
        return;
    }
    if (folder->lock.held) {
        const bool goes = folder->made && remove_empty(folder->path);
        spoti_lock_release(&folder->lock);
        if (goes) {
            (void)rmdir(folder->path);
            (void)(folder->is_below && rmdir("runs") == 0);
        }
    }
    spoti_free(NULL, folder, sizeof(*folder));
}
