/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/process/scene.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "runtime/file/yaml.h"

static const double WHOLE = 1e-6; /* by how much a number of steps may miss a whole one */

static const char *const SAMPLE_NAMES[] = {"x", "y", "z", "reward", "return"};

/* ---- idle workers ---- */

/* The scene is read-only to its users but for its list, which has a lock. */
static spoti_process_scene *owner_of(const spoti_process_scene *scene)
{
    union {
        const spoti_process_scene *in;
        spoti_process_scene *out;
    } cast = {.in = scene};
    return cast.out;
}

static spoti_worker *take_idle(spoti_process_scene *scene)
{
    (void)pthread_mutex_lock(&scene->lock);
    spoti_worker *w = scene->idle;
    if (w != NULL) {
        scene->idle = w->next;
        w->next = NULL;
    }
    (void)pthread_mutex_unlock(&scene->lock);
    return w;
}

spot_status spoti_process_take(const spoti_process_scene *scene, spoti_worker **out,
                               spot_diag *diag)
{
    *out = take_idle(owner_of(scene));
    if (*out != NULL) {
        return SPOT_OK;
    }
    spot_status st = spoti_worker_start(&scene->source, scene->where, out, diag);
    if (st == SPOT_OK && (*out)->hello.hash != scene->hello.hash) {
        spoti_worker_destroy(*out);
        *out = NULL;
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "%s: a second worker says something else of itself than the first, "
                             "expected the same packages, assets and spaces",
                             scene->where);
    }
    return st;
}

void spoti_process_give_back(const spoti_process_scene *scene, spoti_worker *worker)
{
    spoti_process_scene *s = owner_of(scene);
    if (worker == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&s->lock);
    worker->next = s->idle;
    s->idle = worker;
    (void)pthread_mutex_unlock(&s->lock);
}

/* ---- whether it repeats ---- */

void spoti_process_note_start(const spoti_process_scene *scene, uint64_t seed, uint64_t hash)
{
    spoti_process_scene *s = owner_of(scene);
    spoti_process_start *start = &s->starts[seed % SPOTI_PROCESS_STARTS];

    (void)pthread_mutex_lock(&s->lock);
    if (start->known && start->seed == seed) {
        s->n_again++;
        s->n_other += start->hash != hash ? 1 : 0;
    }
    if (!s->first.known) {
        s->first = (spoti_process_start){.known = true, .seed = seed, .hash = hash};
    } else if (seed != s->first.seed) {
        s->n_seeds++;
        s->n_alike += hash == s->first.hash ? 1 : 0;
    }
    *start = (spoti_process_start){.known = true, .seed = seed, .hash = hash};
    (void)pthread_mutex_unlock(&s->lock);
}

void spoti_process_repeats(const spoti_process_scene *scene, char text[SPOT_REPEATS_SIZE])
{
    spoti_process_scene *s = owner_of(scene);

    (void)pthread_mutex_lock(&s->lock);
    const long long again = s->n_again;
    const long long other = s->n_other;
    const long long alike = s->n_seeds == s->n_alike ? s->n_alike : 0;
    const unsigned long long first = s->first.seed;
    (void)pthread_mutex_unlock(&s->lock);
    if (again == 0) {
        (void)spoti_copy(text, SPOT_REPEATS_SIZE,
                         "not known: no seed began twice; 'sweetspot check' tries one");
    } else if (other == 0) {
        (void)spoti_format(text, SPOT_REPEATS_SIZE,
                           "%lld of %lld starts of seeds that had begun before were the same; "
                           "'sweetspot check' tries steps too",
                           again, again);
    } else {
        (void)spoti_format(text, SPOT_REPEATS_SIZE,
                           "no: %lld of %lld starts of seeds that had begun before were others, so "
                           "no figure can be made again",
                           other, again);
    }
    if (alike > 0) {
        const size_t size = strlen(text);
        (void)spoti_format(
            text + size, SPOT_REPEATS_SIZE - size,
            "; all %lld starts of other seeds were as that of seed %llu, so seeds may "
            "be no trials of their own",
            alike, first);
    }
}

/* ---- what the task is ---- */

/* The ticks are steps of the environment, and a control period is a whole number of them. */
static spot_status set_pace(spoti_process_scene *s, spot_diag *diag)
{
    const spoti_process_file *f = s->file;
    const double period_s = 1.0 / f->control.rate_hz;
    const double step_s = s->hello.step_s > 0.0 ? s->hello.step_s : period_s;
    const double ticks = round(period_s / step_s);
    spot_world_dims *d = &s->info.dims;

    if (!(ticks >= 1.0) || fabs(ticks * step_s - period_s) > WHOLE * period_s) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: rate_hz: %g, expected %g, the environment's rate, or a whole "
                             "fraction of it",
                             s->path, spoti_yaml_line_at(s->path, "control.rate_hz"),
                             f->control.rate_hz, 1.0 / step_s);
    }
    const double limit_s = (double)s->hello.limit_steps * step_s;
    if (s->hello.limit_steps > 0 && f->time_limit_s > limit_s * (1.0 + WHOLE)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: time_limit_s: %g, expected at most %g: the environment ends "
                             "an episode after %lld steps",
                             s->path, spoti_yaml_line_at(s->path, "time_limit_s"), f->time_limit_s,
                             limit_s, (long long)s->hello.limit_steps);
    }
    d->tick_s = step_s;
    d->ticks_per_action = (int)ticks;
    return SPOT_OK;
}

