/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Options of a verb: parsing, and what is said of those that are wrong. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { WORDS_MAX = 128, EXPECTED_SIZE = 128, INTEGER_MAX = 1000000000 };

/* The number at *text, up to a comma or the end; *text moves behind it. */
static bool next_real(const char **text, double *out)
{
    char *end = NULL;
    errno = 0;
    double value = strtod(*text, &end);
    if (end == *text || errno == ERANGE || !isfinite(value) || (*end != '\0' && *end != ',')) {
        return false;
    }
    *out = value;
    *text = *end == ',' ? end + 1 : end;
    return *end != ',' || end[1] != '\0';
}

static bool next_integer(const char **text, int *out)
{
    char *end = NULL;
    errno = 0;
    long value = strtol(*text, &end, 10);
    if (end == *text || errno == ERANGE || value < -INTEGER_MAX || value > INTEGER_MAX ||
        (*end != '\0' && *end != ',')) {
        return false;
    }
    *out = (int)value;
    *text = *end == ',' ? end + 1 : end;
    return *end != ',' || end[1] != '\0';
}

/* `1,5` of who writes numbers with a comma: what they mean. */
static bool has_decimal_comma(const char *text, double *meant)
{
    char point[32];
    const size_t at = strcspn(text, ",");

    if (text[at] == '\0' || strlen(text) >= sizeof(point)) {
        return false;
    }
    (void)snprintf(point, sizeof(point), "%s", text);
    point[at] = '.';
    const char *rest = point;
    return next_real(&rest, meant) && *rest == '\0';
}

/* What is right for an option, for a message about a `wrong` text. */
static void say_expected(const cli_option *option, const char *wrong, char text[EXPECTED_SIZE])
{
    static const char *const kinds[] = {
        [CLI_FLAG] = "no value",
        [CLI_TEXT] = "text",
        [CLI_TEXTS] = "text",
        [CLI_INTEGER] = "a whole number",
        [CLI_SEED] = "a whole number from 0 to 2^64 - 1",
        [CLI_REAL] = "a number",
        [CLI_INTEGERS] = "whole numbers separated by commas",
        [CLI_REALS] = "numbers separated by commas",
    };
    char more[64] = "";
    double meant = 0.0;

    if (option->kind == CLI_INTEGERS || option->kind == CLI_REALS) {
        (void)snprintf(more, sizeof(more), ", at most %d", CLI_LIST_MAX);
    } else if (option->kind == CLI_INTEGER && wrong[strspn(wrong, "+-0123456789")] == '\0') {
        (void)snprintf(more, sizeof(more), " from -%d to %d", INTEGER_MAX, INTEGER_MAX);
    } else if (option->kind == CLI_REAL && has_decimal_comma(wrong, &meant)) {
        (void)snprintf(more, sizeof(more), "; did you mean %.10g?", meant);
    }
    (void)snprintf(text, EXPECTED_SIZE, "%s%s", kinds[option->kind], more);
}

static bool read_seed(const char *text, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end != '\0' || errno == ERANGE || text[0] == '-') {
        return false;
    }
    *out = value;
    return true;
}

static bool read_integers(const char *text, cli_integers *out)
{
    out->count = 0;
    while (*text != '\0') {
        if (out->count == CLI_LIST_MAX || !next_integer(&text, &out->values[out->count])) {
            return false;
        }
        out->count++;
    }
    return out->count > 0;
}

static bool read_reals(const char *text, cli_reals *out)
{
    out->count = 0;
    while (*text != '\0') {
        if (out->count == CLI_LIST_MAX || !next_real(&text, &out->values[out->count])) {
            return false;
        }
        out->count++;
    }
    return out->count > 0;
}

static bool add_text(const char *text, cli_texts *out)
{
    if (out->count == CLI_TEXTS_MAX) {
        return false;
    }
    out->values[out->count++] = text;
    return true;
}

static bool read_value(const cli_option *option, const char *text)
{
    switch (option->kind) {
    case CLI_FLAG:
        return false;
    case CLI_TEXT:
        *(const char **)option->out = text;
        return true;
    case CLI_TEXTS:
        return add_text(text, option->out);
    case CLI_INTEGER:
        return next_integer(&text, option->out) && *text == '\0';
    case CLI_SEED:
        return read_seed(text, option->out);
    case CLI_REAL:
        return next_real(&text, option->out) && *text == '\0';
    case CLI_INTEGERS:
        return read_integers(text, option->out);
    case CLI_REALS:
        return read_reals(text, option->out);
    }
    return false;
}

