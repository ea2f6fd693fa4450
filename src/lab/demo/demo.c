/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Demonstrations on several threads, kept in the order of their seeds: batches of episodes are run in parallel into
 * memory, and each becomes a part on disk (parts.h); at the end the parts become one file. So neither the file nor
 * the memory depends on the threads, and a run that was stopped has lost no more than the batch it was at.
 */
#include "spot/demo.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/base/hash.h"
#include "lab/base/executor.h"
#include "lab/demo/hdf5_file.h"
#include "lab/demo/parts.h"

enum {
    /* Raised with every change after which a seed gives another demonstration, or a part another layout. */
    DEMOS_NUMBER = 1,
    HEX_SIZE = 17,
};

static const int EPISODES_MAX = 100000;
/* An expert that fails more often than this is broken, and recording would not end. */
static const int TRIES_PER_DEMO = 4;

typedef struct recorder {
    const spot_task *task;
    const spot_demo_config *config;
    char *model_text;
    spoti_parts parts;
    spoti_demo demos[SPOTI_PART_EPISODES];
    spoti_demo_images images; /* if config->images */
    uint64_t first;           /* seed of demos[0] */
    int begin;                /* the first of those that are being run */
    spot_progress_fn progress;
    void *progress_ctx;
    spoti_end *ends; /* (config->episodes) of the successes */
    int kept;        /* demonstrations on disk, of those that are wanted */
} recorder;

void spot_demo_config_default(spot_demo_config *config)
{
    *config = (spot_demo_config){.size = sizeof(*config),
                                 .episodes = 1000,
                                 .seed = 0,
                                 .threads = 1,
                                 .speed_low = 1.0,
                                 .speed_high = 1.0,
                                 .disturb = true};
}

static spot_status check_config(const spot_demo_config *c, spot_diag *diag)
{
    if (c->episodes < 1 || c->episodes > EPISODES_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "episodes %d: expected 1 to %d", c->episodes,
                             EPISODES_MAX);
    }
    if (!(c->speed_low >= 0.0 && c->speed_low <= c->speed_high && c->speed_high <= 10.0)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "speeds %g to %g: expected 0 <= low <= high <= 10",
                             c->speed_low, c->speed_high);
    }
    if (c->threads < 1 || c->threads > SPOTI_WORKERS_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "threads %d: expected 1 to %d", c->threads,
                             SPOTI_WORKERS_MAX);
    }
    if (c->seed >= SPOT_DEMO_SEED_BASE) {
        return spot_diag_set(diag, SPOT_E_RANGE, "seed: expected less than 2^32");
    }
    return SPOT_OK;
}

/* ---- one batch ---- */

/* Runs one demonstration in a world of its own, as each has its own belt speed. */
static spot_status record_one(void *ctx, int worker, int64_t index)
{
    recorder *r = ctx;
    const int64_t i = r->begin + index;
    spoti_demo *demo = &r->demos[i];
    const uint64_t seed = r->first + (uint64_t)i;
    spot_rng rng = spot_rng_at(seed, SPOT_STREAM_DISTURB, 1);
    spot_world world;

    (void)worker;
    demo->speed = spot_rng_uniform(&rng, r->config->speed_low, r->config->speed_high);
    spot_variation variation = {.speed = demo->speed, .noise = 1.0};
    spot_status st = spot_task_make_world(r->task, &variation, &world, NULL);
    if (st == SPOT_OK) {
        st = spoti_demo_run(demo, r->task, &world, seed, r->config->disturb);
        spot_world_destroy(&world);
    }
    return st;
}

static spoti_end end_of(const spoti_demo *demo)
{
    if (!demo->success) {
        return demo->episode.invalid ? SPOTI_END_INVALID : SPOTI_END_FAILED;
    }
    return memchr(demo->ok, 0, (size_t)demo->count) != NULL ? SPOTI_END_DISTURBED
                                                            : SPOTI_END_UNDISTURBED;
}

