/* Bytes to tokens and their hashes: `tokens.tokenize` and `vectors.indentation`. */
#include "kernel.h"

static const uint64_t MULTIPLIERS[4] = {
    0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu, 0x165667B19E3779F9u, 0xD6E8FEB86659FD93u};
static const uint32_t NUMBER_HASH = 0x4E554D21u, CHARACTER_HASH = 0x43484152u, SHAPE_MULTIPLIER = 0x9E3779B1u;
enum { MARKED = 0x80, SHAPE_DIGIT = 3, VOCABULARY_SHIFT = 32 - 18 };

static inline int breaks_line(uint8_t byte) { return byte == '\n' || byte == '\r'; }

/* Mark 'x' and '\n' as one token each, none over a line's end. A mark keeps the class below it, which other quotes are
 * still judged by. */
static int mark_character_literals(const uint8_t *data, int64_t n, uint8_t *classes)
{
    int marked = 0;
    int64_t last_candidate = -9, chain_start = 0;
    const uint8_t *end = data + n;
    for (const uint8_t *quote = memchr(data, '\'', n); quote; quote = memchr(quote + 1, '\'', end - quote - 1)) {
        int64_t i = quote - data;
        if ((classes[i] & ~MARKED) == SINGLE_QUOTE) {
            /* The padding after the text is line breaks, so three bytes ahead can always be read. */
            if (data[i + 2] == '\'' && data[i + 1] != '\\' && !breaks_line(data[i + 1]) && data[i + 1] != '\'') {
                if (i - last_candidate != 2)
                    chain_start = i;
                last_candidate = i;
                if ((i - chain_start) / 2 % 2 == 0) {
                    for (int k = 0; k < 3; k++)
                        classes[i + k] |= MARKED;
                    marked = 1;
                }
            }
            if (data[i + 1] == '\\' && !breaks_line(data[i + 2]) && i + 3 < n &&
                (classes[i + 3] & ~MARKED) == SINGLE_QUOTE) {
                for (int k = 0; k < 4; k++)
                    classes[i + k] |= MARKED;
                marked = 1;
            }
        }
        if (quote + 1 >= end)
            break;
    }
    return marked;
}

/* The class of each byte, uint8 (n); returns the number of tokens. `data` has eight line breaks after its end. */
EXPORT int64_t lw_classify_bytes(const uint8_t *data, int64_t n, const uint8_t *table, uint8_t *classes)
{
    for (int64_t i = 0; i < n; i++)
        classes[i] = table[data[i]];
    const uint8_t *end = data + n;
    const uint8_t *slash = n ? memchr(data, '\\', n) : NULL;
    while (slash) {
        const uint8_t *after = slash;
        while (after < end && *after == '\\')
            after++;
        /* Of a run of backslashes an odd one is left over, which escapes what follows. */
        if ((after - slash) % 2 && after < end && classes[after - data] != SPACE)
            classes[after - data] = ESCAPE;
        slash = after < end ? memchr(after, '\\', end - after) : NULL;
    }
    if (n && mark_character_literals(data, n, classes))
        for (int64_t i = 0; i < n; i++)
            classes[i] = classes[i] & MARKED ? CHARACTER : classes[i];
    int64_t count = n && classes[0] != SPACE;
    for (int64_t i = 1; i < n; i++)
        count += (classes[i] != SPACE) & ((classes[i] != classes[i - 1]) | (classes[i] >= OPENER));
    return count;
}

