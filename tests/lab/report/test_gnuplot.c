/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* gnuplot as a child: texts of strangers are texts, figures are whole or absent. */
#include "lab/report/gnuplot.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/spot_test.h"

enum { PATH_SIZE = 512 };

static char bytes[1 << 20];

/* Each runs a command, typesets, ends the string or the script, or is a format, where texts are not quoted. */
static const char *const HOSTILE[] = {
    "`touch${IFS}pwned`",
    "\"; system(\"touch pwned\"); #",
    "'.system('touch pwned').'",
    "a'b''c\\",
    "$(touch pwned)",
    "''''",
    "''.system('touch pwned').''",
    "a''.system(\"touch pwned\").'",
    "@HOME",
    "A_{2}^3 ~a{b} &{c} @d",
    "100 %d %s %",
    "\\n \\U+2207",
    "END",
    "! touch pwned",
};
enum { N_HOSTILE = sizeof(HOSTILE) / sizeof(HOSTILE[0]) };

/* `text` as XML shows it: the four signs that gnuplot's SVG escapes. */
static void as_xml(const char *text, char *out)
{
    for (; *text != '\0'; text++) {
        const char *sign = *text == '&'   ? "&amp;"
                           : *text == '<' ? "&lt;"
                           : *text == '>' ? "&gt;"
                                          : NULL;
        if (sign != NULL) {
            out = stpcpy(out, sign);
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

static void draw_hostile(const void *ctx, spoti_script *script)
{
    const char *text = ctx;
    spoti_script_put(script, "set label 1 %s noenhanced at 0,0\nset xtics noenhanced (", text);
    char lines[256];
    (void)snprintf(lines, sizeof(lines), "%s\nsecond", text);
    spoti_script_tic(script, lines, 1);
    spoti_script_put(script, ")\nplot [-2:2] x title %s noenhanced\n", text);
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        n++;
    }
    return n;
}

static size_t read_and_remove(const char *base, const char *suffix)
{
    char path[PATH_SIZE + 8];
    (void)snprintf(path, sizeof(path), "%s.%s", base, suffix);
    const size_t size = spot_test_read_file(path, bytes, sizeof(bytes));
    (void)unlink(path);
    return size;
}

static void texts_of_strangers_are_texts(void **state)
{
    (void)state;
    char base[PATH_SIZE];
    char here[PATH_SIZE];
    spot_diag diag = {""};
    assert_non_null(getcwd(here, sizeof(here)));
    spot_test_temp_path(base, sizeof(base), "x");
    *strrchr(base, '/') = '\0';
    assert_int_equal(chdir(base), 0); /* where a command would leave its file */
    for (int i = 0; i < N_HOSTILE; i++) {
        char want[512];
        char shown[256];
        const spoti_figure figure = {draw_hostile, HOSTILE[i], 300, 200};
        /* a name is no command either, and holds the same text but for slashes, of which there are none */
        if (spoti_gnuplot_figure(HOSTILE[i], &figure, &diag) != SPOT_OK) {
            fail_msg("%s: %s", HOSTILE[i], diag.text);
        }
        (void)read_and_remove(HOSTILE[i], "svg");
        as_xml(HOSTILE[i], shown);
        (void)snprintf(want, sizeof(want), "<text>%s</text>", shown);
        assert_int_equal(count(bytes, want), 3); /* label, tic, title */
        assert_int_equal(count(bytes, "<text>second</text>"), 1);
        (void)read_and_remove(HOSTILE[i], "png");
        assert_int_not_equal(access("pwned", F_OK), 0);
    }
    /* controls and what is no UTF-8 would break the XML */
    const spoti_figure figure = {draw_hostile, "\x1b\x01\xff\xef\xbf\xbf", 300, 200};
    assert_int_equal(spoti_gnuplot_figure("|touch pwned; cat >", &figure, &diag), SPOT_OK);
    (void)read_and_remove("|touch pwned; cat >", "svg");
    assert_int_equal(count(bytes, "<text>\\x1b\\x01\\xff\\xef\\xbf\\xbf</text>"), 3);
    (void)read_and_remove("|touch pwned; cat >", "png");
    assert_int_not_equal(access("pwned", F_OK), 0);
    assert_int_equal(chdir(here), 0);
}

static void draw_nonsense(const void *ctx, spoti_script *script)
{
    (void)ctx;
    spoti_script_put(script, "plot not_a_variable\n");
}

static void draw_nothing(const void *ctx, spoti_script *script)
{
    (void)ctx;
    spoti_script_put(script, "exit\n");
}

static void assert_nothing_left(const char *base)
{
    char path[PATH_SIZE + 8];
    (void)snprintf(path, sizeof(path), "%s.svg", base);
    assert_int_not_equal(access(path, F_OK), 0);
    (void)snprintf(path, sizeof(path), "%s.png", base);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void what_gnuplot_says_when_it_fails_is_passed_on(void **state)
{
    (void)state;
    spot_diag diag = {""};
    char base[PATH_SIZE];
    spot_test_temp_path(base, sizeof(base), "bad");
    const spoti_figure nonsense = {draw_nonsense, NULL, 300, 200};
    assert_int_equal(spoti_gnuplot_figure(base, &nonsense, &diag), SPOT_E_IO);
    assert_non_null(strstr(diag.text, "not_a_variable"));
    assert_null(strchr(diag.text, '\n'));
    assert_nothing_left(base);
    /* it ends well and has drawn nothing */
    const spoti_figure nothing = {draw_nothing, NULL, 300, 200};
    assert_int_equal(spoti_gnuplot_figure(base, &nothing, &diag), SPOT_E_IO);
    assert_non_null(strstr(diag.text, "svg is cut short"));
    assert_nothing_left(base);
}

/* A limit on the size of files is a full disk that every test may have. gnuplot says nothing of it. */
static void a_figure_that_does_not_fit_is_no_figure(void **state)
{
    (void)state;
    spot_diag diag = {""};
    char base[PATH_SIZE];
    struct rlimit before;
    spot_test_temp_path(base, sizeof(base), "full");
    const spoti_figure figure = {draw_hostile, "text", 300, 200};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR); /* else the limit kills instead of failing */
    const struct rlimit small = {4096, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const spot_status st = spoti_gnuplot_figure(base, &figure, &diag);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
    assert_int_equal(st, SPOT_E_IO);
    assert_non_null(strstr(diag.text, "cut short"));
    assert_nothing_left(base);
    assert_int_equal(spoti_gnuplot_figure(base, &figure, &diag), SPOT_OK); /* the same, with room */
    assert_true(read_and_remove(base, "svg") > 4096);
    (void)read_and_remove(base, "png");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_strangers_are_texts),
        cmocka_unit_test(what_gnuplot_says_when_it_fails_is_passed_on),
        cmocka_unit_test(a_figure_that_does_not_fit_is_no_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