/* Of a batch of which n were run. */
static void sum_up(const spoti_demo *demos, int n, spoti_part *part)
{
    memset(part, 0, sizeof(*part));
    for (int i = n; i < SPOTI_PART_EPISODES; i++) {
        part->ends[i] = SPOTI_END_NOT_RUN;
    }
    for (int i = 0; i < n; i++) {
        part->ends[i] = end_of(&demos[i]);
        part->rows[i] = demos[i].count;
        if (part->ends[i] == SPOTI_END_INVALID && part->fault[0] == '\0') {
            (void)spoti_copy(part->fault, sizeof(part->fault), demos[i].episode.fault);
        }
    }
}

static bool ask_to_go_on(void *ctx, int64_t index, int64_t done, int64_t total)
{
    const recorder *r = ctx;
    (void)index;
    (void)done;
    (void)total;
    return r->progress(r->progress_ctx, r->kept, r->config->episodes);
}

/* Runs episodes of a batch until `wanted` of them have succeeded, or all; *n_run of them. */
static spot_status run_batch(recorder *r, int wanted, int *n_run)
{
    const spoti_executor *executor = spoti_executor_for(r->config->threads);
    spot_status st = SPOT_OK;

    *n_run = 0;
    while (st == SPOT_OK && wanted > 0 && *n_run < SPOTI_PART_EPISODES) {
        const int left = SPOTI_PART_EPISODES - *n_run;
        const int more = wanted < left ? wanted : left;
        r->begin = *n_run;
        st = executor->run(executor->self, more, r->config->threads, record_one,
                           r->progress != NULL ? ask_to_go_on : NULL, r);
        for (int i = *n_run; i < *n_run + more && st == SPOT_OK; i++) {
            wanted -= r->demos[i].success ? 1 : 0;
        }
        *n_run += more;
    }
    return st;
}

/* `st` with what the first demonstration says that has failed over its images. */
static spot_status say_trouble(const recorder *r, spot_status st, spot_diag *diag)
{
    for (int i = 0; i < SPOTI_PART_EPISODES; i++) {
        if (r->demos[i].trouble.text[0] != '\0') {
            return spot_diag_set(diag, st, "%s", r->demos[i].trouble.text);
        }
    }
    return st;
}

/* Runs batch n as far as is wanted and keeps it. */
static spot_status record_part(recorder *r, int n, int wanted, spoti_part *part, spot_diag *diag)
{
    spoti_hdf5_batch batch = {.task = r->task, .model_text = r->model_text, .demos = r->demos};
    char path[SPOTI_PATH_SIZE];

    r->first = SPOT_DEMO_SEED_BASE + r->config->seed + (uint64_t)n * SPOTI_PART_EPISODES;
    spot_status st = run_batch(r, wanted, &batch.n);
    if (st != SPOT_OK) {
        return say_trouble(r, st, diag);
    }
    sum_up(r->demos, batch.n, part);
    spoti_parts_path(&r->parts, n, path);
    st = spoti_hdf5_write(path, spoti_hdf5_fill_part, &batch, diag);
    return st == SPOT_OK ? spoti_parts_keep(&r->parts, n, part, diag) : st;
}

/* ---- all of them ---- */

/* Takes the episodes of a part until there are enough. */
static void count_part(recorder *r, const spoti_part *part, spot_demo_result *result)
{
    for (int i = 0; i < SPOTI_PART_EPISODES && result->succeeded < r->config->episodes &&
                    part->ends[i] != SPOTI_END_NOT_RUN;
         i++) {
        result->tried++;
        if (part->ends[i] == SPOTI_END_INVALID && result->invalid++ == 0) {
            memcpy(result->fault, part->fault, sizeof(result->fault));
        }
        if (spoti_end_is_success(part->ends[i])) {
            r->ends[result->succeeded++] = part->ends[i];
            result->rows += part->rows[i];
        }
    }
}