static spot_status set_rest(spoti_process_scene *s, spot_diag *diag)
{
    const spoti_process_file *f = s->file;
    s->hold = f->hold != NULL ? *f->hold : SPOTI_HOLD_LAST;
    memcpy(s->rest, s->hello.rest, sizeof(s->rest));
    if (f->rest == NULL) {
        return SPOT_OK;
    }
    if ((int)f->rest_count != s->hello.action_dim) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: rest: %u numbers, expected %d, an action",
                             s->path, spoti_yaml_line_at(s->path, "rest"), f->rest_count,
                             s->hello.action_dim);
    }
    for (unsigned i = 0; i < f->rest_count; i++) {
        if (!(f->rest[i] >= s->hello.low[i] && f->rest[i] <= s->hello.high[i])) {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s:%d: rest: %g, expected %g to %g, an action of the environment",
                                 s->path, spoti_yaml_line_at(s->path, "rest"), f->rest[i],
                                 s->hello.low[i], s->hello.high[i]);
        }
        s->rest[i] = (float)f->rest[i];
    }
    return SPOT_OK;
}

static void set_info(spoti_process_scene *s)
{
    const spoti_process_file *f = s->file;
    const spoti_hello *h = &s->hello;
    const int skip = h->has_effector ? 0 : SPOTI_EFFECTOR_DIM;
    spot_world_dims *d = &s->info.dims;

    d->obs_dim = h->obs_dim;
    d->action_dim = h->action_dim;
    d->sample_dim = SPOTI_PROCESS_SAMPLE_MAX - skip;
    d->state_dim = h->state_dim;
    d->horizon = f->control.horizon;
    d->n_execute = f->control.execute;
    d->time_limit_s = f->time_limit_s;
    d->regime = f->regime != NULL ? *f->regime : SPOT_REGIME_DYNAMIC;
    s->info.name = f->name;
    s->info.description = f->description != NULL ? f->description : f->name;
    s->info.instruction = f->instruction != NULL      ? f->instruction
                          : h->instruction[0] != '\0' ? h->instruction
                                                      : NULL;
    s->info.charge_as = f->charge_as != NULL ? f->charge_as : "none";
    s->info.engine = (spot_engine){.name = h->engine, .version = h->version};
    s->info.sample_names = SAMPLE_NAMES + skip;
}

static spot_status ask_world(spoti_process_scene *s, spot_diag *diag)
{
    spoti_worker *first = NULL;
    for (unsigned i = 0; i < s->file->command_count; i++) {
        s->argv[i] = s->file->command[i];
    }
    (void)spoti_format(s->where, sizeof(s->where), "%s:%d: command", s->path,
                       spoti_yaml_line_at(s->path, "command"));
    s->source = (spoti_worker_source){
        .argv = s->argv,
        .dir = s->dir,
        .timeout_s = s->file->timeout_s != NULL ? *s->file->timeout_s : SPOTI_PROCESS_TIMEOUT_S,
        .allocator = s->allocator};
    spot_status st = spoti_worker_start(&s->source, s->where, &first, diag);
    if (st != SPOT_OK) {
        return st == SPOT_E_NOT_FOUND || st == SPOT_E_RANGE ? SPOT_E_FORMAT : st;
    }
    s->hello = first->hello;
    spoti_process_give_back(s, first);
    st = set_pace(s, diag);
    st = st == SPOT_OK ? set_rest(s, diag) : st;
    if (st == SPOT_OK) {
        set_info(s);
    }
    return st;
}

/* ---- life ---- */

spot_status spoti_process_scene_load(const char *path, const spot_allocator *allocator,
                                     spoti_process_scene **out, spot_diag *diag)
{
    *out = NULL;
    spoti_process_scene *s = spoti_calloc(allocator, 1, sizeof(*s));
    if (s == NULL) {
        return SPOT_E_NOMEM;
    }
    s->allocator = allocator;
    if (pthread_mutex_init(&s->lock, NULL) != 0) {
        spoti_free(allocator, s, sizeof(*s));
        return SPOT_E_NOMEM;
    }
    spot_status st = SPOT_OK;
    if (!spoti_copy(s->path, sizeof(s->path), path) ||
        !spoti_path_dir(s->dir, sizeof(s->dir), path)) {
        st = spot_diag_set(diag, SPOT_E_FORMAT, "%.64s...: a path of more than %d bytes", path,
                           SPOTI_PATH_SIZE - 1);
    }
    st = st == SPOT_OK ? spoti_process_file_load(path, &s->file, diag) : st;
    st = st == SPOT_OK ? ask_world(s, diag) : st;
    if (st != SPOT_OK) {
        spoti_process_scene_destroy(s);
        return st;
    }
    *out = s;
    return SPOT_OK;
}

void spoti_process_scene_destroy(spoti_process_scene *scene)
{
    if (scene == NULL) {
        return;
    }
    for (spoti_worker *w = take_idle(scene); w != NULL; w = take_idle(scene)) {
        spoti_worker_destroy(w);
    }
    spoti_process_file_free(scene->file);
    (void)pthread_mutex_destroy(&scene->lock);
    spoti_free(scene->allocator, scene, sizeof(*scene));
}
