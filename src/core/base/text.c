/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "core/base/text.h"

#include <errno.h>
#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *text)
{
    while (is_digit(*text)) {
        text++;
    }
    return text;
}

/* [+-]digits and nothing else. */
static bool is_integer(const char *text)
{
    if (*text == '+' || *text == '-') {
        text++;
    }
    return is_digit(*text) && *skip_digits(text) == '\0';
}

/* A decimal number as it stands: digits * 10^exponent. */
typedef struct decimal {
    bool is_negative;
    bool is_short; /* all its digits and its exponent are here */
    uint64_t digits;
    int exponent;
} decimal;

/* So many digits always fit into 64 bits; leading zeros are none. */
enum { DIGITS_MAX = 19, EXPONENT_MAX = 9999 };

/* Takes the digits at `text` into `d`, whose exponent falls by `step` for each. */
static const char *take_digits(const char *text, int step, decimal *d, int *n)
{
    for (; is_digit(*text); text++) {
        *n += d->digits != 0 || *text != '0';
        if (*n <= DIGITS_MAX) {
            d->digits = 10 * d->digits + (uint64_t)(*text - '0');
        }
        d->exponent -= step;
        if (d->exponent < -EXPONENT_MAX) { /* zeros without end */
            d->is_short = false;
            d->exponent = 0;
        }
    }
    d->is_short = d->is_short && *n <= DIGITS_MAX;
    return text;
}

/* e[+-]digits at `text`, where there is an e; NULL if no digits follow it. */
static const char *take_exponent(const char *text, decimal *d)
{
    if (*text != 'e' && *text != 'E') {
        return text;
    }
    text++;
    const bool is_negative = *text == '-';
    text += *text == '+' || *text == '-';
    if (!is_digit(*text)) {
        return NULL;
    }
    int exponent = 0;
    for (; is_digit(*text); text++) {
        exponent = exponent <= EXPONENT_MAX ? 10 * exponent + (*text - '0') : exponent;
    }
    d->is_short = d->is_short && exponent <= EXPONENT_MAX;
    d->exponent += is_negative ? -exponent : exponent;
    return text;
}

/* [+-](digits[.digits*] | .digits)[e[+-]digits] and nothing else. */
static bool take_decimal(const char *text, decimal *d)
{
    int n = 0;
    *d = (decimal){.is_negative = *text == '-', .is_short = true};
    text += *text == '+' || *text == '-';
    bool has_digits = is_digit(*text);
    text = take_digits(text, 0, d, &n);
    if (*text == '.') {
        text++;
        has_digits = has_digits || is_digit(*text);
        text = take_digits(text, 1, d, &n);
    }
    text = has_digits ? take_exponent(text, d) : NULL;
    return text != NULL && *text == '\0';
}

/*
 * The number by one multiplication or division, where that is exact but for its own rounding: whole numbers up to
 * 2^53 and powers of ten up to 10^22 are doubles (W. D. Clinger, "How to read floating point numbers accurately",
 * PLDI 1990). False elsewhere.
 */
static bool is_easy(const decimal *d, double *out)
{
    static const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    enum { LAST = (int)(sizeof(POWERS) / sizeof(POWERS[0])) - 1 };
    static const uint64_t WHOLE = UINT64_C(1) << 53;
    if (FLT_EVAL_METHOD != 0 || !d->is_short || d->digits > WHOLE || d->exponent > LAST ||
        d->exponent < -LAST) {
        return false;
    }
    const double digits = (double)d->digits;
    const double value =
        d->exponent < 0 ? digits / POWERS[-d->exponent] : digits * POWERS[d->exponent];
    *out = d->is_negative ? -value : value;
    return true;
}

spot_status spoti_parse_int64(const char *text, int64_t *out)
{
    if (text == NULL || !is_integer(text)) {
        return SPOT_E_FORMAT;
    }
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno == ERANGE) {
        return SPOT_E_RANGE;
    }
    *out = (int64_t)value;
    return SPOT_OK;
}

spot_status spoti_parse_uint64(const char *text, uint64_t *out)
{
    if (text == NULL || !is_digit(*text) || !is_integer(text)) {
        return SPOT_E_FORMAT;
    }
    errno = 0;
    unsigned long long value = strtoull(text, NULL, 10);
    if (errno == ERANGE) {
        return SPOT_E_RANGE;
    }
    *out = (uint64_t)value;
    return SPOT_OK;
}

spot_status spoti_parse_int(const char *text, int *out)
{
    int64_t value = 0;
    spot_status st = spoti_parse_int64(text, &value);
    if (st != SPOT_OK) {
        return st;
    }
    if (value < INT_MIN || value > INT_MAX) {
        return SPOT_E_RANGE;
    }
    *out = (int)value;
    return SPOT_OK;
}

spot_status spoti_parse_double(const char *text, double *out)
{
    decimal d;
    if (text == NULL || !take_decimal(text, &d)) {
        return SPOT_E_FORMAT;
    }
    if (is_easy(&d, out)) {
        return SPOT_OK;
    }
    /* The program that embeds us may have set a locale with a decimal comma; ours is "C", for this
     * thread and this call. */
    locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0) {
        return SPOT_E_NOMEM;
    }
    locale_t old_locale = uselocale(c_locale);
    double value = strtod(text, NULL);
    uselocale(old_locale);
    freelocale(c_locale);
    if (!isfinite(value)) {
        return SPOT_E_RANGE;
    }
    *out = value;
    return SPOT_OK;
}

bool spoti_copy_n(char *dst, size_t dst_size, const char *src, size_t src_len)
{
    if (dst_size == 0) {
        return false;
    }
    bool fits = src_len < dst_size;
    size_t n = fits ? src_len : dst_size - 1;
    memcpy(dst, src, n);
    dst[n] = '\0';
    return fits;
}

bool spoti_copy(char *dst, size_t dst_size, const char *src)
{
    return spoti_copy_n(dst, dst_size, src, strlen(src));
}

bool spoti_format(char *dst, size_t dst_size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(dst, dst_size, format, args);
    va_end(args);
    return n >= 0 && (size_t)n < dst_size;
}

bool spoti_path_join(char *dst, size_t dst_size, const char *dir, const char *name)
{
    if (dir == NULL || dir[0] == '\0' || name[0] == '/') {
        return spoti_copy(dst, dst_size, name);
    }
    const char *separator = spoti_ends_with(dir, "/") ? "" : "/";
    return spoti_format(dst, dst_size, "%s%s%s", dir, separator, name);
}

bool spoti_path_dir(char *dst, size_t dst_size, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return spoti_copy(dst, dst_size, ".");
    }
    if (slash == path) {
        return spoti_copy(dst, dst_size, "/");
    }
    return spoti_copy_n(dst, dst_size, path, (size_t)(slash - path));
}

spot_status spoti_refuse_path(spot_status code, const char *path, spot_diag *diag)
{
    return spot_diag_set(diag, code, "%.100s...: path too long, expected below %d bytes", path,
                         SPOTI_PATH_SIZE);
}

const char *spoti_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

void spoti_put_csv(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        (void)fputs(text, out);
        return;
    }
    (void)fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            (void)fputc('"', out);
        }
        (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

bool spoti_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool spoti_ends_with(const char *text, const char *suffix)
{
    size_t n_text = strlen(text);
    size_t n_suffix = strlen(suffix);
    return n_text >= n_suffix && strcmp(text + (n_text - n_suffix), suffix) == 0;
}
