/* resize.c's arithmetic on indexed screens, 32 pixels at once, each of the three colours in a plane of its own. */
#ifndef RESIZE_AVX2_H
#define RESIZE_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#define AVX2 static inline __attribute__((target("avx2")))

enum { KEPT = SCREEN_COLUMNS * 4 / 5, PLANES = 3 };

/* A line without the pixels that no pixel of the picture is made of. Of 20 there are 16 kept: from the first 16 bytes,
   and from the last. */
AVX2 void keep(const uint8_t *line, int32_t halve, uint8_t *out)
{
    const __m128i low = halve ? _mm_setr_epi8(0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1)
                              : _mm_setr_epi8(0, 1, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, -1, -1, -1);
    const __m128i high = halve ? _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 12, 13, 14, 15)
                               : _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 12, 14, 15);
    for (int32_t i = 0; i < KEPT; i += 16, line += 20) {
        __m128i a = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)line), low);
        __m128i b = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(line + 4)), high);
        __m128i numbers = _mm_and_si128(_mm_or_si128(a, b), _mm_set1_epi8(COLOURS - 1));
        _mm_store_si128((__m128i *)(out + i), numbers);
    }
}

/* One of the three values of 64 colours, for 32 pixels. */
AVX2 __m256i look_up(const __m256i table[4], __m256i numbers)
{
    /* The bits that choose a table, as signs of bytes. */
    __m256i bit4 = _mm256_slli_epi16(numbers, 3), bit5 = _mm256_slli_epi16(numbers, 2);
    __m256i found[4];
    for (int32_t i = 0; i < 4; i++)
        found[i] = _mm256_shuffle_epi8(table[i], numbers);
    __m256i low = _mm256_blendv_epi8(found[0], found[1], bit4), high = _mm256_blendv_epi8(found[2], found[3], bit4);
    return _mm256_blendv_epi8(low, high, bit5);
}

AVX2 __m256i in_order(__m256i packed)
{
    return _mm256_permute4x64_epi64(packed, 0xD8);
}

/* Eight pixels of the picture, from 32 of each of two lines. */
AVX2 __m256i halved(const __m256i table[4], const uint8_t *upper, const uint8_t *lower)
{
    const __m256i one = _mm256_set1_epi8(1), weights = _mm256_set1_epi64x(0x0002000600060002);
    __m256i a = _mm256_maddubs_epi16(look_up(table, _mm256_load_si256((const __m256i *)upper)), one);
    __m256i b = _mm256_maddubs_epi16(look_up(table, _mm256_load_si256((const __m256i *)lower)), one);
    __m256i sum = _mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_set1_epi16(2));
    return _mm256_madd_epi16(_mm256_srli_epi16(sum, 2), weights);
}

/* shrink_line for one plane; lines: those that `keep` left, one or two. */
AVX2 void shrink_plane(const uint8_t lines[2][KEPT], const uint8_t colours[COLOURS], int32_t halve, uint16_t *out)
{
    __m256i table[4];
    for (int32_t i = 0; i < 4; i++)
        table[i] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(colours + 16 * i)));
    for (int32_t i = 0; i < KEPT; i += halve ? 64 : 32, out += 16) {
        __m256i pixels;
        if (halve) {
            const uint8_t *upper = lines[0] + i, *lower = lines[1] + i;
            __m256i a = halved(table, upper, lower), b = halved(table, upper + 32, lower + 32);
            pixels = in_order(_mm256_packus_epi32(a, b));
        } else {
            const __m256i weights = _mm256_set1_epi32(0x02060602);
            pixels = _mm256_maddubs_epi16(look_up(table, _mm256_load_si256((const __m256i *)(lines[0] + i))), weights);
        }
        _mm256_store_si256((__m256i *)out, pixels);
    }
}

AVX2 __m256i mix(const uint16_t *upper, const uint16_t *lower, uint8_t weight)
{
    __m256i a = _mm256_mullo_epi16(_mm256_load_si256((const __m256i *)upper), _mm256_set1_epi16(8 - weight));
    __m256i b = _mm256_mullo_epi16(_mm256_load_si256((const __m256i *)lower), _mm256_set1_epi16(weight));
    __m256i sum = _mm256_add_epi16(_mm256_srli_epi16(a, 4), _mm256_srli_epi16(b, 4));
    return _mm256_srli_epi16(_mm256_add_epi16(sum, _mm256_set1_epi16(2)), 2);
}

/* 16 pixels, of which each plane has a byte, as 48 bytes. */
AVX2 void interleave(const __m128i planes[PLANES], uint8_t *out)
{
    static const int8_t places[3][PLANES][16] = {
        {{0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1, 5},
         {-1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1},
         {-1, -1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1}},
        {{-1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10, -1},
         {5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10},
         {-1, 5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1}},
        {{-1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1, -1},
         {-1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1},
         {10, -1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15}}};
    for (int32_t part = 0; part < 3; part++) {
        __m128i bytes = _mm_setzero_si128();
        for (int32_t plane = 0; plane < PLANES; plane++) {
            __m128i to = _mm_loadu_si128((const __m128i *)places[part][plane]);
            bytes = _mm_or_si128(bytes, _mm_shuffle_epi8(planes[plane], to));
        }
        _mm_storeu_si128((__m128i *)(out + 16 * part), bytes);
    }
}

AVX2 void resize_planes(const uint8_t *pixels, const uint32_t *colours, int32_t halve, uint8_t *out)
{
    const int32_t size = halve ? 64 : 128, lines = halve ? 2 : 1;
    _Alignas(32) uint8_t kept[2][KEPT];
    _Alignas(32) uint16_t group[PLANES][GROUP_LINES][MOST];
    uint8_t values[PLANES][COLOURS];
    for (int32_t i = 0; i < COLOURS; i++)
        for (int32_t plane = 0; plane < PLANES; plane++)
            values[plane][i] = colours[i] >> 8 * plane;
    for (int32_t y = 0; y < size; y += GROUP_OUT) {
        for (int32_t i = 0; i < GROUP_LINES; i++) {
            for (int32_t k = 0; k < lines; k++, pixels += SCREEN_COLUMNS)
                keep(pixels, halve, kept[k]);
            for (int32_t plane = 0; plane < PLANES; plane++)
                shrink_plane(kept, values[plane], halve, group[plane][i]);
        }
        for (int32_t i = 0; i < GROUP_OUT; i++) {
            const uint8_t weight = lines_of[i].weight;
            for (int32_t x = 0; x < size; x += 32, out += 96) {
                __m128i low[PLANES], high[PLANES];
                for (int32_t plane = 0; plane < PLANES; plane++) {
                    const uint16_t *upper = group[plane][lines_of[i].line] + x, *lower = upper + MOST;
                    __m256i a = mix(upper, lower, weight), b = mix(upper + 16, lower + 16, weight);
                    __m256i bytes = in_order(_mm256_packus_epi16(a, b));
                    low[plane] = _mm256_castsi256_si128(bytes);
                    high[plane] = _mm256_extracti128_si256(bytes, 1);
                }
                interleave(low, out);
                interleave(high, out + 48);
            }
        }
    }
}

__attribute__((target("avx2"))) static void resize_avx2(const uint8_t *pixels, const uint32_t *colours, int32_t size,
                                                        uint8_t *out)
{
    if (size == 64)
        resize_planes(pixels, colours, 1, out);
    else
        resize_planes(pixels, colours, 0, out);
}

#endif