/* Whether a part that was found can stay: all of it was run, or as many have succeeded as are missing now. */
static bool is_enough(const spoti_part *part, int missing)
{
    int n = 0;
    for (int i = 0; i < SPOTI_PART_EPISODES; i++) {
        n += spoti_end_is_success(part->ends[i]) ? 1 : 0;
    }
    return part->ends[SPOTI_PART_EPISODES - 1] != SPOTI_END_NOT_RUN || n >= missing;
}

static spot_status record_all(recorder *r, spot_demo_result *result, spot_diag *diag)
{
    const int wanted = r->config->episodes;
    spoti_part part;

    for (int n = 0; result->succeeded < wanted; n++) {
        if (result->tried >= TRIES_PER_DEMO * wanted + SPOTI_PART_EPISODES) {
            return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                                 "the expert succeeded in %d of %d episodes, %d were invalid%s%s, "
                                 "expected more successes",
                                 result->succeeded, result->tried, result->invalid,
                                 result->invalid > 0 ? ", the first because of: " : "",
                                 result->fault);
        }
        const int missing = wanted - result->succeeded;
        const bool found = spoti_parts_find(&r->parts, n, &part) && is_enough(&part, missing);
        const spot_status st = found ? SPOT_OK : record_part(r, n, missing, &part, diag);
        if (st != SPOT_OK) {
            return st;
        }
        const int before = result->succeeded;
        count_part(r, &part, result);
        result->found += found ? result->succeeded - before : 0;
        r->kept = result->succeeded;
        if (r->progress != NULL && !r->progress(r->progress_ctx, r->kept, wanted) &&
            r->kept < wanted) {
            return SPOT_E_STATE;
        }
    }
    return SPOT_OK;
}

/* ---- settings ---- */

static json_t *hex(uint64_t hash)
{
    char text[HEX_SIZE];
    (void)spoti_format(text, sizeof(text), "%016" PRIx64, hash);
    return json_string(text);
}

