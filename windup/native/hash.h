/* Tells equal bytes from others; it is no cipher. */
#ifndef HASH_H
#define HASH_H

#include <stdint.h>
#include <string.h>

static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, uint64_t n)
{
    const uint8_t *at = bytes;
    uint64_t word = 0;
    hash = hash_word(hash, n);
    for (; n >= 8; n -= 8, at += 8) {
        memcpy(&word, at, 8);
        hash = hash_word(hash, word);
    }
    word = 0;
    memcpy(&word, at, n);
    return hash_word(hash, word);
}

#endif
