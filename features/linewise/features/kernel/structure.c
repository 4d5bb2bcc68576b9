/* How lines hang together: `structure.build_structure`, its brackets, ancestors, the names of `novelty`, and `context._place`.
 */
#include "kernel.h"

#include <math.h>

enum { MAX_ROUNDS = 64 };

/* `structure._climb`, round for round: all rows climb at once, each along what the others had found a round before.
 * `climbing` and `found` are working memory of n_rows each. */
static void climb(
    int64_t n_rows, const int64_t *indent, int strict, int64_t *pointer, int64_t *climbing, int64_t *found)
{
    int64_t count = n_rows;
    for (int round = 0; round < MAX_ROUNDS && count; round++) {
        int64_t kept = 0;
        for (int64_t i = 0; i < count; i++) {
            int64_t row = round ? climbing[i] : i, above = pointer[row];
            climbing[kept] = row;
            found[kept] = pointer[above];
            kept += (indent[above] > indent[row] || (strict && indent[above] == indent[row])) && above != row;
        }
        count = kept;
        for (int64_t i = 0; i < count; i++)
            pointer[climbing[i]] = found[i];
    }
}

/* Sentinels, effective indentation, nearest opaque rows, parents and siblings.
 *
 * `raw_indent` (n_rows) is -1 for blank rows and sentinels; `inside` and `aside` (n_rows) say whether a row begins inside
 * a comment or string, and whether with a comment or directive. Returns 0, or -1 where memory is short.
 */
EXPORT int lw_relatives(
    int64_t n_rows, const uint8_t *is_sentinel, const int64_t *raw_indent, const uint8_t *inside, const uint8_t *aside,
    int64_t *sentinel, int64_t *indent, uint8_t *transparent, int64_t *previous_opaque, int64_t *next_opaque,
    int64_t *parent, int64_t *sibling, int64_t *opener)
{
    int64_t *working = malloc((size_t)n_rows * 2 * sizeof *working);
    if (!working)
        return -1;
    int64_t upcoming = n_rows - 1;
    for (int64_t row = n_rows - 1; row >= 0; row--) {
        next_opaque[row] = upcoming;
        transparent[row] = !is_sentinel[row] && (raw_indent[row] < 0 || inside[row] || aside[row]);
        if (!transparent[row])
            upcoming = row;
    }
    int64_t last_opaque = 0, last_outside = 0, own_sentinel = 0;
    for (int64_t row = 0; row < n_rows; row++) {
        if (is_sentinel[row])
            own_sentinel = row;
        sentinel[row] = own_sentinel;
        previous_opaque[row] = is_sentinel[row] ? row : last_opaque;
        opener[row] = inside[row] ? last_outside : own_sentinel;
        int64_t column = raw_indent[row];
        if (inside[row]) {
            column = raw_indent[last_outside] + !transparent[last_outside];
            column = column < 0 ? 0 : column;
        } else {
            last_outside = row;
            if (column < 0 && !is_sentinel[row])
                column = is_sentinel[next_opaque[row]] ? 0 : raw_indent[next_opaque[row]];
        }
        indent[row] = column;
        if (!transparent[row])
            last_opaque = row;
    }
    memcpy(sibling, previous_opaque, (size_t)n_rows * sizeof *sibling);
    memcpy(parent, previous_opaque, (size_t)n_rows * sizeof *parent);
    climb(n_rows, indent, 0, sibling, working, working + n_rows);
    climb(n_rows, indent, 1, parent, working, working + n_rows);
    for (int64_t row = 0; row < n_rows; row++)
        if (is_sentinel[row] || indent[sibling[row]] != indent[row])
            sibling[row] = sentinel[row];
    free(working);
    return 0;
}

/* The innermost open bracket of each line, and the partner of a leading closing one; outputs begin as sentinels, zeros. */
EXPORT int lw_brackets(
    const uint8_t *data, const int64_t *starts, const uint8_t *kinds, const uint8_t *of_token, const int64_t *first,
    const int64_t *line_offsets, int64_t n_documents, const int64_t *row_of_line, const uint8_t *inside,
    int64_t *enclosing, uint8_t *enclosing_kind, int64_t *matching, int64_t *depth_of_row)
{
    int64_t capacity = 1024, *open = malloc((size_t)capacity * sizeof *open);
    if (!open)
        return -1;
    for (int64_t document = 0; document < n_documents; document++) {
        int64_t depth = 0;
        for (int64_t line = line_offsets[document]; line < line_offsets[document + 1]; line++) {
            int64_t row = row_of_line[line];
            if (depth > 0) {
                /* Packed: the row of the bracket, and its kind in the two lowest bits. */
                enclosing[row] = open[depth] >> 2;
                enclosing_kind[row] = (uint8_t)(open[depth] & 3);
                depth_of_row[row] = depth;
            }
            if (inside[row])
                continue;
            for (int64_t token = first[line]; token < first[line + 1]; token++) {
                if (of_token[token] != CODE)
                    continue;
                if (kinds[token] == OPENER) {
                    if (++depth >= capacity) {
                        int64_t *larger = realloc(open, (size_t)capacity * 2 * sizeof *open);
                        if (!larger) {
                            free(open);
                            return -1;
                        }
                        open = larger;
                        capacity *= 2;
                    }
                    uint8_t character = data[starts[token]];
                    if (depth > 0)
                        open[depth] = row << 2 | (character == '(' ? 1 : character == '[' ? 2 : 3);
                } else if (kinds[token] == CLOSER) {
                    if (depth > 0 && token == first[line])
                        matching[row] = open[depth] >> 2;
                    depth--;
                }
            }
        }
    }
    free(open);
    return 0;
}

