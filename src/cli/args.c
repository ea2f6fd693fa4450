/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Options of a verb: parsing, and the help page made from the same table. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const char *kind_text(cli_kind kind)
{
    switch (kind) {
    case CLI_INTEGER:
        return "a whole number";
    case CLI_SEED:
        return "a whole number from 0";
    case CLI_REAL:
        return "a number";
    case CLI_INTEGERS:
        return "whole numbers separated by commas";
    case CLI_REALS:
        return "numbers separated by commas";
    default:
        return "text";
    }
}

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
    if (end == *text || errno == ERANGE || value < -1000000000L || value > 1000000000L ||
        (*end != '\0' && *end != ',')) {
        return false;
    }
    *out = (int)value;
    *text = *end == ',' ? end + 1 : end;
    return *end != ',' || end[1] != '\0';
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

/* The program's own words, of several lines. */
static void put_page(const char *text)
{
    (void)fputs(text, stdout);
}

static void print_help(const cli_page *page)
{
    put_page(page->summary);
    spot_print(stdout, "\n\nUsage: sweetspot %s %s\n\nOptions:\n", page->verb, page->usage);
    for (size_t i = 0; i < page->n_options; i++) {
        const cli_option *o = &page->options[i];
        char left[64];
        (void)snprintf(left, sizeof(left), "--%s%s%s", o->name, o->value != NULL ? " " : "",
                       o->value != NULL ? o->value : "");
        spot_print(stdout, "  %-26s %s\n", left, o->help);
    }
    spot_print(stdout, "  %-26s %s\n", "--help", "this page");
    if (page->notes != NULL) {
        spot_print(stdout, "\n");
        put_page(page->notes);
    }
    spot_print(stdout, "\nExamples:\n");
    put_page(page->examples);
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

/* Reads the option at argv[*i]; moves *i on if its value is the next argument. */
static bool read_option(const cli_page *page, int argc, char **argv, int *i, int *exit_code)
{
    const char *name = argv[*i] + 2;
    size_t length = strcspn(name, "=");
    const cli_option *option =
        strncmp(argv[*i], "--", 2) == 0 ? find_option(page, name, length) : NULL;

    if (option == NULL) {
        spot_print(stderr, "sweetspot %s: %s: unknown option\n", page->verb, argv[*i]);
        return refuse(page, exit_code);
    }
    if (option->kind == CLI_FLAG && name[length] == '\0') {
        *(bool *)option->out = true;
        return true;
    }
    const char *text = name[length] == '=' ? name + length + 1 : *i + 1 < argc ? argv[++*i] : NULL;
    if (text == NULL || option->kind == CLI_FLAG || !read_value(option, text)) {
        spot_print(stderr, "sweetspot %s: --%s: %s%s%s, expected %s\n", page->verb, option->name,
                   text != NULL ? "'" : "nothing given", text != NULL ? text : "",
                   text != NULL ? "'" : "",
                   option->kind == CLI_FLAG ? "no value" : kind_text(option->kind));
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
    if (option != NULL && option->kind != CLI_FLAG && i + 1 < argc) {
        argv[(*kept)++] = argv[++i];
    }
    return i;
}

bool cli_take_sources(cli_sources *in, const cli_page *page, int *argc, char **argv)
{
    int kept = 1;

    for (int i = 1; i < *argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0 || strcmp(argv[i], "-h") == 0) {
            i = keep_option(page, *argc, argv, i, &kept);
        } else if (in->count < CLI_SOURCES_MAX) {
            in->names[in->count++] = argv[i];
        } else {
            (void)cli_misuse(page->verb, "more than %d sources", CLI_SOURCES_MAX);
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
            (void)cli_misuse(page->verb, "--%s: too long", option);
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
    *exit_code = CLI_OK;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(page);
            return false;
        }
    }
    for (int i = 1; i < argc; i++) {
        if (!read_option(page, argc, argv, &i, exit_code)) {
            return false;
        }
    }
    return true;
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
