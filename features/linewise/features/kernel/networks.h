/* Of `lw_next`: the context networks. Both are run for one section of rows before the next one's turn, so that what
 * the second one takes over from the first stays in the cache and is held for no other lines. */

enum { SECTION = 1 << SECTION_BITS };
enum { N_WHOLE = 6, N_SHOWN = 3 };

/* The networks on their way over a text. `places` is what the first one sees of a line's place, `whole` whether each
 * document may be a whole file, `kept` the rows that another section sees; `answers` (of the section's rows) and `sums`
 * (of its lines) are of the first network and what it adds to the second one's first layer. */
struct Flow {
    Work first, second;
    Places places;
    Kept kept;
    uint8_t *whole;
    float *answers, *sums;
    int64_t next_row, next_line, document; /* where the next section begins */
};

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

/* The row before and after another one; a sentinel's are itself. */
static inline int64_t before(const Text *t, int64_t row) { return t->is_sentinel[row] ? row : row - 1; }
static inline int64_t behind(const Text *t, int64_t row) { return t->is_sentinel[row] ? row : row + 1; }

/* What a line's neighbours and its place show the first context network. */
static void put_near(const Text *t, const Flow *flow, const Shown *shown, const Block *block, int64_t k, float *to)
{
    const Model *model = t->model;
    int64_t row = block->rows[k], document = block->documents[k], line = line_of(block, k);
    int64_t first = t->line_offsets[document], count = t->line_offsets[document + 1] - first;
    to = put_all(t, shown, before(t, row), to);
    to = put_all(t, shown, behind(t, row), to);
    to = put_some(t, shown, before(t, before(t, row)), model->far, model->n_far, to);
    to = put_some(t, shown, behind(t, behind(t, row)), model->far, model->n_far, to);
    to = put_all(t, shown, t->sibling[row], to);
    place_of(&flow->places, row, line - first, count, t->depth[row + 1], to);
    to += N_PLACE;
    for (int i = 0; i < N_NOVELTY; i++)
        to[i] = t->novelty[row] >> i & 1;
    const float *names = to;
    int whole = flow->whole[document];
    to += N_NOVELTY;
    to[0] = (float)whole;
    to[1] = (float)logarithm(&flow->places, count + 1) / 8;
    int in_text = model->binds_in_text[t->language_of[document]];
    to[2] = whole ? names[0] - names[1] : 0;
    to[3] = whole ? names[0] - names[2] : 0;
    to[4] = to[in_text ? 2 : 3];
    to[5] = whole ? names[5] - names[in_text ? 6 : 7] : 0;
    to += N_WHOLE;
    for (int i = 0; i < N_SHOWN; i++)
        to[i] = t->shown[line] >> i & 1;
}

/* The first context network for a block: its logits in `outputs`, those that the second one refines first, and what is
 * below them in `hidden`. */
static void run_first(const Text *t, Flow *flow, const Shown *shown, const Block *block)
{
    Work *work = &flow->first;
    const Context *context = work->context;
    for (int64_t k = 0; k < block->count; k++)
        put_own(
            t, line_of(block, k), answers_of(t, shown, block->rows[k]), work->inputs + k * context->own.n_in);
    multiply(1, context->own.weight, context->own.n_in, context->n_out, work->inputs, block->count, work->sums);
    for (int64_t k = 0; k < block->count; k++) {
        int64_t line = line_of(block, k), n_out = context->n_out;
        add_to_sums(work->of_documents + block->documents[k] * n_out, n_out, k, work->sums);
        add_to_sums(context->state.weight + t->at_start[line] * n_out, n_out, k, work->sums);
        add_to_sums(context->state_after.weight + t->state_after[line] * n_out, n_out, k, work->sums);
        put_near(t, flow, shown, block, k, work->inputs + k * context->near.n_in);
    }
    multiply(0, context->near.weight, context->near.n_in, context->n_out, work->inputs, block->count, work->sums);
    add_relation(t, shown, &context->previous_opaque, t->previous_opaque, -1, first_single, block, work);
    add_relation(t, shown, &context->next_opaque, t->next_opaque, 1, first_single, block, work);
    add_relation(t, shown, &context->parent, t->parent, 0, first_parent, block, work);
    add_relation(t, shown, &context->enclosing, t->enclosing, 0, first_enclosing, block, work);
    add_relation(t, shown, &context->matching, t->matching, 0, first_single, block, work);
    add_relation(t, shown, &context->next_lower, t->next_lower, 0, first_single, block, work);
    add_relation(t, shown, &context->opener, t->opener, 0, first_opener, block, work);
    finish(context->bias, context->n_out, block->count, work->sums, work->hidden, 1);
    apply(&context->last, context->last.weight, work->hidden, block->count, work->sums, work->outputs, 0);
}

