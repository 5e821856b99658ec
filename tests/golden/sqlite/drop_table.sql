-- expand

-- contract

-- drop table Packages
DROP TABLE "Packages";

-- undo

