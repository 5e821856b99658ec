-- expand

-- each batch

UPDATE "packages" SET "name" = lower(name) WHERE "id" > ?1 AND "id" <= ?2 AND +(name <> lower(name));
-- refused if: SELECT "id" FROM "packages" WHERE "id" > ?1 AND "id" <= ?2 AND +(name <> lower(name)) LIMIT 1

-- contract