/* What a block's lines themselves add to the first layer of the second network, into `sums` (count, n_out). */
static void hand_on(const Text *t, Flow *flow, int64_t count, float *sums)
{
    const Model *model = t->model;
    Work *work = &flow->first;
    const Context *next = &model->second;
    int64_t n_labels = model->n_labels, n_hidden = work->context->n_out;
    float limit = model->limits[3], scale = model->limits[4];
    for (int64_t k = 0; k < count; k++) {
        const float *from = work->outputs + k * n_labels;
        float *to = work->inputs + k * next->own.n_in;
        for (int64_t i = 0; i < n_labels; i++)
            to[i] = limited(from[i], -limit, limit) * scale;
        copy(work->hidden + k * n_hidden, n_hidden, to + n_labels);
    }
    multiply(1, next->own.weight, next->own.n_in, next->n_out, work->inputs, count, work->sums);
    store_sums(work->sums, next->n_out, count, sums, next->n_out);
}

/* The second context network for a block, and what the text decides by itself (`pipeline.settle`), into `out`
 * (count, n_labels); `sums` is what `hand_on` made. */
static void run_second(
    const Text *t, Flow *flow, const Shown *shown, const Block *block, const float *sums, float *out)
{
    const Model *model = t->model;
    Work *work = &flow->second;
    const Context *context = work->context;
    int64_t n_labels = model->n_labels, n_refined = model->n_refined, n_out = context->n_out;
    clear_sums(n_out, work->sums);
    for (int64_t k = 0; k < block->count; k++) {
        int64_t row = block->rows[k];
        add_to_sums(sums + k * n_out, n_out, k, work->sums);
        add_to_sums(work->of_documents + block->documents[k] * n_out, n_out, k, work->sums);
        float *to = work->inputs + k * context->near.n_in;
        to = second_answers(t, shown, before(t, row), to);
        to = second_answers(t, shown, behind(t, row), to);
        second_answers(t, shown, t->sibling[row], to);
    }
    multiply(0, context->near.weight, context->near.n_in, n_out, work->inputs, block->count, work->sums);
    add_relation(t, shown, &context->previous_opaque, t->previous_opaque, -1, second_single, block, work);
    add_relation(t, shown, &context->next_opaque, t->next_opaque, 1, second_single, block, work);
    add_relation(t, shown, &context->parent, t->parent, 0, second_parent, block, work);
    add_relation(t, shown, &context->enclosing, t->enclosing, 0, second_enclosing, block, work);
    add_relation(t, shown, &context->matching, t->matching, 0, second_single, block, work);
    add_relation(t, shown, &context->next_lower, t->next_lower, 0, second_single, block, work);
    finish(context->bias, n_out, block->count, work->sums, work->hidden, 1);
    apply(&context->last, context->last.weight, work->hidden, block->count, work->sums, work->outputs, 0);
    lw_sigmoid(work->outputs, block->count * n_refined, work->outputs);
    for (int64_t k = 0; k < block->count; k++) {
        float *to = out + k * n_labels;
        const float *others = answers_of(t, shown, block->rows[k]) + n_refined;
        for (int64_t i = 0; i < n_refined; i++)
            to[model->refined[i]] = work->outputs[k * n_refined + i];
        for (int64_t i = 0; i < n_labels - n_refined; i++)
            to[model->not_refined[i]] = others[i];
        lw_settle_blanks(to, 1, n_labels, t->indents + line_of(block, k), model->blank, model->not_region);
    }
}
