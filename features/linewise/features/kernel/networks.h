/* Of `lw_answer`: the context networks, block by block. */

enum { LEVELS_UP = 32, KEPT = 4 };

/* The answers that relatives show each other: of the line network, without constructs where a row lies inside of a
 * comment or string that begins above it; then of the first context network. */
typedef struct {
    const float *of_rows;
    int gated;
} Shown;

static inline int64_t row_of(const Text *t, int64_t line) { return line + t->documents[line] + 1; }

static inline int hides(const Text *t, Shown shown, int64_t row)
{
    return shown.gated && !t->is_sentinel[t->opener[row]];
}

static inline float *put_all(const Text *t, Shown shown, int64_t row, float *to)
{
    int64_t n = t->model->n_labels;
    memcpy(to, shown.of_rows + row * n, (size_t)n * sizeof *to);
    if (hides(t, shown, row))
        for (int64_t k = 0; k < n; k++)
            to[k] = t->model->of_constructs[k] ? 0 : to[k];
    return to + n;
}

static inline float *put_some(const Text *t, Shown shown, int64_t row, const int32_t *columns, int64_t n, float *to)
{
    const float *from = shown.of_rows + row * t->model->n_labels;
    for (int64_t k = 0; k < n; k++)
        to[k] = from[columns[k]];
    return to + n;
}

/* What a row passes on to its descendants: `context._carried`. */
static inline void carry_on(const Text *t, Shown shown, int64_t row, float *to)
{
    const Model *model = t->model;
    int64_t once = t->continues[row], twice = t->continues[once], rows[4] = {row, once, twice, t->continues[twice]};
    for (int64_t k = 0; k < model->n_carried; k++)
        to[k] = 0;
    for (int i = 0; i < 4; i++) {
        if (i && t->is_sentinel[rows[i]])
            continue;
        const float *from = shown.of_rows + rows[i] * model->n_labels;
        int hidden = hides(t, shown, rows[i]);
        for (int64_t k = 0; k < model->n_carried; k++) {
            float value = hidden && model->of_constructs[model->carried[k]] ? 0 : from[model->carried[k]];
            to[k] = value > to[k] ? value : to[k];
        }
    }
}

static inline void raise_to(float *to, const float *from, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        to[k] = from[k] > to[k] ? from[k] : to[k];
}

/* What the rows that are a parent, or enclose, show their children of themselves and their nearest ancestors, 32 rows
 * in all: `structure.ancestor_maximum`. */
