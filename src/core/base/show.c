/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "core/base/show.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

/* A double has 309 digits before the point; wider or more precise numbers than WIDE are not asked for. */
enum { WIDE = 700, NUMBER_SIZE = WIDE + 400, SPEC_SIZE = 32 };

/* Bytes of the UTF-8 character at `at`, 0 if it is none (Unicode 15, table 3-7). */
static int character(const unsigned char *at, size_t n)
{
    const unsigned char c = at[0];
    if (c < 0x80) {
        return 1;
    }
    const int size = c >= 0xc2 && c <= 0xdf   ? 2
                     : (c & 0xf0) == 0xe0     ? 3
                     : c >= 0xf0 && c <= 0xf4 ? 4
                                              : 0;
    if ((size_t)size > n) {
        return 0;
    }
    for (int i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if (size < 3) {
        return size;
    }
    const bool overlong = (c == 0xe0 && at[1] < 0xa0) || (c == 0xf0 && at[1] < 0x90);
    const bool outside = (c == 0xed && at[1] > 0x9f) || (c == 0xf4 && at[1] > 0x8f);
    return overlong || outside ? 0 : size;
}

/* The code point of a character of `size` bytes. */
static uint32_t code_point(const unsigned char *at, int size)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = at[0] & masks[size];
    for (int i = 1; i < size; i++) {
        code = code << 6 | (at[i] & 0x3fU);
    }
    return code;
}

/* Whether a terminal or a reader is led astray by it, or XML must not hold it (U+FFFE, U+FFFF). */
static bool misleads(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || /* controls */
           (code >= 0x202a && code <= 0x202e) ||            /* embeddings and overrides */
           (code >= 0x2066 && code <= 0x2069) ||            /* isolates */
           code == 0xfffe || code == 0xffff;
}

int spoti_shown_size(const char *text, size_t n)
{
    const unsigned char *at = (const unsigned char *)text;
    const int size = n > 0 ? character(at, n) : 0;
    return size > 0 && !misleads(code_point(at, size)) ? size : 0;
}

/* The length without the part of a character that a cut has left at the end. */
static size_t whole_length(const char *text, size_t n)
{
    size_t start = n;
    while (start > 0 && n - start < 3 && ((unsigned char)text[start - 1] & 0xc0) == 0x80) {
        start--;
    }
    if (start == 0 || (unsigned char)text[start - 1] < 0xc2 ||
        (unsigned char)text[start - 1] > 0xf4) {
        return n; /* no character begins there */
    }
    start--;
    const unsigned char c = (unsigned char)text[start];
    const size_t wanted = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return n - start < wanted ? start : n;
}

void spoti_sink_put(spoti_sink *sink, const char *bytes, size_t n)
{
    if (sink->stream != NULL) {
        (void)fwrite(bytes, 1, n, sink->stream);
    } else if (sink->used < sink->size) {
        const size_t room = sink->size - sink->used - 1;
        const size_t fits = n <= room ? n : whole_length(bytes, room);
        memcpy(sink->text + sink->used, bytes, fits);
        sink->used += fits;
        sink->text[sink->used] = '\0';
        sink->size = fits == n ? sink->size : 0; /* nothing may follow what was left out */
    }
}

void spoti_sink_show(spoti_sink *sink, const char *text, size_t n)
{
    while (n > 0) {
        int size = spoti_shown_size(text, n);
        if (size > 0) {
            spoti_sink_put(sink, text, (size_t)size);
        } else if (sink->one_line && (*text == '\n' || *text == '\t')) {
            spoti_sink_put(sink, " ", 1);
        } else {
            char code[8];
            (void)snprintf(code, sizeof(code), "\\x%02x", (unsigned)(unsigned char)*text);
            spoti_sink_put(sink, code, 4);
        }
        /* what follows the first byte of a character that is not shown is no character itself */
        text += size > 0 ? size : 1;
        n -= (size_t)(size > 0 ? size : 1);
    }
}

/* ---- printf ---- */

/* One conversion of a format. */
typedef struct conversion {
    char flags[8];
    int width;     /* 0 = none */
    int precision; /* -1 = none */
    bool cuts;     /* the precision is a number of the format, not the length of a part */
    char length[4];
    char kind; /* 0 = broken */
} conversion;

/* va_list as a member: a pointer to it may be handed on, whatever type it has here. */
typedef struct arguments {
    va_list list;
} arguments;

