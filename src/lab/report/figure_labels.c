/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/report/figure_labels.h"

#include <string.h>

#include "core/base/text.h"

enum {
    LABEL_MAX = 13,      /* characters that fit under a point of many */
    LETTERS_MAX = 96,    /* of all points side by side, where they are few */
    LINES_MAX = 7,       /* of a level label */
    MAX_LEVEL_ROWS = 20, /* more points get slanted labels */
    LINE_PX = 17,
    LETTER_PX = 5, /* of a slanted label, downwards */
};

/* A label as it grows. */
typedef struct label {
    char text[2 * SPOT_ANALYZE_NAME_SIZE];
    int lines;
    size_t longest; /* line */
} label;

/* Whether the names of all points hold the word. */
static bool is_shared(const spot_analysis_setting *s, const char *word, size_t length)
{
    for (int i = 0; i < s->n_points; i++) {
        bool found = false;
        for (const char *at = s->points[i].name; *at != '\0' && !found;) {
            const size_t here = strcspn(at, " ");
            found = here == length && memcmp(at, word, length) == 0;
            at += here;
            at += strspn(at, " ");
        }
        if (!found) {
            return false;
        }
    }
    return s->n_points > 1;
}

static void add_line(label *l, const char *words, size_t length)
{
    char line[SPOT_ANALYZE_NAME_SIZE];
    const size_t used = strlen(l->text);
    (void)spoti_copy_n(line, sizeof(line), words, length);
    (void)spoti_format(l->text + used, sizeof(l->text) - used, "%s%s", used > 0 ? "\n" : "", line);
    l->longest = length > l->longest ? length : l->longest;
    l->lines++;
}

/* Characters that a line may have. */
static size_t room_of(const spot_analysis_setting *s)
{
    const int room = LETTERS_MAX / s->n_points;
    return (size_t)(room > LABEL_MAX ? room : LABEL_MAX);
}

/* A setting in one line, or `key=` and its value in two where it would run into the neighbour's. */
static void add_setting(label *l, const char *word, size_t key, size_t length, size_t room)
{
    if (length > room && key < length) {
        add_line(l, word, key);
        add_line(l, word + key, length - key);
    } else {
        add_line(l, word, length);
    }
}

/* The bytes of `text` up to the next setting that fit a line, broken at blanks; at least a word. */
static size_t words_that_fit(const char *text, size_t room)
{
    size_t end = 0;
    for (size_t at = 0; text[at] != '\0';) {
        const size_t length = strcspn(text + at, " ");
        if (end > 0 && (at + length > room || memchr(text + at, '=', length) != NULL)) {
            break;
        }
        end = at + length;
        at = end + strspn(text + end, " ");
    }
    return end;
}

static label label_of(const spot_analysis_setting *s, int i)
{
    label l = {.lines = 0};
    const size_t room = room_of(s);
    for (const char *at = s->points[i].name; *at != '\0';) {
        size_t length = strcspn(at, " ");
        const char *equals = memchr(at, '=', length);
        if (equals == NULL) {
            length = words_that_fit(at, room);
            add_line(&l, at, length);
        } else if (!is_shared(s, at, length)) {
            add_setting(&l, at, (size_t)(equals - at) + 1, length, room);
        }
        at += length;
        at += strspn(at, " ");
    }
    if (i == s->baseline) {
        add_line(&l, "(baseline)", strlen("(baseline)"));
    }
    return l;
}

static bool is_level(const spot_analysis_setting *s)
{
    bool level = s->n_points <= MAX_LEVEL_ROWS;
    for (int i = 0; i < s->n_points && level; i++) {
        const label l = label_of(s, i);
        level = l.lines <= LINES_MAX && l.longest <= room_of(s) + 2;
    }
    return level;
}

bool spoti_labels_one_knob(const spot_analysis_setting *s)
{
    size_t key = 0; /* of the first label, `=` included */
    label first = {.lines = 0};
    for (int i = 0; i < s->n_points; i++) {
        const label l = label_of(s, i);
        const size_t length = strcspn(l.text, "\n");
        double number = 0.0;
        char value[32];
        if (i == 0) {
            first = l;
            key = strcspn(l.text, "=\n") + 1;
        }
        if (l.lines != 1 + (i == s->baseline) || length <= key || length - key >= sizeof(value) ||
            l.text[key - 1] != '=' || strncmp(l.text, first.text, key) != 0) {
            return false;
        }
        (void)spoti_copy_n(value, sizeof(value), l.text + key, length - key);
        if (spoti_parse_double(value, &number) != SPOT_OK) {
            return false;
        }
    }
    return s->n_points > 1;
}

int spoti_labels_height_px(const spot_analysis_setting *s)
{
    size_t longest = 0;
    int lines = 0;
    for (int i = 0; i < s->n_points; i++) {
        const label l = label_of(s, i);
        lines = l.lines > lines ? l.lines : lines;
        longest = strlen(l.text) > longest ? strlen(l.text) : longest;
    }
    return is_level(s) ? LINE_PX * lines : LETTER_PX * (int)longest;
}

void spoti_labels_write(spoti_script *out, const spot_analysis_setting *s)
{
    const bool level = is_level(s);
    spoti_script_put(out, "set xtics out nomirror scale 0.5 font ',11' noenhanced ");
    spoti_script_put(out, level ? "norotate center (" : "rotate by 35 right (");
    for (int i = 0; i < s->n_points; i++) {
        label l = label_of(s, i);
        for (char *at = strchr(l.text, '\n'); at != NULL && !level; at = strchr(at, '\n')) {
            *at = ' ';
        }
        spoti_script_put(out, i > 0 ? ", " : "");
        spoti_script_tic(out, l.text, i);
    }
    spoti_script_put(out, ")\n");
}