/* The greatest value among a row's nearest 32 ancestors; values and out (n_rows, width). */
EXPORT int lw_ancestor_maximum(const float *values, const int64_t *parent, int64_t n_rows, int64_t width, float *out)
{
    enum { LEVELS = 32 };
    int32_t *depth = malloc((size_t)(n_rows + 1) * sizeof *depth);
    if (!depth)
        return -1;
    for (int64_t row = 0; row < n_rows; row++) {
        int64_t above = parent[row];
        float *to = out + row * width;
        memcpy(to, values + above * width, (size_t)width * sizeof *to);
        depth[row] = above == row ? 0 : depth[above] + 1;
        if (above == row)
            continue;
        if (depth[above] < LEVELS) {
            const float *from = out + above * width;
            for (int64_t k = 0; k < width; k++)
                to[k] = from[k] > to[k] ? from[k] : to[k];
        } else {
            for (int level = 1; level < LEVELS; level++) {
                above = parent[above];
                const float *from = values + above * width;
                for (int64_t k = 0; k < width; k++)
                    to[k] = from[k] > to[k] ? from[k] : to[k];
            }
        }
    }
    free(depth);
    return 0;
}

/* A set of keys with two flags each, open addressing. */
typedef struct {
    uint64_t *keys;
    uint8_t *bound;
    uint64_t mask;
} Names;

enum { IS_NEW = 0, WAS_SEEN = 1, WAS_BOUND = 2 };

static inline int note(Names *names, uint64_t key, int binds)
{
    uint64_t slot = (key * 0x9E3779B97F4A7C15u) >> 20 & names->mask;
    while (names->keys[slot] != UINT64_MAX && names->keys[slot] != key)
        slot = (slot + 1) & names->mask;
    int before = names->keys[slot] == key ? WAS_SEEN | (names->bound[slot] ? WAS_BOUND : 0) : IS_NEW;
    names->keys[slot] = key;
    names->bound[slot] |= (uint8_t)binds;
    return before;
}

/* The tokens of a line, from `token` to `end`, whose names it seems to store into, -1 where there is none. */
static void find_targets(
    const uint8_t *data, const int64_t *starts, const int64_t *ends, const uint8_t *kinds, const uint8_t *of_token,
    int64_t token, int64_t end, int64_t *target, int64_t *second)
{
    int comma = kinds[token + 1] == SEPARATOR && data[starts[token + 1]] == ',';
    if (kinds[token] == WORD && (kinds[token + 1] == OPERATOR || comma)) {
        *target = token;
        if (comma && token + 2 < end && kinds[token + 2] == WORD)
            *second = token + 2;
        return;
    }
    for (int64_t next = token + 1; next < end; next++)
        if (kinds[next] == OPERATOR && data[starts[next]] == '=' && ends[next] - starts[next] == 1 &&
            of_token[next] == CODE && kinds[next - 1] == WORD) {
            *second = next - 1;
            return;
        }
}

enum { N_NOVELTY = 8 };

