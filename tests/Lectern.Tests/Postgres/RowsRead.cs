using Lectern.Tests.Http;
using Npgsql;

namespace Lectern.Tests.Postgres;

/// <summary>
/// How many rows statements had to look at, as the server counts them. A plan that was made while a table was empty may
/// read all of it, and does so still when it is large: nothing is wrong then but the time that it takes.
/// </summary>
internal static class RowsRead
{
    /// <summary>
    /// Fails when far more rows of some table were read than written. Whoever used them has disconnected before, since a
    /// connection's figures are complete when it ends.
    /// </summary>
    public static async Task ShouldBeInProportionAsync(NpgsqlDataSource owner, params string[] tables)
    {
        await Eventually.IsAsync(
            () =>
                owner.ScalarAsync<long>(
                    "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'lectern-%'"
                ),
            connections => connections == 0,
            "all have disconnected"
        );
        foreach (var table in tables)
        {
            const string OfTable = "from pg_stat_user_tables where relid = $1::text::regclass";
            var written = await owner.ScalarAsync<long>($"select n_tup_ins + n_tup_upd {OfTable}", table);
            var whole = await owner.ScalarAsync<long>($"select seq_tup_read {OfTable}", table);
            var byIndex = await owner.ScalarAsync<long>($"select coalesce(idx_tup_fetch, 0) {OfTable}", table);
            written.ShouldBeGreaterThan(100, table);
            (whole + byIndex).ShouldBeLessThan(10 * written, $"{table}: {written} written, {whole} read whole");
        }
    }
}
