#pragma once

/// Who keeps the two shapes of a migration in step, for programs that know one of them only.

namespace evolver {

enum class Sync {
    /// Triggers of the database carry what a program writes in one shape over to the other. Old and new releases work side by side until contract.
    triggers,
    /// The application alone, where triggers are not allowed, or not to be paid for: programs of the new release write both shapes through
    /// LiveTable, and an older release writes the old one only, for as long as it lives. So:
    ///   - old and new releases work side by side, and the new one sees what the old one writes, until the backfill begins;
    ///   - the backfill begins once no instance of an older release lives, and no process that evolver does not know has the database open: until
    ///     then advance() waits, and backfill() throws GateClosed. From its first batch on, older releases are refused with SchemaTooNew;
    ///     rollback() lets them in again;
    ///   - there is no stage `complete`: nothing would fill the old column there;
    ///   - on PostgreSQL older instances are known by their leases, and a process that evolver does not know by nothing: end it before;
    ///   - SQL by hand that writes one shape only is lost to the other: reconcile() names such rows.
    /// Not for a MoveColumn, nor for AddColumn{.when_replaced = Replaced::kept}, nor, on PostgreSQL, for a RenameColumn, which nothing but triggers can
    /// keep, nor for a column that another migration between expand and contract computes, too.
    application,
};

}  // namespace evolver
