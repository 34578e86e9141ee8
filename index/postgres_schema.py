"""The tables of a catalog in PostgreSQL: those of index/schema.py, with PostgreSQL's own full-text index.

`words` holds the analysed words of a passage, as FTS5's tokenizer of index/schema.py parts them, for a GIN index to
find the passages that hold one; `length` and `repeats` are what BM25 needs beside: how many words there are, and how
often those occur that occur more than once (a tsvector keeps at most 255 places of a word). All three are generated
from `terms`, so that they never say anything else.
"""

# COLLATE "C": ordered and compared by code points, as SQLite and Python do.
DDL = r"""
CREATE TABLE meta (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE document (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL,
    title text NOT NULL,
    source text COLLATE "C" NOT NULL,
    media_type text NOT NULL,
    content_hash text NOT NULL,
    characters integer NOT NULL,
    passages integer NOT NULL DEFAULT 0,
    state text NOT NULL CHECK (state IN ('pending', 'ready')),
    added_at text COLLATE "C" NOT NULL,
    link text NOT NULL DEFAULT '',
    notes text NOT NULL DEFAULT '[]'
);
CREATE UNIQUE INDEX document_by_id ON document (id) WHERE state = 'ready';
CREATE UNIQUE INDEX document_by_source ON document (source) WHERE state = 'ready';
CREATE INDEX document_by_state ON document (state);
CREATE TABLE document_text (
    document bigint PRIMARY KEY REFERENCES document (key) ON DELETE CASCADE,
    text text NOT NULL,
    layout text NOT NULL DEFAULT ''
);
CREATE TABLE file (
    source text COLLATE "C" PRIMARY KEY,
    size bigint NOT NULL,
    changed_ns bigint NOT NULL,
    digest text NOT NULL,
    problem text NOT NULL
);
CREATE INDEX file_with_problem ON file (source) WHERE problem <> '';
CREATE FUNCTION words_of(terms text) RETURNS text[] IMMUTABLE PARALLEL SAFE RETURN array_remove(
    regexp_split_to_array(lower(terms COLLATE "C"), '[\u0001-\u002d\u002f\u003a-\u0060\u007b-\u007f]+'), ''
);
CREATE FUNCTION repeats_of(terms text) RETURNS jsonb IMMUTABLE PARALLEL SAFE RETURN (
    SELECT coalesce(jsonb_object_agg(word, frequency), '{}') FROM (
        SELECT word, count(*) AS frequency FROM unnest(words_of(terms)) AS word GROUP BY word HAVING count(*) > 1
    ) AS repeated
);
CREATE TABLE passage (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document bigint NOT NULL REFERENCES document (key) ON DELETE CASCADE,
    start integer NOT NULL,
    "end" integer NOT NULL,
    page integer,
    heading text NOT NULL,
    sentences text NOT NULL,
    terms text NOT NULL,
    sentence_vectors bytea NOT NULL,
    words tsvector NOT NULL GENERATED ALWAYS AS (array_to_tsvector(words_of(terms))) STORED,
    length integer NOT NULL GENERATED ALWAYS AS (cardinality(words_of(terms))) STORED,
    repeats jsonb NOT NULL GENERATED ALWAYS AS (repeats_of(terms)) STORED
);
CREATE INDEX passage_by_document ON passage (document);
CREATE INDEX passage_by_word ON passage USING gin (words);
CREATE TABLE passage_vector (
    passage bigint PRIMARY KEY REFERENCES passage (id) ON DELETE CASCADE,
    vector bytea NOT NULL
);
"""
TABLES = ("meta", "document", "document_text", "file", "passage", "passage_vector")

# FTS5's bm25, operation by operation (fts5_aux.c), so that the scores are the same to the last bit: the sum goes in the
# order of the question's words, and a word in half of the passages or more still counts a little.
FULL_TEXT = """
WITH matched AS MATERIALIZED (
    SELECT p.id, p.document, p.length::float8 AS length, asked.position,
        coalesce((p.repeats ->> asked.word)::float8, 1) AS frequency
    FROM unnest(?::text[], ?::tsquery[]) WITH ORDINALITY AS asked (word, query, position)
    JOIN passage p ON p.words @@ asked.query
), rarity AS (
    SELECT position, ln((total.passages - count(*) + 0.5::float8) / (count(*) + 0.5::float8)) AS idf
    FROM matched, (SELECT ?::float8 AS passages) AS total GROUP BY position, total.passages
)
SELECT m.id, sum(
    CASE WHEN r.idf <= 0 THEN 1e-6::float8 ELSE r.idf END * (
        (m.frequency * (1.2::float8 + 1))
        / (m.frequency + 1.2::float8 * (1 - 0.75::float8 + 0.75::float8 * m.length / ?::float8))
    ) ORDER BY m.position
) AS score
FROM matched m JOIN rarity r ON r.position = m.position {among}
GROUP BY m.id ORDER BY score DESC, m.id LIMIT ?
"""