static int find_ancestors(Text *t, Shown shown)
{
    int64_t width = t->model->n_carried;
    for (int side = 0; side < 2; side++) {
        const Index *above_of = side ? t->enclosing : t->parent, *slots = t->slots[side];
        float *own, *all = t->ancestors[side];
        uint8_t *levels = t->levels[side];
        if (TAKE(own, t->n_slots[side] * width))
            return -1;
        for (int64_t slot = 0; slot < t->n_slots[side]; slot++) {
            int64_t row = t->keys[side][slot], above = above_of[row];
            float *to = all + slot * width;
            carry_on(t, shown, row, own + slot * width);
            memcpy(to, own + slot * width, (size_t)width * sizeof *to);
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
        free(own);
    }
    return 0;
}

static inline float *put_ancestors(const Text *t, int side, int64_t row, float *to)
{
    int64_t width = t->model->n_carried;
    memcpy(to, t->ancestors[side] + t->slots[side][row] * width, (size_t)width * sizeof *to);
    return to + width;
}

/* The input of one row that lines share, of the relation that a function knows. */
typedef void (*Put)(const Text *t, Shown shown, int64_t row, float *to);

static void first_parent(const Text *t, Shown shown, int64_t row, float *to)
{
    to = put_ancestors(t, 0, row, put_all(t, shown, row, to));
    int64_t after = t->next_sibling[row];
    for (int64_t k = 0; k < t->model->n_carried; k++) {
        int64_t column = t->model->carried[k];
        int hidden = hides(t, shown, after) && t->model->of_constructs[column];
        to[k] = hidden ? 0 : shown.of_rows[after * t->model->n_labels + column];
    }
}

static void first_enclosing(const Text *t, Shown shown, int64_t row, float *to)
{
    put_ancestors(t, 1, row, put_all(t, shown, row, to));
}

static void first_single(const Text *t, Shown shown, int64_t row, float *to) { put_all(t, shown, row, to); }

static void first_opener(const Text *t, Shown shown, int64_t row, float *to)
{
    put_some(t, shown, row, t->model->openers, t->model->n_openers, to);
}

static void second_parent(const Text *t, Shown shown, int64_t row, float *to)
{
    put_ancestors(t, 0, row, put_some(t, shown, row, t->model->refined, t->model->n_refined, to));
}

static void second_enclosing(const Text *t, Shown shown, int64_t row, float *to)
{
    put_ancestors(t, 1, row, put_some(t, shown, row, t->model->refined, t->model->n_refined, to));
}

static void second_single(const Text *t, Shown shown, int64_t row, float *to)
{
    put_some(t, shown, row, t->model->refined, t->model->n_refined, to);
}

/* Working memory of a block. */
typedef struct {
    float *inputs, *sums, *shared, *hidden, *outputs;
} Work;

/* Multiply `count` rows of inputs, and add to each line's sums those of its row's number, if it has one. */
static void add_shared(
    const Context *context, const Group *group, const int64_t *number, int64_t count, int64_t rows, Work *work)
{
    if (!count)
        return;
    for (int64_t panel = 0; panel < panels_of(context->n_out); panel++)
        memset(work->shared + panel * BLOCK * PANEL, 0, (size_t)((count + ROWS - 1) / ROWS * ROWS * PANEL) * sizeof(float));
    accumulate(group->weight, group->n_in, context->n_out, work->inputs, count, work->shared);
    for (int64_t panel = 0; panel < panels_of(context->n_out); panel++)
        for (int64_t row = 0; row < rows; row++) {
            if (number[row] < 0)
                continue;
            float *to = work->sums + (panel * BLOCK + row) * PANEL;
            const float *from = work->shared + (panel * BLOCK + number[row]) * PANEL;
            for (int k = 0; k < PANEL; k++)
                to[k] += from[k];
        }
}

/* Add what the rows of one relation do to the block's sums; each row is multiplied once for all its lines. */
static void add_relation(
    const Text *t, Shown shown, const Context *context, const Group *group, const Index *relative, Put put,
    int64_t begin, int64_t rows, Work *work)
{
    int64_t number[BLOCK], seen[BLOCK], count = 0;
    for (int64_t row = 0; row < rows; row++) {
        int64_t key = relative[row_of(t, begin + row)], k = count - 1;
        number[row] = -1;
        if (t->is_sentinel[key])
            continue;
        for (; k >= 0 && k >= count - KEPT && seen[k] != key; k--)
            ;
        if (k < 0 || k < count - KEPT) {
            put(t, shown, key, work->inputs + count * group->n_in);
            seen[k = count++] = key;
        }
        number[row] = k;
    }
    add_shared(context, group, number, count, rows, work);
}

/* Add what the nearest opaque rows do that are not the adjacent ones, for which these were counted. */
static void add_difference(
    const Text *t, Shown shown, const Context *context, const Group *group, const Index *opaque, int step, Put put,
    int64_t begin, int64_t rows, Work *work)
{
    int64_t number[BLOCK], count = 0;
    float *adjacent = work->outputs;
    for (int64_t row = 0; row < rows; row++) {
        int64_t at = row_of(t, begin + row);
        number[row] = -1;
        if (opaque[at] == at + step)
            continue;
        float *to = work->inputs + count * group->n_in;
        put(t, shown, opaque[at], to);
        put(t, shown, at + step, adjacent);
        for (int64_t k = 0; k < group->n_in; k++)
            to[k] -= adjacent[k];
        number[row] = count++;
    }
    add_shared(context, group, number, count, rows, work);
}

/* Begin a block's sums with what the lines themselves add, and with what their document does. */
static void begin_sums(
    const Text *t, const Context *context, const float *of_documents, int64_t begin, int64_t rows, Work *work)
{
    memset(work->sums, 0, (size_t)(panels_of(context->n_out) * BLOCK * PANEL) * sizeof *work->sums);
    for (int64_t row = 0; row < rows; row++) {
        add_to_sums(t->sums + (begin + row) * t->sum_width, context->n_out, row, work->sums);
        add_to_sums(of_documents + t->documents[begin + row] * context->n_out, context->n_out, row, work->sums);
    }
}

/* What a document adds to the first layer: its context, and where the network sees them the scores of its language and
 * the answers of its first line. */
static float *sums_of_documents(const Text *t, Shown shown, const Context *context, const float *scores)
{
    int64_t n_out = context->n_out, n_scores = context->language.n_in;
    float *sums;
    if (TAKE(sums, t->n_documents * n_out))
        return NULL;
    for (int64_t k = 0; k < t->n_documents; k++) {
        float *to = sums + k * n_out;
        memcpy(to, context->context.weight + t->contexts[k] * n_out, (size_t)n_out * sizeof *to);
        for (int64_t score = 0; score < n_scores; score++)
            if (scores[k * n_scores + score] != 0)
                for (int64_t i = 0; i < n_out; i++)
                    to[i] += scores[k * n_scores + score] * context->language.weight[score * n_out + i];
        /* Where a document has no line, this is the next one's sentinel, whose answers are zeros. */
        const float *first = shown.of_rows + (t->line_offsets[k] + k + 1) * t->model->n_labels;
        for (int64_t label = 0; label < context->first_line.n_in; label++)
            for (int64_t i = 0; i < n_out; i++)
                to[i] += first[t->model->first_labels[label]] * context->first_line.weight[label * n_out + i];
    }
    return sums;
}

static int64_t widest_of(const Context *context, int64_t least)
{
    const Group *groups[] = {&context->near, &context->previous_opaque, &context->next_opaque, &context->parent,
                             &context->enclosing, &context->matching, &context->next_lower, &context->opener};
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++)
        least = groups[k]->n_in > least ? groups[k]->n_in : least;
    return least;
}

