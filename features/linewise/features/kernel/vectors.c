/* Hashed n-grams of lines and their sums of weights: `vectors.line_vectors` and its product with the first layer. */
#include "kernel.h"

enum { MAX_TOKENS_PER_LINE = 48, FEATURES_PER_TOKEN = 4, FEATURES_PER_LINE = 23, BUCKET_SHIFT = 32 - 16 };
enum { LANGUAGE_SHIFT = 32 - 15 };
static const uint32_t K[6] = {0x9E3779B1u, 0x85EBCA77u, 0xC2B2AE3Du, 0x27D4EB2Fu, 0x165667B1u, 0x7FEB352Du};
static const uint32_t BEGIN = 0x42454749u, END = 0x454E4421u, NOWHERE = 0x4E4F5748u, SALT = 0x51ED270Bu;
static const int64_t SIZES[] = {1, 2, 3, 4, 6, 9, 14, 22, 40};
static const int32_t COLUMNS[] = {0, 1, 2, 3, 4, 5, 8, 9, 12, 16, 24, 40};

static inline uint32_t mix(uint32_t value)
{
    value ^= value >> 15;
    return value * K[5];
}

static inline int32_t bucket(uint32_t value) { return (int32_t)(mix(value) >> BUCKET_SHIFT); }

static inline uint32_t clip(int64_t value, int64_t low, int64_t high)
{
    return (uint32_t)(value < low ? low : value > high ? high : value);
}

/* `vectors._kinds_shown` */
static inline uint32_t kinds_shown(const uint8_t *states, int64_t count)
{
    uint32_t seen = 0, in_comment = 1u << LINE_COMMENT | 1u << BLOCK_COMMENT;
    for (int64_t token = 0; token < count && token < MAX_TOKENS_PER_LINE; token++)
        seen |= 1u << states[token];
    return (seen & 1u) | (seen & in_comment ? 2u : 0) | (seen & ~(in_comment | 1u) ? 4u : 0);
}

/* How deep a line's brackets are after some of its tokens, and were where they closed most. */
typedef struct {
    int64_t depth, lowest;
} Balance;

static inline Balance balance_of(Balance of, const uint8_t *kinds, const uint8_t *states, int64_t begin, int64_t end)
{
    for (int64_t token = begin; token < end; token++) {
        if (states[token] == CODE)
            of.depth += (kinds[token] == OPENER) - (kinds[token] == CLOSER);
        of.lowest = of.depth < of.lowest ? of.depth : of.lowest;
    }
    return of;
}

static inline uint32_t code_of_balance(Balance of) { return (clip(of.depth, -3, 3) + 3) * 4 + clip(-of.lowest, 0, 3); }

enum { NO_BALANCE = 0xFF };

/* Where each line's indices begin, (n_lines + 1). */
EXPORT void lw_vector_offsets(const Index *first, int64_t n_lines, Index *offsets)
{
    offsets[0] = 0;
    for (int64_t line = 0; line < n_lines; line++) {
        int64_t count = first[line + 1] - first[line];
        count = count < MAX_TOKENS_PER_LINE ? count : MAX_TOKENS_PER_LINE;
        offsets[line + 1] = offsets[line] + FEATURES_PER_LINE + FEATURES_PER_TOKEN * count;
    }
}

/* The indices of the lines begin:end. `balances` has the code of each line's, or NO_BALANCE for those to be counted here;
 * NULL where all are. */
