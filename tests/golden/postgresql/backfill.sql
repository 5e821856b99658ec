-- expand

-- a batch

UPDATE "public"."packages" SET "size" = ('0'
) WHERE ("id") > (CAST($1 AS bigint)) AND ("id") <= (CAST($2 AS bigint)) AND (size IS NULL
);

-- contract

-- undo