static int begin_work(Work *work, const Context *context, int64_t least_inputs, int64_t n_outputs, int64_t n_sums)
{
    int64_t n_inputs = widest_of(context, least_inputs) * BLOCK, widest = context->n_out > n_sums ? context->n_out : n_sums;
    int64_t panels = panels_of(widest > n_outputs ? widest : n_outputs) * BLOCK * PANEL;
    if (TAKE(work->inputs, n_inputs) || TAKE(work->sums, panels) || TAKE(work->shared, panels) ||
        TAKE(work->hidden, BLOCK * context->n_out) || TAKE(work->outputs, BLOCK * n_outputs))
        return -1;
    memset(work->inputs, 0, (size_t)n_inputs * sizeof(float));
    memset(work->hidden, 0, (size_t)(BLOCK * context->n_out) * sizeof(float));
    return 0;
}

static void end_work(Work *work)
{
    free(work->inputs);
    free(work->sums);
    free(work->shared);
    free(work->hidden);
    free(work->outputs);
}

/* The row before and after another one; a sentinel's are itself. */
static inline int64_t before(const Text *t, int64_t row) { return t->is_sentinel[row] ? row : row - 1; }
static inline int64_t behind(const Text *t, int64_t row) { return t->is_sentinel[row] ? row : row + 1; }

/* Whether a document may be a whole file: `context._whole`. */
static int may_be_whole(const Text *t, int64_t document)
{
    int64_t begin = t->line_offsets[document] + document, end = t->line_offsets[document + 1] + document + 1;
    if (t->contexts[document] != UNKNOWN_CONTEXT)
        return t->contexts[document] == WHOLE_FILE;
    for (int64_t row = begin; row < end; row++)
        if (t->indent[t->root[row]] > 0)
            return 0;
    return t->unopened[begin + 1] == 0;
}

