/* Of `lw_begin`: how lines hang together, and what is known of their names. */

/* `structure.build_structure`. */
static int find_structure(Text *t)
{
    int64_t n = t->n_rows;
    if (TAKE(t->is_sentinel, n) || TAKE(t->sentinel, n) || TAKE(t->raw_indent, n) || TAKE(t->inside, n) ||
        TAKE(t->aside, n) || TAKE(t->enclosing, n) || TAKE(t->enclosing_kind, n) || TAKE(t->closes, n) ||
        TAKE(t->matching, n) || TAKE(t->depth, n) || TAKE(t->unopened, n))
        return -1;
    memset(t->inside, 0, (size_t)n);
    memset(t->aside, 0, (size_t)n);
    memset(t->is_sentinel, 1, (size_t)n);
    memset(t->raw_indent, 0xFF, (size_t)n * sizeof *t->raw_indent);
    for (int64_t line = 0; line < t->n_lines; line++) {
        int64_t row = t->row_of_line[line];
        t->is_sentinel[row] = 0;
        t->raw_indent[row] = t->indents[line];
        t->inside[row] = t->at_start[line] != CODE;
    }
    int64_t last = 0;
    for (int64_t row = 0; row < n; row++) {
        last = t->is_sentinel[row] ? row : last;
        t->sentinel[row] = t->enclosing[row] = t->matching[row] = (Index)last;
    }
    memset(t->enclosing_kind, 0, (size_t)n);
    memset(t->closes, 0, (size_t)n);
    memset(t->depth, 0, (size_t)n * sizeof *t->depth);
    memset(t->unopened, 0, (size_t)n * sizeof *t->unopened);
    if (match_brackets(
            t->brackets, t->n_brackets, t->line_offsets, t->n_documents, t->row_of_line, t->inside, t->enclosing,
            t->enclosing_kind, t->closes, t->matching, t->depth, t->unopened))
        return -1;
    DROP(t->brackets);
    for (int64_t line = 0; line < t->n_lines; line++) {
        int64_t row = t->row_of_line[line];
        int kind = t->enclosing_kind[row];
        t->aside[row] = ((kind == ROUND || kind == SQUARE) && t->closes[row] && t->matching[row] == t->sentinel[row] &&
                         t->raw_indent[row] <= t->raw_indent[t->enclosing[row]]) ||
                        t->traits[line] & ASIDE;
    }
    DROP(t->closes);
    if (TAKE(t->indent, n) || TAKE(t->previous_opaque, n) || TAKE(t->next_opaque, n) || TAKE(t->parent, n) ||
        TAKE(t->root, n) || TAKE(t->sibling, n) || TAKE(t->next_lower, n) || TAKE(t->opener, n) ||
        TAKE(t->transparent, n))
        return -1;
    int failed = lw_relatives(
        n, t->is_sentinel, t->sentinel, t->raw_indent, t->inside, t->aside, t->indent, t->transparent,
        t->previous_opaque, t->next_opaque, t->parent, t->root, t->sibling, t->next_lower, t->opener);
    DROP(t->aside);
    DROP(t->raw_indent);
    return failed;
}

/* `novelty._may_store`: whether a line's beginning may be something that is stored into. */
static inline int may_store(const Text *t, int64_t line)
{
    int64_t row = t->row_of_line[line], before = t->previous_opaque[row];
    if (t->transparent[row])
        return 0;
    if (t->enclosing_kind[row] != ROUND || t->is_sentinel[before])
        return 1;
    /* An argument by name follows an opening bracket or a comma; what a function in brackets holds does not. */
    return !(t->traits[line - (row - before)] & GOES_ON);
}

/* `novelty.novelty`, `context._continued` and `context._next_sibling`: the last steps that need the text itself. */
static int find_names(Text *t)
{
    int64_t n = t->n_rows, n_labels = t->model->n_labels;
    uint8_t *eligible, *is_local, *opens_scope;
    int failed = TAKE(eligible, t->n_lines);
    failed |= TAKE(is_local, t->n_lines);
    failed |= TAKE(opens_scope, n);
    failed |= TAKE(t->novelty, n) || TAKE(t->continues, n) || TAKE(t->next_sibling, n);
    if (!failed) {
        memset(t->novelty, 0, (size_t)n);
        for (int64_t row = 0; row < n; row++) {
            const float *of = t->probabilities + row * n_labels;
            opens_scope[row] =
                t->opener[row] == t->sentinel[row] && (of[t->model->scopes[0]] > 0.5f || of[t->model->scopes[1]] > 0.5f);
            t->continues[row] = t->enclosing_kind[row] == ROUND ? t->enclosing[row] : t->matching[row];
            t->next_sibling[row] = t->sentinel[row];
        }
        for (int64_t line = 0; line < t->n_lines; line++) {
            int64_t row = t->row_of_line[line];
            eligible[line] = (uint8_t)may_store(t, line);
            is_local[line] = t->traits[line] & IS_LOCAL;
            if (t->traits[line] & CONTINUES_SIBLING)
                t->continues[row] = t->sibling[row];
        }
        for (int64_t row = n - 1; row >= 0; row--)
            if (t->sibling[row] != t->sentinel[row] && !t->transparent[row])
                t->next_sibling[t->sibling[row]] = (Index)row;
        failed = know_names(
            &t->mentions, t->n_lines, t->row_of_line, n, eligible, is_local, t->opener, t->sentinel, t->parent,
            t->continues, opens_scope, t->novelty);
    }
    free(eligible);
    free(is_local);
    free(opens_scope);
    DROP(t->mentions.marks);
    DROP(t->mentions.hashes);
    DROP(t->traits);
    DROP(t->row_of_line);
    DROP(t->inside);
    DROP(t->sentinel);
    return failed;
}