static const cli_option *find_option(const cli_page *page, const char *name, size_t length)
{
    for (size_t i = 0; i < page->n_options; i++) {
        const char *known = page->options[i].name;
        if (strlen(known) == length && strncmp(known, name, length) == 0) {
            return &page->options[i];
        }
    }
    return NULL;
}

static bool refuse(const cli_page *page, int *exit_code)
{
    spot_print(stderr, "Try 'sweetspot %s --help'.\n", page->verb);
    *exit_code = CLI_USAGE;
    return false;
}

static bool refuse_option(const cli_page *page, const char *word, int *exit_code)
{
    const char *names[WORDS_MAX];
    char name[64];
    size_t n = 0;

    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word + strspn(word, "-"));
    name[strcspn(name, "=")] = '\0';
    while (n < page->n_options && n < WORDS_MAX) {
        names[n] = page->options[n].name;
        n++;
    }
    const char *near = spot_suggest(name, names, n);
    if (near != NULL) {
        spot_print(stderr, "sweetspot %s: %s: unknown option, did you mean --%s?\n", page->verb,
                   word, near);
    } else {
        spot_print(stderr, "sweetspot %s: %s: unknown option, expected one of its help page\n",
                   page->verb, word);
    }
    return refuse(page, exit_code);
}

/* Whether a word reads `key=value` with a key of operating points. */
static bool is_pair(const char *word)
{
    char name[SPOT_KNOB_VALUE_SIZE];
    const size_t length = strcspn(word, "=");

    (void)snprintf(name, sizeof(name), "%.*s", (int)length, word);
    return word[length] == '=' && spot_knob_find(name) >= 0;
}

/* `--point steps=2 overlap=1`: the shell makes two words of it. `option` and `value` came before `word`. */
static bool hint_quotes(const cli_page *page, const char *option, const char *value,
                        const char *word)
{
    if (!is_pair(word) || !is_pair(value) || strncmp(option, "--", 2) != 0) {
        return false;
    }
    spot_print(stderr,
               "sweetspot %s: '%s': belongs to no option; a point of several keys is one word, "
               "expected %s \"%s %s\" in quotes\n",
               page->verb, word, option, value, word);
    return true;
}

static bool refuse_word(const cli_page *page, char **argv, int i, int *exit_code)
{
    if (i < 3 || !hint_quotes(page, argv[i - 2], argv[i - 1], argv[i])) {
        spot_print(stderr, "sweetspot %s: '%s': belongs to no option, expected sweetspot %s %s\n",
                   page->verb, argv[i], page->verb, page->usage);
    }
    return refuse(page, exit_code);
}

/* Reads the option at argv[*i]; moves *i on if its value is the next argument. */
static bool read_option(const cli_page *page, int argc, char **argv, int *i, bool *seen,
                        int *exit_code)
{
    const char *name = argv[*i] + 2;
    size_t length = strcspn(name, "=");
    const cli_option *option =
        strncmp(argv[*i], "--", 2) == 0 ? find_option(page, name, length) : NULL;
    char expected[EXPECTED_SIZE];

    if (option == NULL) {
        return argv[*i][0] == '-' ? refuse_option(page, argv[*i], exit_code)
                                  : refuse_word(page, argv, *i, exit_code);
    }
    bool *again = &seen[option - page->options];
    if (*again && option->kind != CLI_TEXTS) {
        spot_print(stderr, "sweetspot %s: --%s: given twice, expected once\n", page->verb,
                   option->name);
        return refuse(page, exit_code);
    }
    *again = true;
    if (option->kind == CLI_FLAG && name[length] == '\0') {
        *(bool *)option->out = true;
        return true;
    }
    /* an option is no value: one was forgotten */
    const bool follows = *i + 1 < argc && strncmp(argv[*i + 1], "--", 2) != 0;
    const char *text = name[length] == '=' ? name + length + 1 : follows ? argv[++*i] : NULL;
    if (text == NULL || option->kind == CLI_FLAG || !read_value(option, text)) {
        say_expected(option, text != NULL ? text : "", expected);
        spot_print(stderr, "sweetspot %s: --%s: %s%s%s, expected %s\n", page->verb, option->name,
                   text != NULL ? "'" : "nothing given", text != NULL ? text : "",
                   text != NULL ? "'" : "", expected);
        return refuse(page, exit_code);
    }
    return true;
}

/* Moves word i to argv[*kept], and its value if it is an option that takes the next word. Returns the last one moved. */
static int keep_option(const cli_page *page, int argc, char **argv, int i, int *kept)
{
    const char *name = argv[i];
    const cli_option *option =
        strncmp(name, "--", 2) == 0 ? find_option(page, name + 2, strlen(name + 2)) : NULL;

    argv[(*kept)++] = argv[i];
    if (option != NULL && option->kind != CLI_FLAG && i + 1 < argc &&
        strncmp(argv[i + 1], "--", 2) != 0) {
        argv[(*kept)++] = argv[++i];
    }
    return i;
}