/* `novelty.novelty`: `features` (n_rows, N_NOVELTY) begins as zeros. */
EXPORT int lw_novelty(
    const uint8_t *data, const int64_t *starts, const int64_t *ends, const uint8_t *kinds, const uint8_t *of_token,
    const uint32_t *exact, const int64_t *first, int64_t n_lines, const int64_t *row_of_line, int64_t n_rows, const uint8_t *transparent,
    const int64_t *opener, const int64_t *sentinel, const int64_t *parent, const uint8_t *opens_scope, float *features)
{
    uint8_t *wanted = calloc(1 << 16, 1);
    int64_t *targets = malloc(((size_t)n_lines + 1) * 2 * sizeof *targets);
    int64_t *scope = malloc((size_t)n_rows * sizeof *scope), n_occurrences = 0, line, token;
    uint64_t size = 64;
    Names in_text = {0}, in_scope = {0};
    int result = -1;
    if (!wanted || !targets || !scope)
        goto done;
    for (line = 0; line < n_lines; line++) {
        int64_t *target = targets + 2 * line, *second = target + 1;
        *target = *second = -1;
        if (!transparent[row_of_line[line]] && first[line + 1] - first[line] >= 2)
            find_targets(data, starts, ends, kinds, of_token, first[line], first[line + 1], target, second);
        if (*target >= 0)
            wanted[exact[*target] >> 16] = 1;
        if (*second >= 0)
            wanted[exact[*second] >> 16] = 1;
    }
    for (token = 0; token < first[n_lines]; token++)
        n_occurrences += kinds[token] == WORD && wanted[exact[token] >> 16];
    while (size < 2 * (uint64_t)n_occurrences)
        size *= 2;
    in_text.mask = in_scope.mask = size - 1;
    in_text.keys = malloc(size * sizeof *in_text.keys);
    in_scope.keys = malloc(size * sizeof *in_scope.keys);
    in_text.bound = calloc(size, 1);
    in_scope.bound = calloc(size, 1);
    if (!in_text.keys || !in_scope.keys || !in_text.bound || !in_scope.bound)
        goto done;
    memset(in_text.keys, 0xFF, size * sizeof *in_text.keys);
    memset(in_scope.keys, 0xFF, size * sizeof *in_scope.keys);
    for (int64_t row = 0; row < n_rows; row++) {
        int64_t above = parent[row];
        scope[row] = opens_scope[above] || above == row ? above : scope[above];
    }
    for (line = 0; line < n_lines; line++) {
        int64_t row = row_of_line[line], here = opens_scope[row] ? row : scope[row];
        int64_t first_target = targets[2 * line], second_target = targets[2 * line + 1];
        int outside = opener[row] == sentinel[row];
        if (!outside && first_target < 0 && second_target < 0)
            continue;
        for (token = first[line]; token < first[line + 1]; token++) {
            int target = token == first_target || token == second_target;
            if (!target) {
                if (!outside || kinds[token] != WORD || !wanted[exact[token] >> 16] || of_token[token] != CODE)
                    continue;
                /* `self.x` and `a->x` name another x. */
                uint8_t before = data[starts[token] > 0 ? starts[token] - 1 : 0];
                if (before == '.' || before == '>')
                    continue;
            }
            int text = note(&in_text, (uint64_t)sentinel[row] << 32 | exact[token], target);
            int near = note(&in_scope, (uint64_t)here << 32 | exact[token], target);
            float *to = features + row * N_NOVELTY;
            if (token == first_target) {
                to[0] = 1;
                to[1] = (text & WAS_BOUND) != 0;
                to[2] = (near & WAS_BOUND) != 0;
                to[3] = (text & WAS_SEEN) != 0;
                to[4] = (near & WAS_SEEN) != 0;
            } else if (target) {
                to[5] = 1;
                to[6] = (text & WAS_BOUND) != 0;
                to[7] = (near & WAS_BOUND) != 0;
            }
        }
    }
    result = 0;
done:
    free(wanted);
    free(targets);
    free(scope);
    free(in_text.keys);
    free(in_scope.keys);
    free(in_text.bound);
    free(in_scope.bound);
    return result;
}

enum { N_PLACE = 22 };

/* `context._place`: out (n_lines, N_PLACE). */
EXPORT void lw_place(
    const int64_t *row_of_line, int64_t n_lines, const int64_t *line_offsets, int64_t n_documents, const int64_t *indent,
    const uint8_t *is_sentinel, const int64_t *sentinel, const uint8_t *transparent, const int64_t *previous_opaque,
    const int64_t *next_opaque, const uint8_t *enclosing_kind, const int64_t *matching, const int64_t *depth, float *out)
{
    for (int64_t document = 0; document < n_documents; document++) {
        int64_t begin = line_offsets[document], end = line_offsets[document + 1];
        for (int64_t line = begin; line < end; line++, out += N_PLACE) {
            int64_t row = row_of_line[line], own = indent[row];
            int64_t others[2] = {previous_opaque[row], next_opaque[row]};
            for (int k = 0; k < 2; k++) {
                int missing = is_sentinel[others[k]];
                int64_t other = indent[others[k]];
                out[4 * k] = (float)missing;
                out[4 * k + 1] = !missing && other < own;
                out[4 * k + 2] = !missing && other == own;
                out[4 * k + 3] = !missing && other > own;
            }
            for (int kind = 0; kind < 4; kind++)
                out[8 + kind] = enclosing_kind[row] == kind;
            int64_t change = (line + 1 < n_lines ? depth[row_of_line[line + 1]] : 0) - depth[row];
            change = change < -4 ? -4 : change > 4 ? 4 : change;
            out[12] = matching[row] != sentinel[row];
            out[13] = transparent[row];
            out[14] = own == 0;
            out[15] = (float)(log2((double)(own + 2)) / 4);
            out[16] = (float)(depth[row] < 8 ? depth[row] : 8) / 4;
            out[17] = (float)change / 2;
            out[18] = (float)(log2((double)(line - begin + 1)) / 6);
            out[19] = (float)(log2((double)(end - line)) / 6);
            out[20] = line == begin;
            out[21] = line + 1 == end;
        }
    }
}