/* What a line's neighbours and its place show the first context network. `whole`: whether its text may be whole. */
static void put_near(const Text *t, const Places *places, Shown shown, int64_t line, int whole, float *to)
{
    const Model *model = t->model;
    int64_t row = row_of(t, line), document = t->documents[line], first = t->line_offsets[document];
    to = put_all(t, shown, before(t, row), to);
    to = put_all(t, shown, behind(t, row), to);
    to = put_some(t, shown, before(t, before(t, row)), model->far, model->n_far, to);
    to = put_some(t, shown, behind(t, behind(t, row)), model->far, model->n_far, to);
    to = put_all(t, shown, t->sibling[row], to);
    int64_t depth_below = line + 1 < t->n_lines ? t->depth[row_of(t, line + 1)] : 0;
    place_of(places, row, line - first, t->line_offsets[document + 1] - first, depth_below, to);
    to += N_PLACE;
    for (int k = 0; k < N_NOVELTY; k++)
        to[k] = t->novelty[row] >> k & 1;
    const float *names = to;
    to += N_NOVELTY;
    to[0] = (float)whole;
    to[1] = (float)logarithm(places, t->line_offsets[document + 1] - first + 1) / 8;
    int in_text = model->binds_in_text[t->language_of[document]];
    to[2] = whole ? names[0] - names[in_text ? 1 : 2] : 0;
    to[3] = whole ? names[5] - names[in_text ? 6 : 7] : 0;
}

/* The first context network: `answers` of all rows, and what each line adds to the second one's first layer. */
static int run_first(Text *t, const float *scores)
{
    const Model *model = t->model;
    const Context *context = &model->first, *next = &model->second;
    int64_t n_labels = model->n_labels, own = n_labels + context->n_out, n_others = n_labels - model->n_refined;
    Shown shown = {t->probabilities, 1};
    Places places = {t->indent, t->previous_opaque, t->next_opaque, t->matching, t->depth, t->unopened,
                     t->root, t->next_lower, t->is_sentinel, t->transparent, t->enclosing_kind, model->logarithms};
    Work work = {0};
    float *of_documents = sums_of_documents(t, shown, context, scores);
    int64_t document = -1;
    int whole = 0;
    int failed = !of_documents || begin_work(&work, context, own, n_labels, next->n_out) || find_ancestors(t, shown) ||
                 TAKE(t->answers, t->n_rows * n_labels);
    for (int64_t begin = 0; !failed && begin < t->n_lines; begin += BLOCK) {
        int64_t rows = t->n_lines - begin < BLOCK ? t->n_lines - begin : BLOCK;
        begin_sums(t, context, of_documents, begin, rows, &work);
        for (int64_t row = 0; row < rows; row++) {
            int64_t line = begin + row;
            add_to_sums(context->state.weight + t->at_start[line] * context->n_out, context->n_out, row, work.sums);
            add_to_sums(
                context->state_after.weight + t->state_after[line] * context->n_out, context->n_out, row, work.sums);
            if (t->documents[line] != document)
                whole = may_be_whole(t, document = t->documents[line]);
            put_near(t, &places, shown, line, whole, work.inputs + row * context->near.n_in);
        }
        accumulate(context->near.weight, context->near.n_in, context->n_out, work.inputs, rows, work.sums);
        add_difference(
            t, shown, context, &context->previous_opaque, t->previous_opaque, -1, first_single, begin, rows, &work);
        add_difference(t, shown, context, &context->next_opaque, t->next_opaque, 1, first_single, begin, rows, &work);
        add_relation(t, shown, context, &context->parent, t->parent, first_parent, begin, rows, &work);
        add_relation(t, shown, context, &context->enclosing, t->enclosing, first_enclosing, begin, rows, &work);
        add_relation(t, shown, context, &context->matching, t->matching, first_single, begin, rows, &work);
        add_relation(t, shown, context, &context->next_lower, t->next_lower, first_single, begin, rows, &work);
        add_relation(t, shown, context, &context->opener, t->opener, first_opener, begin, rows, &work);
        finish(context->bias, context->n_out, rows, work.sums, work.hidden, 1);
        apply(&context->last, context->last.weight, work.hidden, rows, work.sums, work.outputs, 0);
        for (int64_t row = 0; row < rows; row++) {
            const float *from = work.outputs + row * n_labels;
            float *to = work.inputs + row * own;
            for (int64_t k = 0; k < model->n_refined; k++)
                *to++ = limited(from[model->refined[k]], -model->limits[3], model->limits[3]) * model->limits[4];
            for (int64_t k = 0; k < n_others; k++)
                *to++ = limited(from[model->not_refined[k]], -model->limits[3], model->limits[3]) * model->limits[4];
            memcpy(to, work.hidden + row * context->n_out, (size_t)context->n_out * sizeof *to);
        }
        memset(work.sums, 0, (size_t)(panels_of(next->n_out) * BLOCK * PANEL) * sizeof *work.sums);
        accumulate(next->own.weight, own, next->n_out, work.inputs, rows, work.sums);
        store_sums(work.sums, next->n_out, rows, t->sums + begin * t->sum_width, t->sum_width);
        lw_sigmoid(work.outputs, rows * n_labels, work.outputs);
        for (int64_t row = 0; row < rows; row++)
            memcpy(
                t->answers + row_of(t, begin + row) * n_labels, work.outputs + row * n_labels,
                (size_t)n_labels * sizeof(float));
    }
    for (int64_t row = 0; !failed && row < t->n_rows; row++)
        if (t->is_sentinel[row])
            memset(t->answers + row * n_labels, 0, (size_t)n_labels * sizeof(float));
    free(of_documents);
    end_work(&work);
    DROP(t->probabilities);
    DROP(t->root);
    DROP(t->depth);
    DROP(t->unopened);
    DROP(t->indent);
    DROP(t->opener);
    DROP(t->novelty);
    DROP(t->next_sibling);
    return failed;
}

