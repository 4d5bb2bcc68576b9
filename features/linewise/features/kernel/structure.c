/* How lines hang together: `structure.build_structure`, its brackets, ancestors, the names of `novelty`, and `context._place`.
 */
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

/* An open bracket: its token, and how many curly brackets are open at its own. */
typedef struct {
    int64_t token, row, curly_level;
} Bracket;

typedef struct {
    Bracket *open;
    int64_t count, capacity;
} Stack;

static inline int push(Stack *stack, Bracket bracket)
{
    if (stack->count >= stack->capacity) {
        int64_t capacity = stack->capacity ? stack->capacity * 2 : 256;
        Bracket *larger = realloc(stack->open, (size_t)capacity * sizeof *larger);
        if (!larger)
            return -1;
        stack->open = larger;
        stack->capacity = capacity;
    }
    stack->open[stack->count++] = bracket;
    return 0;
}

enum { ROUND = 1, SQUARE, CURLY, N_BRACKETS };

/* `brackets.find_brackets`; `enclosing` and `matching` begin as sentinels, the rest as zeros. */
EXPORT int lw_brackets(
    const uint8_t *data, const Index *starts, const uint8_t *kinds, const uint8_t *of_token, const Index *first,
    const Index *line_offsets, int64_t n_documents, const Index *row_of_line, const uint8_t *inside,
    Index *enclosing, uint8_t *enclosing_kind, uint8_t *closes, Index *matching, Index *depth, Index *unopened)
{
    int64_t n_lines = line_offsets[n_documents], n_tokens = first[n_lines];
    Stack stacks[N_BRACKETS] = {{0}};
    Index *opener_of = malloc(((size_t)n_lines + 1) * sizeof *opener_of);
    uint8_t *is_closed = calloc((size_t)n_tokens + 1, 1);
    int result = -1;
    if (!opener_of || !is_closed)
        goto done;
    for (int64_t document = 0; document < n_documents; document++) {
        int64_t begin = line_offsets[document], end = line_offsets[document + 1], n_unopened = 0;
        for (int kind = ROUND; kind < N_BRACKETS; kind++)
            stacks[kind].count = 0;
        for (int64_t line = begin; line < end; line++) {
            int64_t row = row_of_line[line];
            opener_of[line] = -1;
            unopened[row] = n_unopened;
            for (int kind = ROUND; kind < N_BRACKETS; kind++) {
                int64_t count = stacks[kind].count;
                depth[row] += count;
                if (!count)
                    continue;
                Bracket *top = &stacks[kind].open[count - 1];
                if (top->token > opener_of[line] && top->curly_level <= stacks[CURLY].count) {
                    opener_of[line] = top->token;
                    enclosing[row] = top->row;
                    enclosing_kind[row] = (uint8_t)kind;
                }
            }
            if (inside[row])
                continue;
            for (int64_t token = first[line]; token < first[line + 1]; token++) {
                if ((kinds[token] != OPENER && kinds[token] != CLOSER) || of_token[token] != CODE)
                    continue;
                uint8_t character = data[starts[token]];
                int kind = character == '(' || character == ')' ? ROUND : character == '[' || character == ']' ? SQUARE : CURLY;
                Stack *stack = &stacks[kind];
                if (kinds[token] == OPENER) {
                    if (push(stack, (Bracket){token, row, kind == CURLY ? 0 : stacks[CURLY].count}))
                        goto done;
                } else if (stack->count) {
                    Bracket *top = &stack->open[--stack->count];
                    is_closed[top->token] = 1;
                    if (token == first[line])
                        matching[row] = top->row;
                } else {
                    n_unopened += kind == CURLY;
                }
            }
        }
        for (int64_t line = begin; line < end; line++) {
            int64_t row = row_of_line[line];
            unopened[row] = n_unopened - unopened[row];
            closes[row] = opener_of[line] >= 0 && is_closed[opener_of[line]];
        }
    }
    result = 0;
done:
    for (int kind = ROUND; kind < N_BRACKETS; kind++)
        free(stacks[kind].open);
    free(opener_of);
    free(is_closed);
    return result;
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

/* A set of keys with a flag each, open addressing; at most half full. */
typedef struct {
    uint64_t *keys;
    uint8_t *bound;
    uint64_t size, count;
} Names;

enum { IS_NEW = 0, WAS_SEEN = 1, WAS_BOUND = 2 };
static const uint64_t NO_KEY = UINT64_MAX;

static inline uint64_t slot_of(const Names *names, uint64_t key)
{
    uint64_t slot = (key * 0x9E3779B97F4A7C15u) >> 20 & (names->size - 1);
    while (names->keys[slot] != NO_KEY && names->keys[slot] != key)
        slot = (slot + 1) & (names->size - 1);
    return slot;
}

static int grow(Names *names)
{
    Names larger = {NULL, NULL, names->size ? names->size * 2 : 64, names->count};
    larger.keys = malloc(larger.size * sizeof *larger.keys);
    larger.bound = calloc(larger.size, 1);
    if (!larger.keys || !larger.bound) {
        free(larger.keys);
        free(larger.bound);
        return -1;
    }
    memset(larger.keys, 0xFF, larger.size * sizeof *larger.keys);
    for (uint64_t slot = 0; slot < names->size; slot++)
        if (names->keys[slot] != NO_KEY) {
            uint64_t to = slot_of(&larger, names->keys[slot]);
            larger.keys[to] = names->keys[slot];
            larger.bound[to] = names->bound[slot];
        }
    free(names->keys);
    free(names->bound);
    *names = larger;
    return 0;
}

/* Note that a key occurs; returns what was known of it before, or -1 where memory is short. */
static inline int note(Names *names, uint64_t key, int binds)
{
    if (2 * names->count >= names->size && grow(names))
        return -1;
    uint64_t slot = slot_of(names, key);
    int before = names->keys[slot] == key ? WAS_SEEN | (names->bound[slot] ? WAS_BOUND : 0) : IS_NEW;
    names->count += names->keys[slot] != key;
    names->keys[slot] = key;
    names->bound[slot] |= (uint8_t)binds;
    return before;
}

/* The tokens of a line, from `token` to `end`, whose names it seems to store into, -1 where there is none. */
static void find_targets(
    const uint8_t *data, const Index *starts, const Index *ends, const uint8_t *kinds, const uint8_t *of_token,
    int64_t token, int64_t end, Index *target, Index *second)
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

enum { N_NOVELTY = 8, HEADER_STEPS = 3 };

/* The row that opens the scope which a row opens or goes on opening (a lone `{`, `) {`), -1 where it opens none. */
static inline int64_t scope_opened_by(int64_t row, const uint8_t *opens_scope, const Index *continues)
{
    for (int step = 0; step < HEADER_STEPS && !opens_scope[row]; step++)
        row = continues[row];
    return opens_scope[row] ? row : -1;
}

/* `novelty.novelty`: `features` (n_rows, N_NOVELTY) begins as zeros. */
EXPORT int lw_novelty(
    const uint8_t *data, const Index *starts, const Index *ends, const uint8_t *kinds, const uint8_t *of_token,
    const uint32_t *exact, const Index *first, int64_t n_lines, const Index *row_of_line, int64_t n_rows, const uint8_t *eligible,
    const uint8_t *is_local, const Index *opener, const Index *sentinel, const Index *parent, const Index *continues,
    const uint8_t *opens_scope, uint8_t *features)
{
    uint8_t *wanted = calloc(1 << 16, 1);
    Index *targets = malloc(((size_t)n_lines + 1) * 2 * sizeof *targets);
    Index *scope = malloc((size_t)n_rows * sizeof *scope);
    int64_t line, token;
    Names in_text = {0}, in_scope = {0};
    int result = -1;
    if (!wanted || !targets || !scope)
        goto done;
    for (line = 0; line < n_lines; line++) {
        Index *target = targets + 2 * line, *second = target + 1;
        *target = *second = -1;
        if (eligible[line] && first[line + 1] - first[line] >= 2)
            find_targets(data, starts, ends, kinds, of_token, first[line], first[line + 1], target, second);
        if (*target >= 0)
            wanted[exact[*target] >> 16] = 1;
        if (*second >= 0)
            wanted[exact[*second] >> 16] = 1;
    }
    for (int64_t row = 0; row < n_rows; row++) {
        int64_t above = parent[row], opened = scope_opened_by(above, opens_scope, continues);
        scope[row] = (Index)(opened >= 0 ? opened : above == row ? above : scope[above]);
    }
    for (line = 0; line < n_lines; line++) {
        int64_t row = row_of_line[line], opened = scope_opened_by(row, opens_scope, continues);
        int64_t here = opened >= 0 ? opened : scope[row];
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
            /* What is local is bound in its scope, and says nothing about the rest of the text. */
            int text = is_local[line] ? IS_NEW : note(&in_text, (uint64_t)sentinel[row] << 32 | exact[token], target);
            int near = note(&in_scope, (uint64_t)here << 32 | exact[token], target || is_local[line]);
            if (text < 0 || near < 0)
                goto done;
            uint8_t *to = features + row * N_NOVELTY;
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
