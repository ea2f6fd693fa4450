/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "core/base/text.h"

#include <errno.h>
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

/* [+-](digits[.digits*] | .digits)[e[+-]digits] and nothing else. */
static bool is_decimal(const char *text)
{
    if (*text == '+' || *text == '-') {
        text++;
    }
    bool has_digits = is_digit(*text);
    text = skip_digits(text);
    if (*text == '.') {
        text++;
        has_digits = has_digits || is_digit(*text);
        text = skip_digits(text);
    }
    if (!has_digits) {
        return false;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        if (*text == '+' || *text == '-') {
            text++;
        }
        if (!is_digit(*text)) {
            return false;
        }
        text = skip_digits(text);
    }
    return *text == '\0';
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
    if (text == NULL || !is_decimal(text)) {
        return SPOT_E_FORMAT;
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
