/* How lines hang together: `structure.build_structure`, ancestors, and `context._place`. */
#include "kernel.h"

#include <math.h>

/* The last of `count` rows, indented ever more, that is indented less than `indent`; -1 where none is. */
static inline int64_t below(const Index *rows, int64_t count, const Index *indents, int64_t indent)
{
    int64_t low = 0, high = count;
    /* Most rows are found at the end; the others by halving, so that no text takes longer than its length. */
    for (int tries = 0; tries < 4 && high > 0; tries++)
        if (indents[rows[high - 1]] < indent)
            return high - 1;
        else
            high--;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (indents[rows[middle]] < indent)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

/* `structure._find_relatives`. Returns 0, or -1 where memory is short. */
EXPORT int lw_relatives(
    int64_t n_rows, const uint8_t *is_sentinel, const Index *sentinel, const Index *raw_indent, const uint8_t *inside,
    const uint8_t *aside, Index *indent, uint8_t *transparent, Index *previous_opaque, Index *next_opaque,
    Index *parent, Index *root, Index *sibling, Index *next_lower, Index *opener)
{
    Index *rows = malloc((size_t)n_rows * sizeof *rows);
    int64_t count = 0;
    if (!rows)
        return -1;
    int64_t upcoming = n_rows - 1;
    for (int64_t row = n_rows - 1; row >= 0; row--) {
        next_opaque[row] = upcoming;
        transparent[row] = !is_sentinel[row] && (raw_indent[row] < 0 || inside[row] || aside[row]);
        if (!transparent[row])
            upcoming = row;
    }
    int64_t last_opaque = 0, last_outside = 0;
    for (int64_t row = 0; row < n_rows; row++) {
        previous_opaque[row] = is_sentinel[row] ? row : last_opaque;
        opener[row] = inside[row] ? last_outside : sentinel[row];
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
    /* `rows` holds the opaque rows above that no later one hides, indented ever more, the document's sentinel first. */
    for (int64_t row = 0; row < n_rows; row++) {
        if (is_sentinel[row]) {
            parent[row] = root[row] = sibling[row] = rows[0] = row;
            count = 1;
            continue;
        }
        int64_t at = below(rows, count, indent, indent[row]);
        parent[row] = rows[at];
        root[row] = at == 0 ? row : root[rows[at]];
        sibling[row] = at + 1 < count && indent[rows[at + 1]] == indent[row] ? rows[at + 1] : sentinel[row];
        if (!transparent[row]) {
            rows[at + 1] = row;
            count = at + 2;
        }
    }
    for (int64_t row = n_rows - 1; row >= 0; row--) {
        if (is_sentinel[row]) {
            next_lower[row] = rows[0] = row;
            count = 1;
            continue;
        }
        int64_t at = below(rows, count, indent, indent[row]);
        next_lower[row] = rows[at];
        if (!transparent[row]) {
            rows[at + 1] = row;
            count = at + 2;
        }
    }
    free(rows);
    return 0;
}

/* The greatest value among a row's nearest 32 ancestors; values and out (n_rows, width). */
EXPORT int lw_ancestor_maximum(const float *values, const Index *parent, int64_t n_rows, int64_t width, float *out)
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

enum { N_PLACE = 26 };

/* What `context._place` needs of every row, and its result for one line. */
typedef struct {
    const Index *indent, *previous_opaque, *next_opaque, *matching, *depth, *unopened, *root, *next_lower;
    const uint8_t *is_sentinel, *transparent, *enclosing_kind;
    const double *logarithms; /* to base 2 of 0 … N_LOGARITHMS - 1, NULL where there are none ready */
} Places;

enum { N_LOGARITHMS = 4096 };

static inline double logarithm(const Places *of, int64_t value)
{
    return of->logarithms && value < N_LOGARITHMS ? of->logarithms[value] : log2((double)value);
}

/* `line` is the row's place in its document of `count` lines; `depth_below` is that of the batch's next line, 0 after
 * the last. */
static inline void place_of(
    const Places *of, int64_t row, int64_t line, int64_t count, int64_t depth_below, float *out)
{
    int64_t own = of->indent[row], others[2] = {of->previous_opaque[row], of->next_opaque[row]};
    int64_t outermost = of->indent[of->root[row]], depth = of->depth[row], change = depth_below - depth;
    for (int k = 0; k < 2; k++) {
        int missing = of->is_sentinel[others[k]];
        int64_t other = of->indent[others[k]];
        out[4 * k] = (float)missing;
        out[4 * k + 1] = !missing && other < own;
        out[4 * k + 2] = !missing && other == own;
        out[4 * k + 3] = !missing && other > own;
    }
    for (int kind = 0; kind < 4; kind++)
        out[8 + kind] = of->enclosing_kind[row] == kind;
    change = change < -4 ? -4 : change > 4 ? 4 : change;
    out[12] = !of->is_sentinel[of->matching[row]];
    out[13] = of->transparent[row];
    out[14] = own == 0;
    out[15] = (float)(logarithm(of, own + 2) / 4);
    out[16] = (float)(depth < 8 ? depth : 8) / 4;
    out[17] = (float)change / 2;
    out[18] = (float)(logarithm(of, line + 1) / 6);
    out[19] = (float)(logarithm(of, count - line) / 6);
    out[20] = line == 0;
    out[21] = line + 1 == count;
    out[22] = outermost == 0;
    out[23] = (float)(logarithm(of, outermost + 2) / 4);
    out[24] = (float)(of->unopened[row] < 8 ? of->unopened[row] : 8) / 4;
    out[25] = of->is_sentinel[of->next_lower[row]];
}

/* `context._place`: out (n_lines, N_PLACE). */
EXPORT void lw_place(
    const Index *row_of_line, int64_t n_lines, const Index *line_offsets, int64_t n_documents, const Index *indent,
    const uint8_t *is_sentinel, const uint8_t *transparent, const Index *previous_opaque, const Index *next_opaque,
    const uint8_t *enclosing_kind, const Index *matching, const Index *depth,
    const Index *unopened, const Index *root, const Index *next_lower, float *out)
{
    Places of = {indent, previous_opaque, next_opaque, matching, depth, unopened, root, next_lower,
                 is_sentinel, transparent, enclosing_kind, NULL};
    for (int64_t document = 0; document < n_documents; document++) {
        int64_t begin = line_offsets[document], end = line_offsets[document + 1];
        for (int64_t line = begin; line < end; line++, out += N_PLACE)
            place_of(
                &of, row_of_line[line], line - begin, end - begin, line + 1 < n_lines ? depth[row_of_line[line + 1]] : 0,
                out);
    }
}
