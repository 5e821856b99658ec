-- expand

-- contract

-- hold column packages.name to its declaration
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE TABLE "packages" ("id" INTEGER PRIMARY KEY, "name" TEXT, "size" TEXT, "section" TEXT NOT NULL DEFAULT (''main''))' WHERE type = 'table' AND name = 'packages' COLLATE NOCASE;
PRAGMA writable_schema = RESET;
CREATE VIEW evolver_touch AS SELECT 1;
DROP VIEW evolver_touch;

-- undo

