/* Of `lw_begin`: what is kept of the text itself, for lines that stand far away: see `brackets`, `mentions`, `heredocs` and
 * `traits` of `Text`. */

static inline uint8_t goes_on_after(uint8_t last) { return last == '(' || last == ',' ? GOES_ON : 0; }

/* What is kept of a line's tokens besides its brackets and names. `token` is the window's one that it begins with, of
 * `count`; `last` the byte that its last one begins with. */
static uint8_t traits_of(
    const Model *model, const Window *window, uint8_t language, int64_t token, int64_t count, uint8_t last)
{
    if (!count)
        return 0;
    uint8_t state = window->of_token[token], first = window->data[window->starts[token]];
    int is_local = 0;
    for (int64_t k = 0; count > 1 && k < model->n_local_words; k++)
        is_local |= window->exact[token] == model->local_words[k];
    int aside = state == LINE_COMMENT || state == BLOCK_COMMENT ||
                (window->kinds[token] == HASH && model->has_directives[language]);
    return (uint8_t)((aside ? ASIDE : 0) | goes_on_after(last) | (is_local ? IS_LOCAL : 0) |
                     (first == '{' || window->exact[token] == model->where[0] ? CONTINUES_SIBLING : 0));
}

/* Make room for the brackets and names of so many tokens and lines. */
static int reserve_text(Text *t, int64_t room)
{
    Mentions *mentions = &t->mentions;
    if (t->n_brackets + room > t->bracket_capacity) {
        t->bracket_capacity = t->n_brackets + t->n_brackets / 4 + room;
        if (LARGER(t->brackets, t->bracket_capacity))
            return -1;
    }
    if (mentions->n_marks + room > t->mention_capacity) {
        t->mention_capacity = mentions->n_marks + mentions->n_marks / 4 + room;
        if (LARGER(mentions->marks, t->mention_capacity) || LARGER(mentions->hashes, t->mention_capacity))
            return -1;
    }
    return 0;
}

/* Keep what later steps need of the text of the lines from `line` on. */
static int keep_text(Text *t, const Window *window, int64_t line)
{
    if (reserve_text(t, window->n_tokens - window->first[line] + window->n_lines - line))
        return -1;
    for (; line < window->n_lines; line++) {
        int64_t begin = window->first[line], end = window->first[line + 1];
        uint8_t last = begin < end ? window->data[window->starts[end - 1]] : 0;
        t->traits[window->begin + line] =
            traits_of(t->model, window, window->languages[line], begin, end - begin, last);
        t->n_brackets += put_brackets(
            window->data, window->starts, window->kinds, window->of_token, begin, end, t->brackets + t->n_brackets);
        put_names(
            window->data, window->starts, window->ends, window->kinds, window->of_token, window->exact, begin, end,
            &t->mentions);
        if (t->model->has_heredocs[window->languages[line]] && note_heredocs(t, window, line))
            return -1;
    }
    return 0;
}