static size_t take_chars(const char **at, const char *set, char *out, size_t size)
{
    const size_t n = strspn(*at, set);
    const size_t kept = n < size ? n : size - 1;
    memcpy(out, *at, kept);
    out[kept] = '\0';
    *at += n;
    return n;
}

static int take_number(const char **at, arguments *a)
{
    int value = 0;
    if (**at == '*') {
        (*at)++;
        return va_arg(a->list, int);
    }
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        value = value < NUMBER_SIZE ? 10 * value + (**at - '0') : value;
    }
    return value;
}

/* Reads what follows a percent sign. */
static conversion take_conversion(const char **at, arguments *a)
{
    conversion c = {.precision = -1};
    (void)take_chars(at, "-+ #0", c.flags, sizeof(c.flags));
    c.width = take_number(at, a);
    if (c.width < 0) { /* so says C of a width from an argument */
        c.width = -c.width;
        (void)snprintf(c.flags, sizeof(c.flags), "-");
    }
    if (**at == '.') {
        (*at)++;
        c.cuts = **at != '*';
        c.precision = take_number(at, a);
        c.precision = c.precision < 0 ? -1 : c.precision;
    }
    (void)take_chars(at, "hlLzjt", c.length, sizeof(c.length));
    c.kind = **at;
    *at += c.kind != '\0';
    return c;
}

/* NOLINTBEGIN(bugprone-branch-clone): types that are the same on this machine are not on others */
/* The integer of the conversion, as wide as any. */
static intmax_t take_signed(const conversion *c, arguments *a)
{
    return strcmp(c->length, "ll") == 0  ? (intmax_t)va_arg(a->list, long long)
           : strcmp(c->length, "l") == 0 ? (intmax_t)va_arg(a->list, long)
           : strcmp(c->length, "j") == 0 ? va_arg(a->list, intmax_t)
           : strcmp(c->length, "z") == 0 ? (intmax_t)va_arg(a->list, size_t)
           : strcmp(c->length, "t") == 0 ? (intmax_t)va_arg(a->list, ptrdiff_t)
                                         : (intmax_t)va_arg(a->list, int);
}

static uintmax_t take_unsigned(const conversion *c, arguments *a)
{
    return strcmp(c->length, "ll") == 0  ? (uintmax_t)va_arg(a->list, unsigned long long)
           : strcmp(c->length, "l") == 0 ? (uintmax_t)va_arg(a->list, unsigned long)
           : strcmp(c->length, "j") == 0 ? va_arg(a->list, uintmax_t)
           : strcmp(c->length, "z") == 0 ? (uintmax_t)va_arg(a->list, size_t)
           : strcmp(c->length, "t") == 0 ? (uintmax_t)va_arg(a->list, ptrdiff_t)
                                         : (uintmax_t)va_arg(a->list, unsigned);
}

/* The conversion again, for one number of type `length`, with its `*` filled in. */
static void write_spec(const conversion *c, const char *length, char spec[SPEC_SIZE])
{
    char precision[12] = "";
    char width[12] = "";
    if (c->precision >= 0) {
        (void)snprintf(precision, sizeof(precision), ".%d",
                       c->precision < WIDE ? c->precision : WIDE);
    }
    if (c->width > 0) {
        (void)snprintf(width, sizeof(width), "%d", c->width < WIDE ? c->width : WIDE);
    }
    (void)snprintf(spec, SPEC_SIZE, "%%%s%s%s%s%c", c->flags, width, precision, length, c->kind);
}

/* The formats of numbers are put together from the caller's, which his compiler has checked. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_number(spoti_sink *sink, const conversion *c, arguments *a)
{
    char spec[SPEC_SIZE];
    char number[NUMBER_SIZE];
    int n = 0;
    if (strchr("diuoxX", c->kind) != NULL) {
        write_spec(c, "j", spec);
        n = strchr("di", c->kind) != NULL
                ? snprintf(number, sizeof(number), spec, take_signed(c, a))
                : snprintf(number, sizeof(number), spec, take_unsigned(c, a));
    } else {
        const bool is_long = strcmp(c->length, "L") == 0;
        write_spec(c, is_long ? "L" : "", spec);
        n = is_long ? snprintf(number, sizeof(number), spec, va_arg(a->list, long double))
                    : snprintf(number, sizeof(number), spec, va_arg(a->list, double));
    }
    const size_t length = n < 0 ? 0 : n < NUMBER_SIZE ? (size_t)n : NUMBER_SIZE - 1;
    spoti_sink_put(sink, number, length);
}
#pragma GCC diagnostic pop
/* NOLINTEND(bugprone-branch-clone) */