/* What the episodes depend on, which is not how many are wanted nor who runs them. */
static spot_status describe(const recorder *r, json_t **out, spot_diag *diag)
{
    const spot_demo_config *c = r->config;
    char identity[SPOTI_TASK_IDENTITY_SIZE];
    uint64_t file = SPOTI_HASH_START;
    uint64_t probe = 0;

    spot_status st = spoti_task_identify(r->task, identity);
    if (st == SPOT_OK && r->task->path[0] != '\0') {
        st = spoti_hash_file(&file, r->task->path, diag);
    }
    st = st == SPOT_OK ? spoti_task_probe(r->task, &probe, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    *out = json_pack("{s:s, s:s, s:f, s:f, s:I, s:b, s:o, s:o, s:i, s:b}", "task",
                     spot_task_describe(r->task)->name, "identity", identity, "speed_low",
                     c->speed_low, "speed_high", c->speed_high, "seed", (json_int_t)c->seed,
                     "disturb", (int)c->disturb, "task_file", hex(file), "simulator", hex(probe),
                     "format", (int)DEMOS_NUMBER, "images", (int)c->images);
    return *out != NULL ? SPOT_OK : SPOT_E_NOMEM;
}

static spot_status open_parts(recorder *r, const char *path, spot_diag *diag)
{
    json_t *settings = NULL;
    spot_status st = describe(r, &settings, diag);
    st = st == SPOT_OK ? spoti_parts_open(&r->parts, path, settings, diag) : st;
    json_decref(settings);
    return st;
}

/* ---- life ---- */

/* Finds the cameras and has all demonstrations take what these see. */
static spot_status look_too(recorder *r, spot_diag *diag)
{
    const spot_status st = spoti_demo_images_find(r->task, &r->images, diag);
    for (int i = 0; i < SPOTI_PART_EPISODES; i++) {
        r->demos[i].images = &r->images;
        r->demos[i].first_image = (int64_t)i * r->demos[i].capacity;
    }
    return st;
}

static spot_status make_recorder(const spot_task *task, const spot_demo_config *config,
                                 recorder **out, spot_diag *diag)
{
    recorder *r = spoti_calloc(task->allocator, 1, sizeof(*r));
    *out = r;
    if (r == NULL) {
        return SPOT_E_NOMEM;
    }
    r->task = task;
    r->config = config;
    r->images.fd = -1;
    r->ends = spoti_calloc(task->allocator, (size_t)config->episodes, sizeof(*r->ends));
    spot_status st = r->ends != NULL ? SPOT_OK : SPOT_E_NOMEM;
    for (int i = 0; i < SPOTI_PART_EPISODES && st == SPOT_OK; i++) {
        st = spoti_demo_init(&r->demos[i], task);
    }
    st = st == SPOT_OK && config->images ? look_too(r, diag) : st;
    return st == SPOT_OK ? spoti_task_model_text(task, &r->model_text, diag) : st;
}

static void free_recorder(recorder *r)
{
    if (r == NULL) {
        return;
    }
    const spot_allocator *allocator = r->task->allocator;
    for (int i = 0; i < SPOTI_PART_EPISODES; i++) {
        spoti_demo_fini(&r->demos[i]);
    }
    spoti_demo_images_close(&r->images);
    spoti_free(allocator, r->ends, (size_t)r->config->episodes * sizeof(*r->ends));
    spoti_strfree(allocator, r->model_text);
    spoti_free(allocator, r, sizeof(*r));
}

/* Says with what went wrong what is kept all the same; of nothing nothing stays. */
static spot_status leave(const recorder *r, spot_status st, spot_diag *diag)
{
    if (st == SPOT_OK || r->kept == 0) {
        spoti_parts_remove(&r->parts);
        return st;
    }
    if (diag != NULL && st != SPOT_E_STATE) {
        const spot_diag why = *diag;
        return spot_diag_set(diag, st,
                             "%s; %d demonstrations are kept in %s: the same again goes on "
                             "with them",
                             why.text[0] != '\0' ? why.text : spot_status_str(st), r->kept,
                             r->parts.folder);
    }
    return st;
}

static spot_status record(recorder *r, const char *path, spot_demo_result *result, spot_diag *diag)
{
    spot_status st = open_parts(r, path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = r->config->images ? spoti_demo_images_open(&r->images, r->parts.folder, diag) : SPOT_OK;
    st = st == SPOT_OK ? record_all(r, result, diag) : st;
    if (st == SPOT_OK) {
        const spoti_hdf5_plan plan = {.task = r->task,
                                      .parts = &r->parts,
                                      .count = r->config->episodes,
                                      .ends = r->ends,
                                      .rows = result->rows};
        st = spoti_hdf5_write(path, spoti_hdf5_fill_whole, &plan, diag);
    }
    st = leave(r, st, diag);
    spoti_parts_close(&r->parts);
    return st;
}

spot_status spot_demo_record(const spot_task *task, const spot_demo_config *config,
                             const char *path, spot_progress_fn progress, void *ctx,
                             spot_demo_result *result, spot_diag *diag)
{
    spot_demo_result counted = {0};
    recorder *r = NULL;

    if (task == NULL || SPOTI_CONFIG_CHECK(spot_demo_config, config, diag) != SPOT_OK ||
        path == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = check_config(config, diag);
    st = st == SPOT_OK ? spoti_demo_check(task, diag) : st;
    st = st == SPOT_OK ? make_recorder(task, config, &r, diag) : st;
    if (st == SPOT_OK) {
        r->progress = progress;
        r->progress_ctx = ctx;
        st = record(r, path, &counted, diag);
    }
    if (result != NULL) {
        *result = counted;
    }
    free_recorder(r);
    return st;
}
