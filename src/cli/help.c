/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A verb's page in each form: for the terminal, the manual, and the completions of three shells. One table of options is
 * the source of all of them. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

enum { FORMAT_MAN, FORMAT_BASH, FORMAT_ZSH, FORMAT_FISH };

static const char *const formats[CLI_HELP_FORMATS] = {"man", "bash", "zsh", "fish"};

const char *const *cli_help_formats(void)
{
    return formats;
}

/* Whose values are names that `sweetspot help THINGS` lists. */
static const struct {
    const char *option, *things;
} named[] = {
    {"task", "tasks"},           {"policy", "policies"}, {"platform", "platforms"},
    {"alpha-from", "platforms"}, {"agent", "platforms"}, {"server", "platforms"},
    {"model", "models"},         {"link", "links"},
};
enum { N_NAMED = sizeof(named) / sizeof(named[0]) };

/* The program's own words, of several lines. */
static void put(const char *text)
{
    (void)fputs(text, stdout);
}

/* ---- the terminal ---- */

static void print_help(const cli_page *page)
{
    put(page->summary);
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
        put(page->notes);
    }
    spot_print(stdout, "\nExamples:\n");
    put(page->examples);
}

/* ---- the manual ---- */

/* Text in which troff obeys nothing. */
static void put_man(const char *text)
{
    bool begins = true;
    for (const char *c = text; *c != '\0'; c++) {
        if (begins && (*c == '.' || *c == '\'')) {
            put("\\&");
        }
        if (*c == '\\') {
            put("\\e");
        } else if (*c == '-') {
            put("\\-");
        } else {
            (void)fputc(*c, stdout);
        }
        begins = *c == '\n';
    }
}

static void put_lines(const char *text)
{
    put(".nf\n");
    put_man(text);
    put(".fi\n");
}

static void print_man(const cli_page *page)
{
    spot_print(stdout, ".SH SWEETSPOT %s\n.B sweetspot %s\n", page->verb, page->verb);
    put_man(page->usage);
    put("\n.PP\n");
    put_man(page->summary);
    put("\n");
    for (size_t i = 0; i < page->n_options; i++) {
        const cli_option *o = &page->options[i];
        put(".TP\n.B \\-\\-");
        put_man(o->name);
        if (o->value != NULL) {
            put("\\fR \\fI");
            put_man(o->value);
            put("\\fR");
        }
        put("\n");
        put_man(o->help);
        put("\n");
    }
    if (page->notes != NULL) {
        put(".PP\n");
        put_lines(page->notes);
    }
    put(".PP\nExamples:\n.PP\n");
    put_lines(page->examples);
}

static void begin_man(const cli_verb *verbs, size_t n_verbs)
{
    spot_print(stdout,
               ".TH SWEETSPOT 1 \"\" \"sweetspot %s\" \"User commands\"\n"
               ".SH NAME\nsweetspot \\- find the operating point of a robot policy\n"
               ".SH SYNOPSIS\n.B sweetspot\n.I VERB\n[options]\n"
               ".SH DESCRIPTION\nAt which operating point should this robot policy run, on this "
               "computer, so that the task gets done soonest, most often, or with the least "
               "energy?\n",
               SPOT_VERSION_STRING);
    for (size_t i = 0; i < n_verbs; i++) {
        spot_print(stdout, ".TP\n.B %s\n", verbs[i].name);
        put_man(verbs[i].help);
        put("\n");
    }
}

static void end_man(void)
{
    put(".SH EXIT STATUS\n.TP\n.B 0\ndone\n.TP\n.B 1\nthe job failed\n.TP\n.B 2\n"
        "the command, or a file that it names, cannot be used\n"
        ".SH ENVIRONMENT\n.TP\n.B SPOT_DATA\n"
        "folder with tasks/, policies/ and platforms/, looked into first\n");
}

/* ---- bash ---- */

static void print_bash(const cli_page *page)
{
    spot_print(stdout, "    %s)\n        options='", page->verb);
    for (size_t i = 0; i < page->n_options; i++) {
        spot_print(stdout, "--%s ", page->options[i].name);
    }
    put("--help'\n        flags='");
    for (size_t i = 0; i < page->n_options; i++) {
        if (page->options[i].value == NULL) {
            spot_print(stdout, "--%s ", page->options[i].name);
        }
    }
    put("--help'\n        ;;\n");
}

static void begin_bash(const cli_verb *verbs, size_t n_verbs)
{
    put("# Completions of sweetspot for bash, printed by `sweetspot help bash`.\n_sweetspot()\n{\n"
        "    local word=$2 before=$3 options='' flags=''\n    COMPREPLY=()\n"
        "    if ((COMP_CWORD == 1)); then\n        mapfile -t COMPREPLY < <(compgen -W '");
    for (size_t i = 0; i < n_verbs; i++) {
        spot_print(stdout, "%s ", verbs[i].name);
    }
    put("help --help --version' -- \"$word\")\n        return\n    fi\n"
        "    case ${COMP_WORDS[1]} in\n");
}

