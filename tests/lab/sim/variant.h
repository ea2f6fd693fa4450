/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A copy of a shipped task's folder with lines of it changed: what a user's own task looks like. */
#ifndef SPOT_TEST_VARIANT_H
#define SPOT_TEST_VARIANT_H

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "support/spot_test.h"

enum { VARIANT_TEXT = 1 << 15, VARIANT_PATH = 640 };

/* Paths of the three files; the task's includes ../robots/ur5e.xml, as shipped. */
typedef struct variant {
    char task[VARIANT_PATH];
    char scene[VARIANT_PATH];
    char robot[VARIANT_PATH];
} variant;

static inline void variant_read_shipped(const char *name, char *text)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/tasks/%s", SPOT_SOURCE_DIR, name);
    size_t size = spot_test_read_file(path, text, VARIANT_TEXT);
    assert_true(size > 0 && size < VARIANT_TEXT - 1);
}

static inline void variant_copy(const char *folder, const char *name, const char *path)
{
    static char text[VARIANT_TEXT];
    char from[256];
    (void)snprintf(from, sizeof(from), "%s/%s", folder, name);
    variant_read_shipped(from, text);
    spot_test_write_file(path, text, strlen(text));
}

/* Writes the files of `task` as shipped. */
static inline void variant_make(variant *v, const char *task)
{
    char folder[512];
    spot_test_temp_path(folder, sizeof(folder), "robots");
    (void)mkdir(folder, 0777);
    (void)snprintf(v->robot, sizeof(v->robot), "%s/ur5e.xml", folder);
    variant_copy("robots", "ur5e.xml", v->robot);
    spot_test_temp_path(folder, sizeof(folder), "variant");
    (void)mkdir(folder, 0777);
    (void)snprintf(v->task, sizeof(v->task), "%s/task.yaml", folder);
    (void)snprintf(v->scene, sizeof(v->scene), "%s/scene.xml", folder);
    variant_copy(task, "task.yaml", v->task);
    variant_copy(task, "scene.xml", v->scene);
}

/* text with the first `from` replaced by `to`, into out (VARIANT_TEXT). */
static inline void variant_replace(const char *text, const char *from, const char *to, char *out)
{
    const char *at = strstr(text, from);
    if (at == NULL) {
        fail_msg("the shipped file lacks '%s'", from);
        return;
    }
    (void)snprintf(out, VARIANT_TEXT, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* Changes the first `from` in the file `path`. */
static inline void variant_edit(const char *path, const char *from, const char *to)
{
    static char text[VARIANT_TEXT];
    static char edited[VARIANT_TEXT];
    assert_true(spot_test_read_file(path, text, sizeof(text)) < sizeof(text) - 1);
    variant_replace(text, from, to, edited);
    spot_test_write_file(path, edited, strlen(edited));
}

#endif
