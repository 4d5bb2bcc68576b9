/* Of `lw_begin`: texts, their lines, and the tokens of some of them at a time. */

/* A text without its byte-order mark; its size counts the line break that is added where it lacks a last one. */
typedef struct {
    const uint8_t *bytes;
    int64_t length, size;
} Source;

static Source source_of(const uint8_t *bytes, int64_t length)
{
    Source source = {bytes, length, 0};
    int marked = length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3);
    if (marked) {
        source.bytes += 3;
        source.length -= 3;
    }
    int ended = source.length ? source.bytes[source.length - 1] == '\n' : !marked;
    source.size = source.length + !ended;
    return source;
}

/* How many lines a text has. */
static int64_t count_lines(Source source)
{
    int64_t count = source.size > source.length;
    for (int64_t begin = 0; begin < source.length; begin += 128) {
        int64_t end = source.length - begin < 128 ? source.length : begin + 128;
        uint8_t breaks = 0;
        for (int64_t i = begin; i < end; i++)
            breaks = (uint8_t)(breaks + (source.bytes[i] == '\n'));
        count += breaks;
    }
    const uint8_t *end = source.bytes + source.length;
    for (const uint8_t *at = source.bytes; at < end && (at = memchr(at, '\r', (size_t)(end - at))); at++)
        count += at + 1 < end && at[1] != '\n';
    return count;
}

/* Some lines that follow each other, with their tokens; arrays are of lines or of tokens, `first` has one more. */
typedef struct {
    int64_t begin, n_lines, n_bytes, n_tokens; /* `begin`: the number of the first line */
    int64_t line_capacity, byte_capacity, token_capacity;
    uint8_t *data, *classes;
    Index *line_starts, *line_ends, *first;
    int32_t *documents;
    uint8_t *languages, *open_at_end, *balances; /* of its brackets, NO_BALANCE where they are yet to be counted */
    Index *starts, *ends;
    uint8_t *kinds, *of_token;
    uint32_t *exact, *abstract;
} Window;

/* Where the lines come from: `document` and `position` are those of the next line, `line_feed` is the first one from
 * there on. */
typedef struct {
    const uint8_t *const *texts;
    const int64_t *lengths;
    int64_t document, position, line_feed;
    int has_returns;
} Reader;

/* A line of more bytes than the longest is read by pieces, see `pieces.h`. */
enum { PADDING = 8, LONGEST_LINE = 1 << 16 };

static int larger(void **memory, int64_t count, size_t size)
{
    void *other = realloc(*memory, (size_t)count * size);
    *memory = other ? other : *memory;
    return other ? 0 : -1;
}

/* Make an array larger; not 0 where memory is short. */
#define LARGER(pointer, count) larger((void **)&(pointer), (count), sizeof *(pointer))

static int reserve_lines(Window *window, int64_t count)
{
    if (count <= window->line_capacity)
        return 0;
    count += count / 2 + 64;
    window->line_capacity = count;
    return LARGER(window->line_starts, count) || LARGER(window->line_ends, count) || LARGER(window->first, count + 1) ||
           LARGER(window->documents, count) || LARGER(window->languages, count) ||
           LARGER(window->open_at_end, count) || LARGER(window->balances, count);
}

static int reserve_bytes(Window *window, int64_t count)
{
    if (count + PADDING <= window->byte_capacity)
        return 0;
    window->byte_capacity = count += count / 4 + 1024;
    return LARGER(window->data, count) || LARGER(window->classes, count);
}

static int reserve_tokens(Window *window, int64_t count)
{
    if (count <= window->token_capacity)
        return 0;
    window->token_capacity = count += count / 4 + 256;
    return LARGER(window->starts, count) || LARGER(window->ends, count) || LARGER(window->kinds, count) ||
           LARGER(window->of_token, count) || LARGER(window->exact, count) || LARGER(window->abstract, count);
}

static void end_window(Window *window)
{
    void *all[] = {window->data, window->classes, window->line_starts, window->line_ends, window->first,
                   window->documents, window->languages, window->open_at_end, window->balances,
                   window->starts, window->ends, window->kinds, window->of_token, window->exact, window->abstract};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        free(all[k]);
}

/* Where a text's next line begins and ends, and the line after it begins. */
typedef struct {
    int64_t begin, end, next;
} Span;

/* The next line of a text that has one. */
static Span next_span(Reader *reader, Source source)
{
    const uint8_t *at = source.bytes + reader->position;
    if (!reader->position)
        reader->has_returns = source.length && memchr(at, '\r', (size_t)source.length) != NULL;
    if (!reader->position || reader->line_feed < reader->position) {
        const uint8_t *found =
            reader->position < source.length ? memchr(at, '\n', (size_t)(source.length - reader->position)) : NULL;
        reader->line_feed = found ? found - source.bytes : source.length; /* there is the break that the text lacks */
    }
    int64_t feed = reader->line_feed;
    const uint8_t *back = reader->has_returns ? memchr(at, '\r', (size_t)(feed - reader->position)) : NULL;
    int64_t end = back ? back - source.bytes : feed;
    return (Span){reader->position, end, end + 1 + (back && end + 1 == feed)};
}

