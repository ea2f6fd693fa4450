/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Stands in for libFuzzer's main: gives each file below the named folders or files to the target
 * once, so that the corpus is replayed by every build and compiler. Fails if there was no file. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_INPUT = 1 << 22, MAX_PATH_LENGTH = 1024 };

static int n_replayed;

static int replay_file(const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        (void)fprintf(stderr, "%s: cannot read\n", path);
        return 1;
    }
    uint8_t *buffer = malloc(MAX_INPUT);
    size_t size = buffer == NULL ? 0 : fread(buffer, 1, MAX_INPUT, stream);
    (void)fclose(stream);
    /* a block of exactly the input's size, so that a sanitizer sees a read beyond it */
    uint8_t *exact = malloc(size == 0 ? 1 : size);
    if (buffer == NULL || exact == NULL) {
        free(buffer);
        free(exact);
        return 1;
    }
    memcpy(exact, buffer, size);
    free(buffer);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    n_replayed++;
    return 0;
}

static int replay(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return replay_file(path);
    }
    int failed = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char name[MAX_PATH_LENGTH];
        int n = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && n > 0 && n < MAX_PATH_LENGTH) {
            failed += replay_file(name);
        }
    }
    (void)closedir(dir);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        failed += replay(argv[i]);
    }
    (void)printf("%d inputs replayed\n", n_replayed);
    return failed == 0 && n_replayed > 0 ? 0 : 1;
}
