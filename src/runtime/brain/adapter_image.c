/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Pictures as a foreign policy takes them.
 *
 * Resampling of n pixels to m with s = n / m, r = max(s, 1): pixel i of the result is the mean of the pixels j with
 * weights triangle((j + 1/2 - c) / r), c = (i + 1/2) s, over those with c - r < j + 1/2 < c + r. Weights are kept in
 * 22 binary places and results rounded to bytes after the columns and again after the rows: that is how Pillow
 * 11 computes BILINEAR, and so the bytes are its bytes. Weights are computed where they are needed, for there is no room to
 * keep them.
 */
#include "runtime/brain/adapter.h"

#include <math.h>

enum { WEIGHT_BITS = 22 };

/* One axis of a resampling. */
typedef struct axis {
    int n; /* pixels of the picture */
    double scale, radius;
} axis;

/* Where one pixel of the result lies, and what it takes part of. */
typedef struct taps {
    double centre;
    int begin, end;
    double sum; /* of the weights before they are made one */
} taps;

static double triangle(double x)
{
    const double y = fabs(x);
    return y < 1.0 ? 1.0 - y : 0.0;
}

static double weight(const axis *a, const taps *t, int j)
{
    return triangle((j - t->centre + 0.5) * (1.0 / a->radius));
}

static axis make_axis(int from, int to)
{
    const double scale = (double)from / to;
    return (axis){.n = from, .scale = scale, .radius = fmax(scale, 1.0)};
}

static taps taps_of(const axis *a, int i)
{
    taps t = {.centre = (i + 0.5) * a->scale};
    const double first = t.centre - a->radius + 0.5;
    const double last = t.centre + a->radius + 0.5;
    t.begin = first > 0.0 ? (int)first : 0;
    t.end = last < a->n ? (int)last : a->n;
    for (int j = t.begin; j < t.end; j++) {
        t.sum += weight(a, &t, j);
    }
    return t;
}

static int fixed_weight(const axis *a, const taps *t, int j)
{
    return (int)(weight(a, t, j) / t->sum * (1 << WEIGHT_BITS) + 0.5);
}

static int round_to_byte(int64_t sum)
{
    const int64_t value = (sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS;
    return value < 0 ? 0 : value > 255 ? 255 : (int)value;
}

/* The three channels of one pixel of the resampled picture. */
static void sample(const spot_image *image, const axis *ax, const taps *tx, const axis *ay,
                   const taps *ty, int out[3])
{
    int64_t column[3] = {0, 0, 0};
    for (int y = ty->begin; y < ty->end; y++) {
        const uint8_t *line = image->pixels + (size_t)y * (size_t)image->width * 3;
        int64_t row[3] = {0, 0, 0};
        for (int x = tx->begin; x < tx->end; x++) {
            const int w = fixed_weight(ax, tx, x);
            for (int c = 0; c < 3; c++) {
                row[c] += (int64_t)w * line[3 * (size_t)x + (size_t)c];
            }
        }
        const int w = fixed_weight(ay, ty, y);
        for (int c = 0; c < 3; c++) {
            column[c] += (int64_t)w * round_to_byte(row[c]);
        }
    }
    for (int c = 0; c < 3; c++) {
        out[c] = round_to_byte(column[c]);
    }
}

/* Writes one pixel where and as the model wants it; y and x before the picture is turned. */
static void put(const spoti_image_map *map, int y, int x, const int pixel[3], void *out)
{
    const size_t n = (size_t)map->height * (size_t)map->width;
    const size_t at = (size_t)y * (size_t)map->width + (size_t)x;
    const size_t turned = map->upside_down ? n - 1 - at : at;
    for (size_t c = 0; c < 3; c++) {
        const int value = pixel[map->bgr ? 2 - c : c];
        const size_t i = map->channels_first ? c * n + turned : 3 * turned + c;
        if (map->bytes) {
            ((uint8_t *)out)[i] = (uint8_t)value;
        } else {
            ((float *)out)[i] = (float)value * map->scale[c] + map->shift[c];
        }
    }
}

spot_status spoti_image_map_apply(const spoti_image_map *map, const spot_image *image, void *out,
                                  spot_diag *diag)
{
    const bool same = image->height == map->height && image->width == map->width;
    if (map->fit == SPOTI_IMAGE_SAME && !same) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "image '%.64s' is %d x %d, expected %d x %d (resize: none)",
                             image->name, image->height, image->width, map->height, map->width);
    }
    int height = map->height;
    int width = map->width;
    if (map->fit == SPOTI_IMAGE_PAD && !same) {
        const double ratio =
            fmax((double)image->width / map->width, (double)image->height / map->height);
        height = (int)fmax(image->height / ratio, 1.0);
        width = (int)fmax(image->width / ratio, 1.0);
    }
    const int top = (map->height - height) / 2;
    const int left = (map->width - width) / 2;
    const axis ay = make_axis(image->height, height);
    const axis ax = make_axis(image->width, width);
    for (int y = 0; y < map->height; y++) {
        const bool inside_y = y >= top && y < top + height;
        const taps ty = inside_y ? taps_of(&ay, y - top) : (taps){.begin = 0};
        for (int x = 0; x < map->width; x++) {
            int pixel[3] = {0, 0, 0};
            if (inside_y && x >= left && x < left + width) {
                const taps tx = taps_of(&ax, x - left);
                sample(image, &ax, &tx, &ay, &ty, pixel);
            }
            put(map, y, x, pixel, out);
        }
    }
    return SPOT_OK;
}
