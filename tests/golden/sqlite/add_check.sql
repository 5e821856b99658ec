-- expand

-- contract

-- add check named to packages
-- refused if: SELECT 1 FROM "packages" WHERE NOT (length(name) > 0) LIMIT 1
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE TABLE "packages" ("id" INTEGER PRIMARY KEY, "name" TEXT NOT NULL, "size" TEXT, "section" TEXT NOT NULL DEFAULT (''main''), CONSTRAINT "named" CHECK (length(name) > 0))' WHERE type = 'table' AND name = 'packages' COLLATE NOCASE;
PRAGMA writable_schema = RESET;
CREATE VIEW evolver_touch AS SELECT 1;
DROP VIEW evolver_touch;

-- undo