bool cli_take_sources(cli_sources *in, const cli_page *page, int *argc, char **argv)
{
    int kept = 1;
    int option_end = 0; /* index of the last word of an option */

    for (int i = 1; i < *argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0 || strcmp(argv[i], "-h") == 0) {
            i = keep_option(page, *argc, argv, i, &kept);
            option_end = i;
        } else if (option_end == i - 1 && kept > 2 &&
                   hint_quotes(page, argv[kept - 2], argv[kept - 1], argv[i])) {
            return false;
        } else if (in->count < CLI_SOURCES_MAX) {
            in->names[in->count++] = argv[i];
        } else {
            (void)cli_misuse(page->verb, "more than %d sources, expected fewer", CLI_SOURCES_MAX);
            return false;
        }
    }
    *argc = kept;
    return true;
}

bool cli_join(const cli_page *page, const char *option, const cli_texts *texts, char *out,
              size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (int i = 0; i < texts->count; i++) {
        const int n =
            snprintf(out + used, size - used, "%s%s", used > 0 ? "," : "", texts->values[i]);
        if (n < 0 || (size_t)n >= size - used) {
            (void)cli_misuse(page->verb, "--%s: too long, expected below %zu bytes", option, size);
            return false;
        }
        used += (size_t)n;
    }
    return true;
}

const char *cli_take_argument(const cli_page *page, int *argc, char **argv)
{
    const char *argument = NULL;
    int kept = 1;

    for (int i = 1; i < *argc; i++) {
        if (argv[i][0] != '-' && argument == NULL) {
            argument = argv[i];
        } else {
            i = keep_option(page, *argc, argv, i, &kept);
        }
    }
    *argc = kept;
    return argument;
}

bool cli_parse(const cli_page *page, int argc, char **argv, int *exit_code)
{
    bool seen[WORDS_MAX] = {false};

    *exit_code = page->n_options <= WORDS_MAX ? CLI_OK : CLI_FAILED;
    for (int i = 1; i < argc; i++) {
        if (cli_help_page(page, argv[i])) {
            return false;
        }
    }
    for (int i = 1; i < argc; i++) {
        if (!read_option(page, argc, argv, &i, seen, exit_code)) {
            return false;
        }
    }
    return *exit_code == CLI_OK;
}

int cli_choose(const char *verb, const char *option, const char *word, const char *const *words,
               int n_words)
{
    for (int i = 0; i < n_words; i++) {
        if (strcmp(word, words[i]) == 0) {
            return i;
        }
    }
    spot_print(stderr, "sweetspot %s: --%s: '%s', expected one of:", verb, option, word);
    for (int i = 0; i < n_words; i++) {
        spot_print(stderr, "%s %s", i > 0 ? "," : "", words[i]);
    }
    const char *near = spot_suggest(word, words, (size_t)n_words);
    if (near != NULL) {
        spot_print(stderr, "; did you mean '%s'?", near);
    }
    spot_print(stderr, "\nTry 'sweetspot %s --help'.\n", verb);
    return -1;
}

int cli_choose_show(const char *verb, const char *word)
{
    static const char *const words[] = {"points", "metrics"};
    return cli_choose(verb, "show", word, words, 2);
}

bool cli_choose_clock(const char *verb, const char *word, spot_clock *clock)
{
    const char *const words[] = {spot_clock_str(SPOT_CLOCK_EXACT),
                                 spot_clock_str(SPOT_CLOCK_PAPER)};
    const int i = cli_choose(verb, "clock", word, words, 2);
    *clock = i == 1 ? SPOT_CLOCK_PAPER : SPOT_CLOCK_EXACT;
    return i >= 0;
}

bool cli_choose_schedule(const char *verb, const char *word, bool *is_cadence)
{
    const char *const words[] = {spot_schedule_str(SPOT_SCHEDULE_OVERLAP),
                                 spot_schedule_str(SPOT_SCHEDULE_CADENCE)};
    const int i = cli_choose(verb, "schedule", word, words, 2);
    *is_cadence = i == 1;
    return i >= 0;
}

bool cli_check_seeds(const char *verb, uint64_t seed, int n)
{
    if (n >= 1 && seed <= SPOT_DEMO_SEED_BASE && (uint64_t)n <= SPOT_DEMO_SEED_BASE - seed) {
        return true;
    }
    (void)cli_misuse(
        verb,
        "--seeds %d from %llu: expected at least 1 seed, all below 2^32 (above lie the "
        "training seeds)",
        n, (unsigned long long)seed);
    return false;
}
