/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The folder of a tuning run, which may grow: more seeds and more points are added to what is there.
 *
 * It belongs to one setting, which its `run.json` says: all that decides episodes but point and seed. A run of
 * another setting is refused there, or is given a folder of its own whose name says what differs. While it is open no
 * other process works in it.
 *
 *     spot_tune_folder_open(task, &brain, platform, &config, NULL, &folder, &diag);
 *     config.episodes_dir = spot_tune_folder_episodes(folder);
 *     spot_tune(task, &brain, platform, &config, NULL, NULL, &result, &diag);
 *     spot_report_tune_files(result, spot_tune_folder_path(folder), &drawn, &diag);
 *     spot_tune_folder_close(folder);
 */
#ifndef SPOT_TUNE_FOLDER_H
#define SPOT_TUNE_FOLDER_H

#include "spot/tune.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct spot_tune_folder spot_tune_folder;

/* Opens the folder of the run that `config` describes, and makes it if needed. dir: its name; NULL: below `runs`,
 * named by task, policy, platform and what of the setting is not the usual, and, where that folder holds another
 * setting, by what differs from it. Ownership: on success the caller closes *out; on failure it is NULL. Returns
 * SPOT_OK, E_INVALID (`dir` holds a run of another setting; diag says what differs), E_STATE (another process is
 * at work there; diag says which), E_FORMAT (its run.json), E_IO, and what spot_tune says of `config`. */
SPOT_API spot_status spot_tune_folder_open(const spot_task *task, const spot_brain *brain,
                                           const spot_platform *platform,
                                           const spot_tune_config *config, const char *dir,
                                           spot_tune_folder **out, spot_diag *diag);

/* Texts that live as long as the folder: its name; below it spot_tune_config.episodes_dir and confirm_dir. */
SPOT_API const char *spot_tune_folder_path(const spot_tune_folder *folder);
SPOT_API const char *spot_tune_folder_episodes(const spot_tune_folder *folder);
SPOT_API const char *spot_tune_folder_confirm(const spot_tune_folder *folder);

/* Why the folder is not called by its plain name: `runs/a-b: speed is 1 there and 2 here`; "" = it is. */
SPOT_API const char *spot_tune_folder_why(const spot_tune_folder *folder);

/* Lets others in; a folder that was made for the run, and in which nothing was left, goes away. NULL is fine. */
SPOT_API void spot_tune_folder_close(spot_tune_folder *folder);

#ifdef __cplusplus
}
#endif

#endif