static inline int is_long(Span span) { return span.end - span.begin > LONGEST_LINE; }

/* Add a document's next lines, at most so many, and no more when they are longer than `max_bytes`, none that is long. */
static int add_lines(Window *window, Reader *reader, Source source, int64_t max_lines, int64_t max_bytes)
{
    int64_t from = reader->position;
    for (int64_t k = 0; k < max_lines && reader->position < source.size && reader->position - from < max_bytes; k++) {
        Span span = next_span(reader, source);
        if (is_long(span))
            break;
        if (reserve_lines(window, window->n_lines + 1))
            return -1;
        window->line_starts[window->n_lines] = (Index)(window->n_bytes + span.begin - from);
        window->line_ends[window->n_lines] = (Index)(window->n_bytes + span.end - from);
        window->balances[window->n_lines] = NO_BALANCE;
        window->documents[window->n_lines++] = (int32_t)reader->document;
        reader->position = span.next;
    }
    int64_t size = reader->position - from, there = reader->position > source.length ? source.length - from : size;
    if (reserve_bytes(window, window->n_bytes + size))
        return -1;
    memcpy(window->data + window->n_bytes, source.bytes + from, (size_t)there);
    memset(window->data + window->n_bytes + there, '\n', (size_t)(size - there) + PADDING);
    window->n_bytes += size;
    return 0;
}

/* Add the next lines of the documents before `end`, up to one that is long, which is none of them: where not one line is
 * added although there is a document, that line is the next. */
static int add_documents(Window *window, Reader *reader, int64_t end, int64_t max_lines, int64_t max_bytes)
{
    int64_t lines = window->n_lines + max_lines, bytes = window->n_bytes + max_bytes;
    while (reader->document < end) {
        Source source = source_of(reader->texts[reader->document], reader->lengths[reader->document]);
        int64_t position = reader->position;
        if (position >= source.size) {
            reader->document++;
            reader->position = 0;
        } else if (window->n_lines >= lines || window->n_bytes >= bytes) {
            break;
        } else if (add_lines(window, reader, source, lines - window->n_lines, bytes - window->n_bytes)) {
            return -1;
        } else if (reader->position == position) {
            break;
        }
    }
    return 0;
}

/* Find the tokens of the lines from `line` on; the lines before have theirs. */
static int tokenize(Window *window, const Model *model, int64_t line)
{
    int64_t begin = line < window->n_lines ? window->line_starts[line] : window->n_bytes, token = window->n_tokens;
    const uint8_t *data = window->data + begin;
    int64_t count = lw_classify_bytes(data, window->n_bytes - begin, model->classes, window->classes);
    if (reserve_tokens(window, token + count + 1))
        return -1;
    for (int64_t k = line; k < window->n_lines; k++)
        window->line_starts[k] -= (Index)begin;
    lw_tokens(
        data, window->n_bytes - begin, window->classes, model->shapes, model->vocabulary, window->line_starts + line,
        window->n_lines - line, window->starts + token, window->ends + token, window->kinds + token,
        window->exact + token, window->abstract + token, NULL, window->first + line);
    for (int64_t k = line; k < window->n_lines; k++)
        window->line_starts[k] += (Index)begin;
    for (int64_t k = line; k <= window->n_lines; k++)
        window->first[k] += (Index)token;
    for (int64_t k = token; k < token + count; k++) {
        window->starts[k] += (Index)begin;
        window->ends[k] += (Index)begin;
    }
    window->n_tokens += count;
    return 0;
}

/* Give up all lines before one, which becomes the first. */
static void drop_lines(Window *window, int64_t line)
{
    int64_t n = window->n_lines -= line, token = window->first[line], count = window->n_tokens -= token;
    int64_t byte = n ? window->line_starts[line] : window->n_bytes;
    window->begin += line;
    window->n_bytes -= byte;
    memmove(window->data, window->data + byte, (size_t)(window->n_bytes + PADDING));
#define MOVE(array, from, count) memmove((array), (array) + (from), (size_t)(count) * sizeof *(array))
    MOVE(window->line_starts, line, n);
    MOVE(window->first, line, n + 1);
    MOVE(window->documents, line, n);
    MOVE(window->languages, line, n);
    MOVE(window->open_at_end, line, n);
    MOVE(window->balances, line, n);
    MOVE(window->starts, token, count);
    MOVE(window->ends, token, count);
    MOVE(window->kinds, token, count);
    MOVE(window->of_token, token, count);
    MOVE(window->exact, token, count);
    MOVE(window->abstract, token, count);
#undef MOVE
    for (int64_t k = 0; k < n; k++)
        window->line_starts[k] -= (Index)byte;
    for (int64_t k = 0; k <= n; k++)
        window->first[k] -= (Index)token;
    for (int64_t k = 0; k < count; k++) {
        window->starts[k] -= (Index)byte;
        window->ends[k] -= (Index)byte;
    }
}