int spoti_shown_width(const char *text, size_t n)
{
    int width = 0;
    for (size_t i = 0; i < n;) {
        const int size = spoti_shown_size(text + i, n - i);
        width += size > 0 ? 1 : 4;
        i += size > 0 ? (size_t)size : 1;
    }
    return width;
}

static void put_text(spoti_sink *sink, spoti_put_fn put, const conversion *c, const char *text)
{
    size_t n = 0;
    text = text != NULL ? text : "(null)";
    while ((c->precision < 0 || n < (size_t)c->precision) && text[n] != '\0') {
        n++;
    }
    if (c->cuts && n == (size_t)c->precision) {
        n = whole_length(text, n);
    }
    const bool left = strchr(c->flags, '-') != NULL;
    const int gap = c->width > 0 ? c->width - spoti_shown_width(text, n) : 0;
    for (int i = 0; i < gap && !left; i++) {
        spoti_sink_put(sink, " ", 1);
    }
    put(sink, text, n);
    for (int i = 0; i < gap && left; i++) {
        spoti_sink_put(sink, " ", 1);
    }
}

void spoti_sink_print(spoti_sink *sink, spoti_put_fn put, const char *format, va_list args)
{
    arguments a;
    va_copy(a.list, args);
    while (*format != '\0') {
        const size_t plain = strcspn(format, "%");
        spoti_sink_put(sink, format, plain);
        format += plain;
        if (*format == '\0') {
            break;
        }
        format++;
        const conversion c = take_conversion(&format, &a);
        if (c.kind == 's') {
            put_text(sink, put, &c, va_arg(a.list, const char *));
        } else if (c.kind == 'c') {
            const char text[2] = {(char)va_arg(a.list, int), '\0'};
            put_text(sink, put, &c, text);
        } else if (c.kind == '%') {
            spoti_sink_put(sink, "%", 1);
        } else if (c.kind != '\0' && strchr("diuoxXaAeEfFgG", c.kind) != NULL) {
            put_number(sink, &c, &a);
        } else {
            break; /* unknown: what its argument is cannot be known either */
        }
    }
    va_end(a.list);
}

void spoti_vshow_line(char *dst, size_t size, const char *format, va_list args)
{
    spoti_sink sink = {.text = dst, .size = size, .one_line = true};
    if (size > 0) {
        dst[0] = '\0';
        spoti_sink_print(&sink, spoti_sink_show, format, args);
    }
}

/* ---- public ---- */

bool spot_show(char *dst, size_t dst_size, const char *text)
{
    spoti_sink sink = {.text = dst, .size = dst_size};
    if (dst_size > 0) {
        dst[0] = '\0';
        spoti_sink_show(&sink, text, strlen(text));
    }
    return sink.size > 0;
}

void spot_vprint(FILE *out, const char *format, va_list args)
{
    spoti_sink sink = {.stream = out};
    spoti_sink_print(&sink, spoti_sink_show, format, args);
}

void spot_print(FILE *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    spot_vprint(out, format, args);
    va_end(args);
}

void spot_print_wrapped(FILE *out, int indent, const char *text)
{
    size_t room = SPOT_PRINT_COLUMNS;
    size_t left = strlen(text);
    int shift = 0; /* of the lines behind the first */
    do {
        size_t length = left;
        if (left > room) {
            length = room;
            while (length > 0 && text[length] != ' ') {
                length--;
            }
            length = length > 0 ? length : strcspn(text, " "); /* one word */
        }
        spot_print(out, "%*s%.*s\n", shift, "", (int)length, text);
        length += text[length] == ' ';
        text += length;
        left -= length;
        shift = indent;
        room = SPOT_PRINT_COLUMNS - (size_t)indent;
    } while (left > 0);
}

void spot_print_json(FILE *out, const char *json)
{
    size_t left = strlen(json);
    while (left > 0) {
        const unsigned char *at = (const unsigned char *)json;
        const int size = character(at, left);
        const uint32_t code = size > 0 ? code_point(at, size) : 0xfffd;
        /* newlines stand between values, never in a text */
        if (size > 0 && (*json == '\n' || !misleads(code))) {
            (void)fwrite(json, 1, (size_t)size, out);
        } else {
            (void)fprintf(out, "\\u%04" PRIx32, code);
        }
        json += size > 0 ? size : 1;
        left -= (size_t)(size > 0 ? size : 1);
    }
}
