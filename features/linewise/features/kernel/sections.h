/* Of `lw_next`: the sections of rows that the context networks take one after the other. */

static inline int64_t section_of(int64_t row) { return row >> SECTION_BITS; }

static inline void choose(uint64_t *chosen, int64_t row) { chosen[row >> 6] |= (uint64_t)1 << (row & 63); }

/* Choose `other` where it is another section's row than `row`, in `ahead` too where it is a later section's. */
static inline void choose_far(const Text *t, int64_t row, int64_t other, uint64_t *chosen, uint64_t *ahead)
{
    if (section_of(row) == section_of(other) || t->is_sentinel[other])
        return;
    choose(chosen, other);
    if (other > row)
        choose(ahead, other);
}

/* The same of the rows that make up what each row's nearest ancestors show it, see `put_ancestors`. Those of an ancestor
 * in the same section are found by that one. */
static void choose_ancestors(const Text *t, const Index *above_of, uint64_t *chosen, uint64_t *ahead)
{
    int64_t last = -1, section = -1;
    for (int64_t row = 0; row < t->n_rows; row++) {
        int64_t above = above_of[row];
        if (above == last && section_of(row) == section)
            continue;
        last = above;
        section = section_of(row);
        int levels = section_of(above) == section ? 1 : LEVELS_UP;
        for (; levels && !t->is_sentinel[above]; levels--, above = above_of[above]) {
            int64_t other = above;
            choose_far(t, row, above, chosen, ahead);
            for (int k = 0; k < 3; k++)
                choose_far(t, row, other = t->continues[other], chosen, ahead);
        }
    }
}

/* Find the rows whose answers the second network needs in another section than theirs, and of these the rows `ahead`
 * that an earlier section needs. */
static void choose_kept(const Text *t, uint64_t *chosen, uint64_t *ahead)
{
    const Index *relatives[] = {t->sibling, t->previous_opaque, t->next_opaque, t->parent, t->enclosing, t->matching,
                                t->next_lower};
    for (size_t k = 0; k < sizeof relatives / sizeof *relatives; k++)
        for (int64_t row = 0; row < t->n_rows; row++)
            choose_far(t, row, relatives[k][row], chosen, ahead);
    for (int64_t row = SECTION; row < t->n_rows; row += SECTION) {
        choose_far(t, row - 1, row, chosen, ahead);
        choose_far(t, row, row - 1, chosen, ahead);
    }
    choose_ancestors(t, t->parent, chosen, ahead);
    choose_ancestors(t, t->enclosing, chosen, ahead);
}

/* Take the next lines from `*row` on and before `end` into a block, those of `chosen` rows alone where that is not NULL. */
static void next_block(
    const Text *t, const uint64_t *chosen, int64_t *row, int64_t end, int64_t *document, Block *block)
{
    block->count = 0;
    for (; *row < end && block->count < BLOCK; ++*row) {
        if (chosen && !(*row & 63) && !chosen[*row >> 6]) {
            *row += 63;
            continue;
        }
        if (t->is_sentinel[*row] || (chosen && !(chosen[*row >> 6] >> (*row & 63) & 1)))
            continue;
        while (*row > t->line_offsets[*document + 1] + *document)
            ++*document;
        block->rows[block->count] = *row;
        block->documents[block->count++] = *document;
    }
}

static Shown first_shown(const Text *t)
{
    return (Shown){t->probabilities, 0, t->n_rows, NULL, t->model->carried, 1};
}

/* Note what other sections see, and answer ahead for the rows that earlier sections see. */
static int keep_far(Text *t, Flow *flow)
{
    Kept *kept = &flow->kept;
    Shown shown = first_shown(t);
    int64_t n_words = t->n_rows / 64 + 1, count = 0, n_labels = t->model->n_labels;
    uint64_t *ahead = calloc((size_t)n_words, sizeof *ahead);
    kept->chosen = calloc((size_t)n_words, sizeof *kept->chosen);
    int failed = !ahead || !kept->chosen || TAKE(kept->before, n_words);
    if (!failed)
        choose_kept(t, kept->chosen, ahead);
    for (int64_t word = 0; !failed && word < n_words; word++) {
        kept->before[word] = (Index)count;
        count += __builtin_popcountll(kept->chosen[word]);
    }
    failed = failed || TAKE(kept->answers, count * n_labels);
    Block block;
    int64_t row = 0, document = 0;
    while (!failed && row < t->n_rows) {
        next_block(t, ahead, &row, t->n_rows, &document, &block);
        run_first(t, flow, &shown, &block);
        lw_sigmoid(flow->first.outputs, block.count * n_labels, flow->first.outputs);
        for (int64_t k = 0; k < block.count; k++)
            copy(flow->first.outputs + k * n_labels, n_labels, kept_answers(kept, block.rows[k], n_labels));
    }
    free(ahead);
    return failed;
}

