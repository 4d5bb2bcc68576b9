/* Of `lw_next`: what rows show each other of their answers. */

enum { LEVELS_UP = 32, MAX_LABELS = 32 };

/* Some rows' answers, found by the row's number: of a set of rows as bits, and how many of it are before each 64. */
typedef struct {
    uint64_t *chosen;
    Index *before;
    float *answers;
} Kept;

/* The answers that relatives show each other: of the line network, without constructs where a row lies inside of a
 * comment or string that begins above it; then of the first context network, of which only the rows begin:end and those
 * that are kept are there. Sentinels, and no others, may be missing: they show zeros. */
typedef struct {
    const float *near;
    int64_t begin, end;
    const Kept *kept;
    int gated;
} Shown;

static const float NOTHING[MAX_LABELS];

static inline int is_kept(const Kept *kept, int64_t row) { return (int)(kept->chosen[row >> 6] >> (row & 63) & 1); }

static inline float *kept_answers(const Kept *kept, int64_t row, int64_t n_labels)
{
    uint64_t below = kept->chosen[row >> 6] & (((uint64_t)1 << (row & 63)) - 1);
    return kept->answers + (kept->before[row >> 6] + __builtin_popcountll(below)) * n_labels;
}

static inline const float *answers_of(const Text *t, const Shown *shown, int64_t row)
{
    int64_t n = t->model->n_labels;
    if (row >= shown->begin && row < shown->end)
        return shown->near + (row - shown->begin) * n;
    return shown->kept && is_kept(shown->kept, row) ? kept_answers(shown->kept, row, n) : NOTHING;
}

static inline int hides(const Text *t, const Shown *shown, int64_t row)
{
    return shown->gated && !t->is_sentinel[t->opener[row]];
}

static inline float *put_all(const Text *t, const Shown *shown, int64_t row, float *to)
{
    int64_t n = t->model->n_labels;
    copy(answers_of(t, shown, row), n, to);
    if (hides(t, shown, row))
        for (int64_t k = 0; k < n; k++)
            to[k] = t->model->of_constructs[k] ? 0 : to[k];
    return to + n;
}

static inline float *put_some(
    const Text *t, const Shown *shown, int64_t row, const int32_t *columns, int64_t n, float *to)
{
    const float *from = answers_of(t, shown, row);
    for (int64_t k = 0; k < n; k++)
        to[k] = from[columns[k]];
    return to + n;
}

/* What a row passes on to its descendants: `context._carried`. */
static inline void carry_on(const Text *t, const Shown *shown, int64_t row, float *to)
{
    const Model *model = t->model;
    int64_t once = t->continues[row], twice = t->continues[once], rows[4] = {row, once, twice, t->continues[twice]};
    for (int64_t k = 0; k < model->n_carried; k++)
        to[k] = 0;
    for (int i = 0; i < 4; i++) {
        if (i && t->is_sentinel[rows[i]])
            continue;
        const float *from = answers_of(t, shown, rows[i]);
        int hidden = hides(t, shown, rows[i]);
        for (int64_t k = 0; k < model->n_carried; k++) {
            float value = hidden && model->of_constructs[model->carried[k]] ? 0 : from[model->carried[k]];
            to[k] = value > to[k] ? value : to[k];
        }
    }
}

/* What rows show their children of themselves and their nearest ancestors, 32 rows in all: `structure.ancestor_maximum`;
 * and of themselves alone. Of the first `count` rows that are a parent, or enclose; (count, n_carried) each. */
typedef struct {
    float *all, *own;
    int64_t count;
} Ancestors;

static inline void raise_to(float *to, const float *from, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        to[k] = from[k] > to[k] ? from[k] : to[k];
}

static int begin_ancestors(const Text *t, int side, Ancestors *ancestors)
{
    int64_t n = t->n_slots[side] * t->model->n_carried;
    return TAKE(ancestors->all, n) || TAKE(ancestors->own, n) ? -1 : 0;
}

/* Go on with the rows before `end`. */
static void find_ancestors(const Text *t, const Shown *shown, int side, int64_t end, Ancestors *ancestors)
{
    int64_t width = t->model->n_carried;
    const Index *above_of = side ? t->enclosing : t->parent, *slots = t->slots[side], *keys = t->keys[side];
    float *own = ancestors->own, *all = ancestors->all;
    uint8_t *levels = t->levels[side];
    for (; ancestors->count < t->n_slots[side] && keys[ancestors->count] < end; ancestors->count++) {
        int64_t slot = ancestors->count, row = keys[slot], above = above_of[row];
        float *to = all + slot * width;
        carry_on(t, shown, row, own + slot * width);
        copy(own + slot * width, width, to);
        if (t->is_sentinel[above]) {
            levels[slot] = 1;
            continue;
        }
        levels[slot] = levels[slots[above]] < LEVELS_UP ? (uint8_t)(levels[slots[above]] + 1) : LEVELS_UP;
        if (levels[slot] < LEVELS_UP) {
            raise_to(to, all + slots[above] * width, width);
            continue;
        }
        for (int level = 1; level < LEVELS_UP && !t->is_sentinel[above]; level++, above = above_of[above])
            raise_to(to, own + slots[above] * width, width);
    }
}