EXPORT void lw_line_vectors(
    const uint8_t *data, const Index *line_starts, int64_t n_lines, const Index *first, const uint8_t *kinds,
    const uint32_t *exact, const uint32_t *abstract, const uint8_t *of_token, const uint8_t *open_at_end,
    const int32_t *indents, const uint8_t *languages, const int32_t *documents, const uint8_t *balances, int64_t begin_line,
    int64_t end_line, int32_t *out)
{
    for (int64_t line = begin_line; line < end_line; line++) {
        int64_t begin = first[line], end = first[line + 1], count = end - begin;
        uint32_t a[4], z[3];
        for (int k = 0; k < 4; k++)
            a[k] = count > k ? abstract[begin + k] : END;
        for (int k = 0; k < 3; k++)
            z[k] = count > k ? abstract[end - 1 - k] : BEGIN;
        uint32_t x0 = count > 0 ? exact[begin] : END, x1 = count > 1 ? exact[begin + 1] : END;
        uint32_t open = open_at_end[line], size = 0, column = 0, tabbed = data[line_starts[line]] == '\t';
        while (size < sizeof SIZES / sizeof *SIZES && count >= SIZES[size])
            size++;
        while (column < sizeof COLUMNS / sizeof *COLUMNS && indents[line] >= COLUMNS[column])
            column++;
        uint32_t balance = balances && balances[line] != NO_BALANCE
                               ? balances[line]
                               : code_of_balance(balance_of((Balance){0, 0}, kinds, of_token, begin, end));
        uint32_t language = (languages[line] + 1u) * K[4];
        /* The ends of the lines beside it: the first token and the last two of the one above, the first of the one below. */
        uint32_t above_first = NOWHERE, above_last = NOWHERE, above_second = NOWHERE, below_first = NOWHERE;
        if (line > 0 && documents[line - 1] == documents[line]) {
            int64_t from = first[line - 1];
            above_first = begin > from ? abstract[from] : END;
            above_last = begin > from ? abstract[begin - 1] : BEGIN;
            above_second = begin > from + 1 ? abstract[begin - 2] : BEGIN;
        }
        if (line + 1 < n_lines && documents[line + 1] == documents[line])
            below_first = first[line + 2] > end ? abstract[end] : END;
        uint32_t combined[FEATURES_PER_LINE] = {
            z[0],
            z[1] * K[1] + z[0],
            z[2] * K[2] + z[1] * K[1] + z[0],
            a[0] * K[1] + a[1] * K[2] + a[2] * K[3] + a[3],
            a[0] * K[1] + z[0],
            a[0] * K[1] + a[1] * K[2] + z[0] * K[3] + z[1],
            x0,
            x0 * K[1] + x1,
            open * K[1] + z[0],
            size * K[1] + open,
            column * K[1] + tabbed,
            column * K[1] + a[0],
            balance,
            balance * K[1] + a[0] * K[2] + z[0],
            language + x0,
            language + x0 * K[1] + a[1],
            language + a[0] * K[1] + z[0],
            language + a[0] * K[1] + a[1] * K[2] + a[2],
            language + above_last * K[1] + a[0] * K[2],
            above_first * K[1] + above_last * K[2] + a[0] * K[3],
            above_second * K[1] + above_last * K[2] + a[0] * K[3] + a[1],
            below_first * K[1] + z[0] * K[2] + a[0] * K[3],
            kinds_shown(of_token + begin, count) * K[1] + open,
        };
        for (uint32_t k = 0; k < FEATURES_PER_LINE; k++)
            *out++ = bucket(combined[k] * K[0] + SALT * (k + 3));
        uint32_t two_back = BEGIN, one_back = BEGIN;
        for (int64_t token = begin; token < end && token < begin + MAX_TOKENS_PER_LINE; token++) {
            uint32_t state = of_token[token] * K[4], current = abstract[token];
            uint32_t pair = one_back * K[1] + current * K[2] + state;
            *out++ = bucket(exact[token] * K[0] + state);
            *out++ = bucket(pair + 1);
            *out++ = bucket(two_back * K[3] + pair + 2);
            *out++ = bucket(language + current * K[3] + state + 3);
            two_back = one_back;
            one_back = current;
        }
    }
}

/* The first layer of the line network, rectified: sums of rows of `weight` (n_buckets, width); width <= 512. */
EXPORT void lw_sum_rows(
    const int32_t *indices, const Index *offsets, int64_t n_lines, const float *weight, const float *bias, int64_t width,
    float *out)
{
    int64_t n_indices = offsets[n_lines];
    for (int64_t line = 0; line < n_lines; line++) {
        for (int64_t panel = 0; panel < width; panel += 64) {
            int64_t columns = width - panel < 64 ? width - panel : 64;
            float sum[64] = {0};
            for (int64_t i = offsets[line]; i < offsets[line + 1]; i++) {
                const float *row = weight + (int64_t)indices[i] * width + panel;
                if (i + 8 < n_indices) {
                    const float *ahead = weight + (int64_t)indices[i + 8] * width + panel;
                    for (int64_t k = 0; k < columns; k += 16)
                        __builtin_prefetch(ahead + k);
                }
                if (columns == 64)
                    for (int k = 0; k < 64; k++)
                        sum[k] += row[k];
                else
                    for (int64_t k = 0; k < columns; k++)
                        sum[k] += row[k];
            }
            for (int64_t k = 0; k < columns; k++) {
                float value = sum[k] + bias[panel + k];
                out[line * width + panel + k] = value > 0 ? value : 0;
            }
        }
    }
}

