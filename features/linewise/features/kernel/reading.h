/* Of `lw_begin`: from bytes to what each line says by itself, some lines at a time. Of the text itself only that is kept
 * which distant lines need: see `brackets`, `mentions`, `heredocs` and `traits` of `Text`. */
#include <math.h>

enum { MAX_TOKENS_PER_LANGUAGE = 6000, MAX_SCORES = 64 };
enum { WINDOW_LINES = 1024, WINDOW_BYTES = 1 << 16, VECTOR_LINES = 96 };
enum { MAX_FEATURES = FEATURES_PER_LINE + FEATURES_PER_TOKEN * MAX_TOKENS_PER_LINE };

/* The scores of a document's language by its first tokens; `of` of shape (n_scores), n_scores <= MAX_SCORES. */
static void score_languages(
    const float *weight, const float *bias, int64_t n_scores, const Index *first, int64_t begin_line, int64_t end_line,
    const uint32_t *exact, const uint32_t *abstract, float *of)
{
    int64_t begin = first[begin_line], end = first[end_line];
    end = end - begin < MAX_TOKENS_PER_LANGUAGE ? end : begin + MAX_TOKENS_PER_LANGUAGE;
    float share = (float)(1 / sqrt((double)(end > begin ? end - begin : 1))), sums[MAX_SCORES] = {0};
    for (int64_t line = begin_line; line < end_line && first[line] < end; line++)
        for (int64_t token = first[line]; token < first[line + 1] && token < end; token++) {
            uint32_t previous = first[line] == token ? BEGIN : abstract[token - 1];
            const float *word = weight + (int64_t)((exact[token] * K[0]) >> LANGUAGE_SHIFT) * n_scores;
            const float *pair =
                weight + (int64_t)(mix(previous * K[1] + abstract[token] * K[2]) >> LANGUAGE_SHIFT) * n_scores;
            for (int64_t k = 0; k < n_scores; k++)
                sums[k] += share * word[k];
            for (int64_t k = 0; k < n_scores; k++)
                sums[k] += share * pair[k];
        }
    float highest = -INFINITY, total = 0;
    for (int64_t k = 0; k < n_scores; k++) {
        sums[k] += bias[k];
        highest = sums[k] > highest ? sums[k] : highest;
    }
    for (int64_t k = 0; k < n_scores; k++)
        total += of[k] = expf(sums[k] - highest);
    for (int64_t k = 0; k < n_scores; k++)
        of[k] = begin_line == end_line ? 1.0f / (float)n_scores : of[k] / total;
}


/* `pipeline.language_scores` of a document that begins in the window: by its first tokens, which are looked for beyond
 * the window where it goes on there. */
static int find_language(const Text *t, const Window *window, const Reader *reader, int64_t document, float *of)
{
    const Model *model = t->model;
    int64_t begin = t->line_offsets[document], end = t->line_offsets[document + 1];
    Window other = {0};
    Reader again = {.texts = reader->texts, .lengths = reader->lengths, .document = document};
    int failed = 0;
    if (end > window->begin + window->n_lines) {
        window = &other;
        while (!failed && again.document == document && other.n_tokens < MAX_TOKENS_PER_LANGUAGE) {
            int64_t line = other.n_lines;
            failed = add_documents(&other, &again, document + 1, WINDOW_LINES, WINDOW_BYTES) ||
                     tokenize(&other, model, line);
        }
        begin = 0;
        end = other.n_lines;
    } else {
        begin -= window->begin;
        end -= window->begin;
    }
    if (!failed)
        score_languages(
            model->language_weight, model->language_bias, model->n_scores, window->first, begin, end, window->exact,
            window->abstract, of);
    end_window(&other);
    return failed;
}

/* `pipeline.language_scores` of a document, and the choice of a language that follows from them. */
static int settle_language(
    Text *t, const Window *window, const Reader *reader, int64_t document, int32_t given, float *of)
{
    const Model *model = t->model;
    int64_t n_languages = model->n_scores - 1, best = 0;
    if (given >= 0) {
        memset(of, 0, (size_t)model->n_scores * sizeof *of);
        of[best = given] = 1;
    } else {
        if (find_language(t, window, reader, document, of))
            return -1;
        for (int64_t language = 1; language < n_languages; language++)
            best = of[language] > of[best] ? language : best;
        /* Languages that read alike share the score, so their sum decides. */
        const int32_t *pairs = model->pairs;
        if (!(of[best] >= model->limits[0] || of[pairs[0]] + of[pairs[1]] >= model->limits[0] ||
              of[pairs[2]] + of[pairs[3]] >= model->limits[0]))
            best = n_languages;
    }
    t->language_of[document] = (uint8_t)best;
    return 0;
}

