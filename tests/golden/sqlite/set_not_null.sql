-- expand

-- contract

-- hold column packages.size to its declaration
-- refused if: SELECT 1 FROM "packages" WHERE "size" IS NULL LIMIT 1
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE TABLE "packages" ("id" INTEGER PRIMARY KEY, "name" TEXT NOT NULL, "size" TEXT NOT NULL, "section" TEXT NOT NULL DEFAULT (''main''))' WHERE type = 'table' AND name = 'packages' COLLATE NOCASE;
PRAGMA writable_schema = RESET;
CREATE VIEW evolver_touch AS SELECT 1;
DROP VIEW evolver_touch;

-- undo