typedef int8_t Codes __attribute__((vector_size(16), aligned(1), may_alias));
typedef int16_t CodeSums __attribute__((vector_size(32), aligned(2), may_alias));
enum { CODE_LANES = 16, AHEAD = 32 };

/* Sums of rows of `codes` (n_buckets, width) for one of the lines that `indices` are of; width <= 64, sums within 16 bits. */
static inline void sum_codes(
    const int32_t *indices, int64_t begin, int64_t end, int64_t n_indices, const int8_t *codes, int64_t width,
    int16_t *sum)
{
    if (width != 64) {
        memset(sum, 0, (size_t)width * sizeof *sum);
        for (int64_t i = begin; i < end; i++)
            for (int64_t k = 0; k < width; k++)
                sum[k] = (int16_t)(sum[k] + codes[(int64_t)indices[i] * width + k]);
        return;
    }
    CodeSums a = {0}, b = {0}, c = {0}, d = {0};
    for (int64_t i = begin; i < end; i++) {
        const int8_t *row = codes + (int64_t)indices[i] * 64;
        if (i + AHEAD < n_indices)
            __builtin_prefetch(codes + (int64_t)indices[i + AHEAD] * 64);
        a += __builtin_convertvector(*(const Codes *)row, CodeSums);
        b += __builtin_convertvector(*(const Codes *)(row + CODE_LANES), CodeSums);
        c += __builtin_convertvector(*(const Codes *)(row + 2 * CODE_LANES), CodeSums);
        d += __builtin_convertvector(*(const Codes *)(row + 3 * CODE_LANES), CodeSums);
    }
    *(CodeSums *)sum = a;
    *(CodeSums *)(sum + CODE_LANES) = b;
    *(CodeSums *)(sum + 2 * CODE_LANES) = c;
    *(CodeSums *)(sum + 3 * CODE_LANES) = d;
}

/* Such sums as the hidden layer that they stand for. */
static inline void scale_codes(const int16_t *sum, const float *scale, const float *bias, int64_t width, float *out)
{
    for (int64_t k = 0; k < width; k++) {
        float value = (float)sum[k] * scale[k] + bias[k];
        out[k] = value > 0 ? value : 0;
    }
}

/* The first layer in whole numbers: sums of rows of `codes` (n_buckets, width), scaled; width <= 64. */
EXPORT void lw_sum_codes(
    const int32_t *indices, const Index *offsets, int64_t n_lines, const int8_t *codes, const float *scale,
    const float *bias, int64_t width, float *out)
{
    for (int64_t line = 0; line < n_lines; line++) {
        int16_t sum[64] = {0};
        sum_codes(indices, offsets[line], offsets[line + 1], offsets[n_lines], codes, width, sum);
        scale_codes(sum, scale, bias, width, out + line * width);
    }
}

/* The indices of `vectors.language_vectors`: two for each of the tokens begin[d]:end[d] of each document. */
EXPORT void lw_language_indices(
    const Index *begin, const Index *end, int64_t n_documents, const Index *first, const Index *lines,
    const uint32_t *exact, const uint32_t *abstract, int32_t *out)
{
    for (int64_t document = 0; document < n_documents; document++)
        for (int64_t token = begin[document]; token < end[document]; token++) {
            uint32_t previous = first[lines[token]] == token ? BEGIN : abstract[token - 1];
            *out++ = (int32_t)((exact[token] * K[0]) >> LANGUAGE_SHIFT);
            *out++ = (int32_t)(mix(previous * K[1] + abstract[token] * K[2]) >> LANGUAGE_SHIFT);
        }
}