/* Make ready for the sections: after this the text and its tokens are needed no more. */
static int begin_flow(Text *t, const float *scores)
{
    const Model *model = t->model;
    int64_t n_labels = model->n_labels, rows = t->n_rows < SECTION ? t->n_rows : SECTION;
    Flow *flow = t->flow = calloc(1, sizeof *flow);
    Shown shown = first_shown(t);
    if (!flow || begin_work(t, &model->first, n_labels, model->second.n_out, model->second.own.n_in, &flow->first) ||
        begin_work(t, &model->second, n_labels, 0, 0, &flow->second) ||
        !(flow->first.of_documents = sums_of_documents(t, &shown, &model->first, scores)) ||
        !(flow->second.of_documents = sums_of_documents(t, &shown, &model->second, NULL)) ||
        TAKE(flow->whole, t->n_documents) || TAKE(flow->answers, rows * n_labels) ||
        TAKE(flow->sums, rows * model->second.n_out))
        return -1;
    flow->places = (Places){t->indent, t->previous_opaque, t->next_opaque, t->matching, t->depth, t->unopened,
                            t->root, t->next_lower, t->is_sentinel, t->transparent, t->enclosing_kind, model->logarithms};
    for (int64_t k = 0; k < t->n_documents; k++)
        flow->whole[k] = (uint8_t)may_be_whole(t, k);
    return section_of(t->n_rows - 1) ? keep_far(t, flow) : 0;
}

static void end_flow(Flow *flow)
{
    if (!flow)
        return;
    end_work(&flow->first);
    end_work(&flow->second);
    free(flow->kept.chosen);
    free(flow->kept.before);
    free(flow->kept.answers);
    free(flow->whole);
    free(flow->answers);
    free(flow->sums);
    free(flow);
}

/* How many lines the next section has. */
static int64_t lines_of_section(const Text *t)
{
    int64_t begin = t->flow->next_row, end = begin + SECTION < t->n_rows ? begin + SECTION : t->n_rows, count = 0;
    for (int64_t row = begin; row < end; row++)
        count += !t->is_sentinel[row];
    return count;
}

/* Run both networks over the next section: `out` (lines, n_labels). Returns the number of its lines. */
static int64_t run_section(Text *t, float *out)
{
    Flow *flow = t->flow;
    int64_t begin = flow->next_row, end = begin + SECTION < t->n_rows ? begin + SECTION : t->n_rows, n_lines = 0;
    int64_t n_labels = t->model->n_labels, n_sums = t->model->second.n_out, row = begin, document = flow->document;
    Shown shown = first_shown(t);
    Block block;
    memset(flow->answers, 0, (size_t)((end - begin) * n_labels) * sizeof(float));
    while (row < end) {
        next_block(t, NULL, &row, end, &document, &block);
        run_first(t, flow, &shown, &block);
        hand_on(t, flow, block.count, flow->sums + n_lines * n_sums);
        lw_sigmoid(flow->first.outputs, block.count * n_labels, flow->first.outputs);
        for (int64_t k = 0; k < block.count; k++) {
            const float *from = flow->first.outputs + k * n_labels;
            copy(from, n_labels, flow->answers + (block.rows[k] - begin) * n_labels);
            if (flow->kept.chosen && is_kept(&flow->kept, block.rows[k]))
                copy(from, n_labels, kept_answers(&flow->kept, block.rows[k], n_labels));
        }
        n_lines += block.count;
    }
    /* From a place a little before, as the last time may have ended within a page. */
    int64_t from = flow->next_line * t->own_size - PAGE;
    flow->next_line += n_lines;
    if (!t->own_is_lent)
        give_back(t->own, t->n_lines * t->own_size, from > 0 ? from : 0, flow->next_line * t->own_size);
    spend(t, AT_FIRST);
    shown = (Shown){flow->answers, begin, end, flow->kept.chosen ? &flow->kept : NULL, t->model->carried_next, 0};
    row = begin;
    n_lines = 0;
    while (row < end) {
        next_block(t, NULL, &row, end, &flow->document, &block);
        run_second(t, flow, &shown, &block, flow->sums + n_lines * n_sums, out + n_lines * n_labels);
        n_lines += block.count;
    }
    spend(t, AT_SECOND);
    flow->next_row = end;
    return n_lines;
}