static void end_bash(void)
{
    put("    esac\n"
        "    if [[ $word == -* ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
        "        return\n    fi\n    local things=''\n    case ${COMP_WORDS[1]}$before in\n");
    for (int i = 0; i < N_NAMED; i++) {
        spot_print(stdout, "    *--%s) things=%s ;;\n", named[i].option, named[i].things);
    }
    put("    check*) [[ $before == --* && \" $flags \" != *\" $before \"* ]] || things=tasks ;;\n"
        "    inspect* | distortion*) [[ $before == --* && \" $flags \" != *\" $before \"* ]] ||\n"
        "        things=policies ;;\n"
        "    esac\n"
        "    if [[ -n $things ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"$(\"${COMP_WORDS[0]}\" help $things "
        "2>/dev/null)\" -- \"$word\")\n"
        "    fi\n"
        "}\n"
        "complete -o default -F _sweetspot sweetspot\n");
}

/* ---- zsh and fish ---- */

/* A text in single quotes, without what else the shell's words would obey. */
static void put_quoted(const char *text, const char *escaped)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'') {
            put("'\\''");
            continue;
        }
        if (strchr(escaped, *c) != NULL) {
            (void)fputc('\\', stdout);
        }
        (void)fputc(*c, stdout);
    }
}

static const char *things_of(const char *option)
{
    for (int i = 0; i < N_NAMED; i++) {
        if (strcmp(named[i].option, option) == 0) {
            return named[i].things;
        }
    }
    return NULL;
}

static void print_zsh(const cli_page *page)
{
    spot_print(stdout, "    %s)\n        _arguments -s \\\n", page->verb);
    for (size_t i = 0; i < page->n_options; i++) {
        const cli_option *o = &page->options[i];
        const char *things = things_of(o->name);
        spot_print(stdout, "            '%s--%s[", o->kind == CLI_TEXTS ? "*" : "", o->name);
        put_quoted(o->help, "[]\\");
        put("]");
        if (o->value != NULL) {
            put(":");
            put_quoted(o->value, ":\\");
            spot_print(stdout, ":%s%s", things != NULL ? "_sweetspot_names " : "_files",
                       things != NULL ? things : "");
        }
        put("' \\\n");
    }
    put("            '--help[this page]' '*:file:_files'\n        ;;\n");
}

static void begin_zsh(const cli_verb *verbs, size_t n_verbs)
{
    put("#compdef sweetspot\n# Completions of sweetspot for zsh, printed by `sweetspot help zsh`.\n"
        "_sweetspot_names()\n{\n    local -a names\n"
        "    names=(${(f)\"$(sweetspot help $1 2>/dev/null)\"})\n"
        "    _alternative \"names:$1:(${names[*]})\" 'files:file:_files'\n}\n"
        "_sweetspot()\n{\n    local -a verbs\n    verbs=(\n");
    for (size_t i = 0; i < n_verbs; i++) {
        spot_print(stdout, "        '%s:", verbs[i].name);
        put_quoted(verbs[i].help, "\\");
        put("'\n");
    }
    put("    )\n    if ((CURRENT == 2)); then\n        _describe verb verbs\n        return\n    "
        "fi\n"
        "    shift words\n    ((CURRENT--))\n    case $words[1] in\n");
}

static void put_fish(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        put(*c == '\'' || *c == '\\' ? "\\" : "");
        (void)fputc(*c, stdout);
    }
}

static void print_fish(const cli_page *page)
{
    for (size_t i = 0; i < page->n_options; i++) {
        const cli_option *o = &page->options[i];
        const char *things = things_of(o->name);
        spot_print(stdout, "complete -c sweetspot -n '__fish_seen_subcommand_from %s' -l %s%s",
                   page->verb, o->name, o->value != NULL ? " -r" : "");
        if (things != NULL) {
            spot_print(stdout, " -a '(sweetspot help %s)'", things);
        }
        put(" -d '");
        put_fish(o->help);
        put("'\n");
    }
}

static void begin_fish(const cli_verb *verbs, size_t n_verbs)
{
    put("# Completions of sweetspot for fish, printed by `sweetspot help fish`.\n");
    for (size_t i = 0; i < n_verbs; i++) {
        spot_print(stdout, "complete -c sweetspot -n __fish_use_subcommand -f -a %s -d '",
                   verbs[i].name);
        put_fish(verbs[i].help);
        put("'\n");
    }
}

/* ---- all ---- */

void cli_help_begin(int format, const cli_verb *verbs, size_t n_verbs)
{
    static void (*const begin[CLI_HELP_FORMATS])(const cli_verb *, size_t) = {
        begin_man, begin_bash, begin_zsh, begin_fish};
    begin[format](verbs, n_verbs);
}

void cli_help_end(int format)
{
    if (format == FORMAT_MAN) {
        end_man();
    } else if (format == FORMAT_BASH) {
        end_bash();
    } else if (format == FORMAT_ZSH) {
        put("    esac\n}\n_sweetspot \"$@\"\n");
    }
}

bool cli_help_page(const cli_page *page, const char *word)
{
    static void (*const prints[CLI_HELP_FORMATS])(const cli_page *) = {print_man, print_bash,
                                                                       print_zsh, print_fish};
    static const char option[] = "--help=";

    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_help(page);
        return true;
    }
    for (int i = 0; i < CLI_HELP_FORMATS && strncmp(word, option, sizeof(option) - 1) == 0; i++) {
        if (strcmp(word + sizeof(option) - 1, formats[i]) == 0) {
            prints[i](page);
            return true;
        }
    }
    return false;
}