static inline uint64_t eight_bytes(const uint8_t *data)
{
    uint64_t value;
    memcpy(&value, data, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

static inline uint64_t low_bytes(uint64_t value, int64_t length)
{
    return length >= 8 ? value : value & (((uint64_t)1 << 8 * length) - 1);
}

static inline uint32_t exact_hash(const uint8_t *token, int64_t length)
{
    uint64_t mixed = low_bytes(eight_bytes(token), length) * MULTIPLIERS[0];
    if (length > 8) {
        uint64_t middle = low_bytes(eight_bytes(token + 8), length - 8);
        mixed ^= (middle * MULTIPLIERS[1]) ^ (eight_bytes(token + length - 8) * MULTIPLIERS[2]);
    }
    mixed ^= (uint64_t)length;
    mixed ^= mixed >> 29;
    mixed *= MULTIPLIERS[3];
    return (uint32_t)(mixed >> 32);
}

static inline uint32_t abstract_hash(
    const uint8_t *token, int64_t length, uint8_t kind, uint32_t exact, const uint8_t *shapes, const uint8_t *vocabulary)
{
    if ((kind != WORD && kind != CHARACTER && kind != ESCAPE) || vocabulary[exact >> VOCABULARY_SHIFT])
        return exact;
    uint32_t first = shapes[token[0]];
    if (first == SHAPE_DIGIT)
        return NUMBER_HASH;
    uint32_t capped = length < 3 ? (uint32_t)length : 3, second = capped == 1 ? 0 : shapes[token[1]];
    return (((first * 8 + second) * 4 + capped) * 16 + kind + 1) * SHAPE_MULTIPLIER;
}

/* Which of eight neighbouring bytes begin a run, as bits. */
static inline uint32_t eight_boundaries(const uint8_t *classes)
{
    uint64_t flags = 0;
    for (int k = 0; k < 8; k++)
        flags |= (uint64_t)((classes[k] != classes[k - 1]) | (classes[k] >= OPENER)) << 8 * k;
    return (uint32_t)((flags * 0x0102040810204080u) >> 56);
}

/* Fill the arrays of `tokens.Tokens` from the classes of all bytes. */
EXPORT void lw_tokens(
    const uint8_t *data, int64_t n, const uint8_t *classes, const uint8_t *shapes, const uint8_t *vocabulary,
    const Index *line_starts, int64_t n_lines, Index *starts, Index *ends, uint8_t *kinds, uint32_t *exact,
    uint32_t *abstract, Index *lines, Index *first)
{
    int64_t count = 0, line = -1, open = -1;
    int64_t next_start = n_lines ? line_starts[0] : INT64_MAX;
    for (int64_t base = 0; base < n || open >= 0; base += 8) {
        uint32_t bits = 0;
        if (base >= n)
            bits = 1;
        else if (base && base + 8 <= n)
            bits = eight_boundaries(classes + base);
        else
            for (int64_t k = 0; k < 8 && base + k <= n; k++) {
                int64_t i = base + k;
                bits |= (uint32_t)(i == 0 || i == n || classes[i] != classes[i - 1] || classes[i] >= OPENER) << k;
            }
        for (; bits; bits &= bits - 1) {
            int64_t here = base + __builtin_ctz(bits);
            if (here > n)
                here = n;
            if (open >= 0) {
                uint8_t kind = classes[open];
                int64_t length = here - open;
                if ((kind == OPERATOR || kind == SLASH_STAR || kind == HASH) && length > 3)
                    length = 3;
                uint32_t hash = kind == CHARACTER ? CHARACTER_HASH : exact_hash(data + open, length);
                starts[count] = open;
                ends[count] = here;
                kinds[count] = kind;
                exact[count] = hash;
                abstract[count] = abstract_hash(data + open, here - open, kind, hash, shapes, vocabulary);
                if (lines)
                    lines[count] = (Index)line;
                count++;
            }
            open = here < n && classes[here] != SPACE ? here : -1;
            if (open >= 0)
                while (next_start <= open) {
                    first[++line] = count;
                    next_start = line + 1 < n_lines ? line_starts[line + 1] : INT64_MAX;
                }
        }
    }
    while (line < n_lines)
        first[++line] = count;
}

/* `vectors.indentation`. */
EXPORT void lw_indentation(
    const uint8_t *data, const uint8_t *white_space, const Index *starts, const Index *ends, int64_t n_lines,
    int32_t *indents)
{
    for (int64_t line = 0; line < n_lines; line++) {
        int64_t i = starts[line], width = 0;
        for (; i < ends[line] && white_space[data[i]]; i++)
            width += data[i] == '\t' ? 4 : 1;
        indents[line] = i >= ends[line] ? -1 : width < (1 << 20) ? (int32_t)width : 1 << 20;
    }
}

/* Whether this processor can run the library that is compiled for wide registers. */
EXPORT int lw_has_wide_registers(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
#else
    return 0;
#endif
}