/* The second context network, and what the text decides by itself: `pipeline.settle`. */
static int run_second(Text *t, float *out)
{
    const Model *model = t->model;
    const Context *context = &model->second;
    int64_t n_labels = model->n_labels, n_refined = model->n_refined;
    Shown shown = {t->answers, 0};
    Work work = {0};
    float *of_documents = sums_of_documents(t, shown, context, NULL);
    int failed = !of_documents || begin_work(&work, context, 0, n_refined, 0) || find_ancestors(t, shown);
    for (int64_t begin = 0; !failed && begin < t->n_lines; begin += BLOCK) {
        int64_t rows = t->n_lines - begin < BLOCK ? t->n_lines - begin : BLOCK;
        begin_sums(t, context, of_documents, begin, rows, &work);
        for (int64_t row = 0; row < rows; row++) {
            int64_t at = row_of(t, begin + row);
            int64_t relatives[] = {before(t, at), behind(t, at), t->sibling[at]};
            float *to = work.inputs + row * context->near.n_in;
            for (size_t k = 0; k < sizeof relatives / sizeof *relatives; k++)
                to = put_some(t, shown, relatives[k], model->refined, n_refined, to);
        }
        accumulate(context->near.weight, context->near.n_in, context->n_out, work.inputs, rows, work.sums);
        add_difference(
            t, shown, context, &context->previous_opaque, t->previous_opaque, -1, second_single, begin, rows, &work);
        add_difference(t, shown, context, &context->next_opaque, t->next_opaque, 1, second_single, begin, rows, &work);
        add_relation(t, shown, context, &context->parent, t->parent, second_parent, begin, rows, &work);
        add_relation(t, shown, context, &context->enclosing, t->enclosing, second_enclosing, begin, rows, &work);
        add_relation(t, shown, context, &context->matching, t->matching, second_single, begin, rows, &work);
        add_relation(t, shown, context, &context->next_lower, t->next_lower, second_single, begin, rows, &work);
        finish(context->bias, context->n_out, rows, work.sums, work.hidden, 1);
        apply(&context->last, context->last.weight, work.hidden, rows, work.sums, work.outputs, 0);
        lw_sigmoid(work.outputs, rows * n_refined, work.outputs);
        for (int64_t row = 0; row < rows; row++) {
            float *to = out + (begin + row) * n_labels;
            memcpy(to, t->answers + row_of(t, begin + row) * n_labels, (size_t)n_labels * sizeof *to);
            for (int64_t k = 0; k < n_refined; k++)
                to[model->refined[k]] = work.outputs[row * n_refined + k];
        }
        lw_settle_blanks(
            out + begin * n_labels, rows, n_labels, t->indents + begin, model->blank, model->not_region);
    }
    free(of_documents);
    end_work(&work);
    return failed;
}