/* What is kept of a line's tokens besides its brackets and names. */
static uint8_t traits_of(const Model *model, const Window *window, int64_t line)
{
    int64_t token = window->first[line], end = window->first[line + 1];
    if (token == end)
        return 0;
    uint8_t state = window->of_token[token], first = window->data[window->starts[token]];
    uint8_t last = window->data[window->starts[end - 1]];
    int is_local = 0;
    for (int64_t k = 0; end - token > 1 && k < model->n_local_words; k++)
        is_local |= window->exact[token] == model->local_words[k];
    int aside = state == LINE_COMMENT || state == BLOCK_COMMENT ||
                (window->kinds[token] == HASH && model->has_directives[window->languages[line]]);
    return (uint8_t)((aside ? ASIDE : 0) | (last == '(' || last == ',' ? GOES_ON : 0) | (is_local ? IS_LOCAL : 0) |
                     (first == '{' || window->exact[token] == model->where[0] ? CONTINUES_SIBLING : 0));
}

/* Keep what later steps need of the text of the lines from `line` on. */
static int keep_text(Text *t, const Window *window, int64_t line)
{
    int64_t n_tokens = window->n_tokens - window->first[line], n_lines = window->n_lines - line, room = n_tokens + n_lines;
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
    for (; line < window->n_lines; line++) {
        int64_t begin = window->first[line], end = window->first[line + 1];
        t->traits[window->begin + line] = traits_of(t->model, window, line);
        t->n_brackets += put_brackets(
            window->data, window->starts, window->kinds, window->of_token, begin, end, t->brackets + t->n_brackets);
        put_names(
            window->data, window->starts, window->ends, window->kinds, window->of_token, window->exact, begin, end,
            mentions);
        if (t->model->has_heredocs[window->languages[line]] && note_heredocs(t, window, line))
            return -1;
    }
    return 0;
}

/* The hidden layer of the line network for some lines: sums of codes are kept, from which it is had again for little. */
static void sum_lines(
    const Text *t, int64_t begin, int64_t n_lines, const int32_t *indices, const Index *offsets, float *hidden)
{
    const Model *model = t->model;
    int64_t width = model->n_hidden;
    if (!model->codes) {
        lw_sum_rows(indices, offsets, n_lines, model->words, model->words_bias, width, hidden);
        memcpy((float *)t->own + begin * width, hidden, (size_t)(n_lines * width) * sizeof *hidden);
        return;
    }
    for (int64_t line = 0; line < n_lines; line++) {
        int16_t *sum = (int16_t *)t->own + (begin + line) * width;
        sum_codes(indices, offsets[line], offsets[line + 1], offsets[n_lines], model->codes, width, sum);
        scale_codes(sum, model->scale, model->words_bias, width, hidden + line * width);
    }
}

/* What a line itself shows the first context network: that hidden layer, and its own probabilities. */
static void put_own(const Text *t, int64_t line, const float *probabilities, float *to)
{
    const Model *model = t->model;
    int64_t width = model->n_hidden;
    if (model->codes)
        scale_codes((const int16_t *)t->own + line * width, model->scale, model->words_bias, width, to);
    else
        copy((const float *)t->own + line * width, width, to);
    copy(probabilities, model->n_labels, to + width);
}


/* Working memory of `answer_lines`. */
typedef struct {
    int32_t *indices;
    float *hidden, *logits, *answers, *sums;
} Scratch;

/* What the lines begin:end of the window say by themselves: their labels' probabilities, and whether they lie inside of
 * something. */
