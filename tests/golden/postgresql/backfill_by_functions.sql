-- expand

-- a batch, what its calls are given

SELECT "id", "tableoid", (name
) FROM "public"."packages" WHERE ("id") > (CAST($1 AS bigint)) AND ("id") <= (CAST($2 AS bigint)) AND ((size IS NULL 
)
) FOR NO KEY UPDATE;

-- a batch, what its calls are given

SELECT evolver_row, (name
) FROM "public"."packages", (SELECT CAST(k0 AS bigint) AS evolver_key_1, CAST(k1 AS oid) AS evolver_key_2, evolver_call_1, evolver_row FROM unnest(CAST($3 AS text[]), CAST($4 AS text[]), CAST($5 AS text[])) WITH ORDINALITY AS texts(k0, k1, evolver_call_1, evolver_row)) AS evolver_values WHERE ("id") > (CAST($1 AS bigint)) AND ("id") <= (CAST($2 AS bigint)) AND (size IS NULL AND evolver_call_1 <> ''
) AND "id" = evolver_key_1 AND "tableoid" = evolver_key_2;

-- a batch, what its calls are given

SELECT evolver_row, (upper(evolver_call_2)
), ( 7
) FROM "public"."packages", (SELECT CAST(k0 AS bigint) AS evolver_key_1, CAST(k1 AS oid) AS evolver_key_2, evolver_call_1, evolver_call_2, evolver_row FROM unnest(CAST($3 AS text[]), CAST($4 AS text[]), CAST($5 AS text[]), CAST($6 AS text[])) WITH ORDINALITY AS texts(k0, k1, evolver_call_1, evolver_call_2, evolver_row)) AS evolver_values WHERE ("id") > (CAST($1 AS bigint)) AND ("id") <= (CAST($2 AS bigint)) AND (size IS NULL AND evolver_call_1 <> ''
) AND "id" = evolver_key_1 AND "tableoid" = evolver_key_2;

-- a batch

UPDATE "public"."packages" SET "size" = (CAST(evolver_call_3 AS text)
) FROM (SELECT CAST(k0 AS bigint) AS evolver_key_1, CAST(k1 AS oid) AS evolver_key_2, evolver_call_1, evolver_call_2, evolver_call_3, evolver_row FROM unnest(CAST($3 AS text[]), CAST($4 AS text[]), CAST($5 AS text[]), CAST($6 AS text[]), CAST($7 AS text[])) WITH ORDINALITY AS texts(k0, k1, evolver_call_1, evolver_call_2, evolver_call_3, evolver_row)) AS evolver_values WHERE ("id") > (CAST($1 AS bigint)) AND ("id") <= (CAST($2 AS bigint)) AND (size IS NULL AND evolver_call_1 <> ''
) AND "id" = evolver_key_1 AND "tableoid" = evolver_key_2;

-- contract

-- undo

