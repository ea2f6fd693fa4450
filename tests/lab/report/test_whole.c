/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A file that ends anywhere but at its end is not whole. Files here are put together by hand. */
#include "lab/report/whole.h"

#include <string.h>

#include "support/spot_test.h"

static bool is_whole(spoti_whole_fn check, const void *bytes, size_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    const bool whole = check(file);
    assert_int_equal(fclose(file), 0);
    return whole;
}

/* The first `size` bytes are whole if and only if these are all. */
static void check_every_cut(spoti_whole_fn check, const char *bytes, size_t size)
{
    for (size_t n = 0; n < size; n++) {
        if (is_whole(check, bytes, n)) {
            fail_msg("%zu of %zu bytes pass for whole", n, size);
        }
    }
    assert_true(is_whole(check, bytes, size));
}

static const char SVG[] = "<?xml version=\"1.0\"?>\n<svg>\n<g></g>\n</svg>";

static void an_svg_ends_in_its_tag(void **state)
{
    (void)state;
    char longer[512];
    check_every_cut(spoti_svg_is_whole, SVG, strlen(SVG));
    (void)snprintf(longer, sizeof(longer), "%s\n\n", SVG);
    assert_true(is_whole(spoti_svg_is_whole, longer, strlen(longer)));
    (void)snprintf(longer, sizeof(longer), "%s\n<g>", SVG);
    assert_false(is_whole(spoti_svg_is_whole, longer, strlen(longer)));
    (void)snprintf(longer, sizeof(longer), "%s%c", SVG, 0);
    assert_false(
        is_whole(spoti_svg_is_whole, longer, strlen(SVG) + 1)); /* holes of a broken disk */
    assert_false(is_whole(spoti_svg_is_whole, "</svg>", 6));
}

/* Signature, IHDR (13 bytes), IDAT (2), IEND; checksums are not looked at. */
static const char PNG[] = "\x89PNG\r\n\x1a\n"
                          "\0\0\0\x0dIHDR1234567890123crc.\0\0\0\2IDATxxcrc.\0\0\0\0IENDcrc.";
enum { PNG_SIZE = sizeof(PNG) - 1, PNG_IDAT = 8 + 25 };

static void a_png_ends_in_its_last_chunk(void **state)
{
    (void)state;
    char other[PNG_SIZE + 1];
    check_every_cut(spoti_png_is_whole, PNG, PNG_SIZE);
    memcpy(other, PNG, PNG_SIZE);
    other[PNG_SIZE] = 0;
    assert_false(is_whole(spoti_png_is_whole, other, sizeof(other))); /* something follows */
    other[PNG_IDAT + 3] = 3; /* a chunk that runs into the next */
    assert_false(is_whole(spoti_png_is_whole, other, PNG_SIZE));
    memcpy(&other[PNG_IDAT], "\xff\xff\xff\xff", 4);
    assert_false(is_whole(spoti_png_is_whole, other, PNG_SIZE));
    memcpy(other, PNG, PNG_SIZE);
    memcpy(&other[12], "IDAT", 4); /* does not begin as one */
    assert_false(is_whole(spoti_png_is_whole, other, PNG_SIZE));
}

/* ftyp, moov with a size of 64 bits, free, mdat. */
static const char MP4[] = "\0\0\0\x0c"
                          "ftypisom\0\0\0\1moov\0\0\0\0\0\0\0\x12xx\0\0\0\x08"
                          "free\0\0\0\x0amdatyy";
enum { MP4_SIZE = sizeof(MP4) - 1, MP4_MOOV = 12, MP4_FREE = 12 + 18, MP4_MDAT = 12 + 18 + 8 };

static void boxes_of_a_video_add_up(void **state)
{
    (void)state;
    char other[MP4_SIZE + 2];
    check_every_cut(spoti_mp4_is_whole, MP4, MP4_SIZE);
    memcpy(other, MP4, MP4_SIZE);
    memcpy(&other[MP4_MOOV + 4], "meta", 4); /* no index: it does not play */
    assert_false(is_whole(spoti_mp4_is_whole, other, MP4_SIZE));
    memcpy(other, MP4, MP4_SIZE);
    memcpy(&other[MP4_FREE], "\0\0\0\0", 4); /* sizes that are none */
    assert_false(is_whole(spoti_mp4_is_whole, other, MP4_SIZE));
    memcpy(&other[MP4_FREE], "\xff\xff\xff\xff", 4);
    assert_false(is_whole(spoti_mp4_is_whole, other, MP4_SIZE));
    memcpy(other, MP4, MP4_SIZE);
    memcpy(&other[MP4_MOOV + 8], "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    assert_false(is_whole(spoti_mp4_is_whole, other, MP4_SIZE));
    memcpy(other, MP4, MP4_SIZE);
    memcpy(&other[MP4_MDAT + 4], "skip", 4); /* nothing to show */
    assert_false(is_whole(spoti_mp4_is_whole, other, MP4_SIZE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_svg_ends_in_its_tag),
        cmocka_unit_test(a_png_ends_in_its_last_chunk),
        cmocka_unit_test(boxes_of_a_video_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
