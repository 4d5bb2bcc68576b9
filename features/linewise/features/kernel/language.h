/* Of `lw_begin`: the language of each text. */
#include <math.h>

enum { MAX_TOKENS_PER_LANGUAGE = 6000, MAX_SCORES = 64 };
enum { WINDOW_LINES = 1024, WINDOW_BYTES = 1 << 16 };

/* So many rows of weights are asked for before the first of them is added. */
enum { ROWS_AHEAD = 64 };

/* Add some rows of `n` weights, times `share`, to `sums`, each in turn. */
static void add_rows(const float *const *rows, int64_t count, int64_t n, float share, float *sums)
{
    if (n < 2 * LANES || n > 3 * LANES) {
        for (int64_t i = 0; i < count; i++)
            for (int64_t k = 0; k < n; k++)
                sums[k] += share * rows[i][k];
        return;
    }
    /* The last lanes may be those of the second ones too, and get the same. */
    Lanes first = *(Lanes *)sums, second = *(Lanes *)(sums + LANES), last = *(Lanes *)(sums + n - LANES);
    for (int64_t i = 0; i < count; i++) {
        first += share * *(const Lanes *)rows[i];
        second += share * *(const Lanes *)(rows[i] + LANES);
        last += share * *(const Lanes *)(rows[i] + n - LANES);
    }
    *(Lanes *)sums = first;
    *(Lanes *)(sums + LANES) = second;
    *(Lanes *)(sums + n - LANES) = last;
}

/* The scores of a document's language by its first tokens; `of` of shape (n_scores), n_scores <= MAX_SCORES. What they lack
 * of 1 is that of no known language, for which a text says `unfamiliar` for each square root of a token. */
static void score_languages(
    const float *weight, const float *bias, float unfamiliar, int64_t n_scores, const Index *first, int64_t begin_line,
    int64_t end_line, const uint32_t *exact, const uint32_t *abstract, float *of)
{
    int64_t begin = first[begin_line], end = first[end_line];
    end = end - begin < MAX_TOKENS_PER_LANGUAGE ? end : begin + MAX_TOKENS_PER_LANGUAGE;
    float share = (float)(1 / sqrt((double)(end > begin ? end - begin : 1))), sums[MAX_SCORES] = {0};
    const float *rows[ROWS_AHEAD];
    int64_t count = 0;
    for (int64_t line = begin_line; line < end_line && first[line] < end; line++)
        for (int64_t token = first[line]; token < first[line + 1] && token < end; token++) {
            uint32_t previous = first[line] == token ? BEGIN : abstract[token - 1];
            rows[count++] = weight + (int64_t)((exact[token] * K[0]) >> LANGUAGE_SHIFT) * n_scores;
            rows[count++] =
                weight + (int64_t)(mix(previous * K[1] + abstract[token] * K[2]) >> LANGUAGE_SHIFT) * n_scores;
            for (int64_t k = count - 2; k < count; k++) {
                __builtin_prefetch(rows[k]);
                __builtin_prefetch(rows[k] + n_scores - 1);
            }
            if (count == ROWS_AHEAD) {
                add_rows(rows, count, n_scores, share, sums);
                count = 0;
            }
        }
    add_rows(rows, count, n_scores, share, sums);
    float none = unfamiliar * (float)sqrt((double)(end - begin)), highest = none;
    for (int64_t k = 0; k < n_scores; k++) {
        sums[k] += bias[k];
        highest = sums[k] > highest ? sums[k] : highest;
    }
    float total = expf(none - highest);
    for (int64_t k = 0; k < n_scores; k++)
        total += of[k] = expf(sums[k] - highest);
    for (int64_t k = 0; k < n_scores; k++)
        of[k] = begin_line == end_line ? 0 : of[k] / total;
}


/* Add the first tokens of the long line that is next, as many as a language is found by, as a line of the window. */
static int add_first_tokens(Window *window, Reader *reader, const Model *model)
{
    Source source = source_of(reader->texts[reader->document], reader->lengths[reader->document]);
    Span span = next_span(reader, source);
    Pieces pieces;
    int failed = begin_pieces(&pieces, source, span) || reserve_lines(window, window->n_lines + 1) ||
                 reserve_tokens(window, window->n_tokens + MAX_TOKENS_PER_LANGUAGE);
    window->first[window->n_lines] = (Index)window->n_tokens;
    while (!failed && !pieces.is_last && window->n_tokens < MAX_TOKENS_PER_LANGUAGE) {
        failed = next_piece(&pieces, model);
        int64_t room = MAX_TOKENS_PER_LANGUAGE - window->n_tokens, count = pieces.count < room ? pieces.count : room;
        if (failed)
            break;
        memcpy(window->exact + window->n_tokens, pieces.window.exact, (size_t)count * sizeof(uint32_t));
        memcpy(window->abstract + window->n_tokens, pieces.window.abstract, (size_t)count * sizeof(uint32_t));
        window->n_tokens += count;
    }
    window->first[++window->n_lines] = (Index)window->n_tokens;
    reader->position = span.next;
    end_pieces(&pieces);
    return failed;
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
            failed = add_documents(&other, &again, document + 1, WINDOW_LINES, WINDOW_BYTES);
            if (!failed && other.n_lines == line && again.document == document)
                failed = add_first_tokens(&other, &again, model);
            else
                failed = failed || tokenize(&other, model, line);
        }
        begin = 0;
        end = other.n_lines;
    } else {
        begin -= window->begin;
        end -= window->begin;
    }
    if (!failed)
        score_languages(
            model->language_weight, model->language_bias, model->limits[5], model->n_scores, window->first, begin, end,
            window->exact, window->abstract, of);
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
