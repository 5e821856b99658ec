-- expand

-- run the code "note"

-- contract

-- run the code "note"

-- undo

-- run the code "note"