static void answer_lines(Text *t, const Window *window, int64_t begin, int64_t end, Scratch *work)
{
    const Model *model = t->model;
    int64_t n_hidden = model->n_hidden, n_labels = model->n_labels, n_line = model->line.n_out;
    Index offsets[VECTOR_LINES + 1];
    for (int64_t stop; begin < end; begin = stop) {
        stop = end - begin < VECTOR_LINES ? end : begin + VECTOR_LINES;
        lw_vector_offsets(window->first + begin, stop - begin, offsets);
        lw_line_vectors(
            window->data, window->line_starts, window->n_lines, window->first, window->kinds, window->exact,
            window->abstract, window->of_token, window->open_at_end, t->indents + window->begin, window->languages,
            window->documents, begin, stop, work->indices);
        sum_lines(t, window->begin + begin, stop - begin, work->indices, offsets, work->hidden);
        for (int64_t block = begin; block < stop; block += BLOCK) {
            int64_t rows = stop - block < BLOCK ? stop - block : BLOCK;
            apply(
                &model->line, model->line.weight, work->hidden + (block - begin) * n_hidden, rows, work->sums,
                work->logits, 0);
            for (int64_t row = 0; row < rows; row++) {
                const float *from = work->logits + row * n_line;
                copy(from, n_labels, work->answers + row * n_labels);
                t->inside_logits[window->begin + block + row] = from[n_labels];
            }
            lw_sigmoid(work->answers, rows * n_labels, work->answers);
            for (int64_t row = 0; row < rows; row++) {
                int64_t line = window->begin + block + row;
                copy(
                    work->answers + row * n_labels, n_labels,
                    t->probabilities + (line + window->documents[block + row] + 1) * n_labels);
            }
        }
    }
}

/* Read all lines: a window of them at a time, each but its last, whose next line is not there yet. */
static int read_lines(Text *t, Reader *reader, const int32_t *given, float *scores)
{
    const Model *model = t->model;
    int64_t n_settled = 0, unanswered = 0, n_labels = model->n_labels, n_line = model->line.n_out;
    Window window = {0};
    Scratch work = {0};
    int failed = TAKE(work.indices, VECTOR_LINES * MAX_FEATURES) || TAKE(work.hidden, VECTOR_LINES * model->n_hidden) ||
                 TAKE(work.logits, BLOCK * n_line) || TAKE(work.answers, BLOCK * n_labels) ||
                 TAKE(work.sums, panels_of(n_line) * BLOCK * PANEL) || reserve_lines(&window, 1) ||
                 reserve_bytes(&window, 0);
    while (!failed && (window.begin + window.n_lines < t->n_lines || n_settled < t->n_documents)) {
        int64_t line = window.n_lines, begin = window.begin + line;
        failed = add_documents(&window, reader, t->n_documents, WINDOW_LINES, WINDOW_BYTES);
        if (failed)
            break;
        int64_t n_lines = window.n_lines - line, end = begin + n_lines, is_last = end == t->n_lines;
        lw_indentation(
            window.data, model->white_space, window.line_starts + line, window.line_ends + line, n_lines,
            t->indents + begin);
        spend(t, AT_LINES);
        if ((failed = tokenize(&window, model, line)))
            break;
        spend(t, AT_TOKENS);
        for (; !failed && n_settled < t->n_documents && (is_last || t->line_offsets[n_settled] < end); n_settled++)
            failed = settle_language(
                t, &window, reader, n_settled, given[n_settled], scores + n_settled * model->n_scores);
        for (int64_t k = line; k < window.n_lines; k++)
            window.languages[k] = t->language_of[window.documents[k]];
        spend(t, AT_LANGUAGE);
        if (failed)
            break;
        lw_read_states(
            window.data, window.starts, window.ends, window.kinds, window.first + line, n_lines,
            window.languages + line, model->transitions, window.of_token, t->line_maps + begin * N_STATES,
            window.open_at_end + line, t->stray_close + begin);
        spend(t, AT_STATES);
        failed = keep_text(t, &window, line);
        spend(t, AT_STRUCTURE);
        int64_t answered = window.n_lines - !is_last;
        answer_lines(t, &window, unanswered, answered, &work);
        int64_t kept = answered > 0 ? answered - 1 : 0;
        drop_lines(&window, kept);
        unanswered = answered - kept;
        spend(t, AT_NETWORK);
    }
    end_window(&window);
    free(work.indices);
    free(work.hidden);
    free(work.logits);
    free(work.answers);
    free(work.sums);
    for (int64_t k = 0; !failed && k <= t->n_documents; k++)
        memset(
            t->probabilities + ((k < t->n_documents ? t->line_offsets[k] : t->n_lines) + k) * n_labels, 0,
            (size_t)n_labels * sizeof(float));
    return failed;
}
