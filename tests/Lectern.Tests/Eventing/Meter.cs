using System.Text.Json.Serialization;
using Lectern.Eventing;

namespace Lectern.Tests.Eventing;

// A small domain to exercise Eventing with: a meter that is read, its running total as an inline view, and the sum of
// all meters per workspace as an async one.

internal sealed record MeterInstalled(string Place);

internal sealed record MeterRead(int Units);

internal sealed record Meter(bool Installed, int Total, int Readings)
{
    public static readonly Meter Initial = new(false, 0, 0);

    public static Meter Evolve(Meter state, object e) =>
        e switch
        {
            MeterInstalled => state with { Installed = true },
            MeterRead read => state with { Total = state.Total + read.Units, Readings = state.Readings + 1 },
            _ => state,
        };
}

internal sealed record CountUnits(Guid Meter, int Units);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MeterInstalled))]
[JsonSerializable(typeof(MeterRead))]
[JsonSerializable(typeof(Meter))]
[JsonSerializable(typeof(CountUnits))]
internal sealed partial class MeterJson : JsonSerializerContext;

internal sealed class MeterViewProjection : InlineProjection
{
    public const string Ddl = """
        create schema meters;
        create table meters.meter_view (
            id uuid primary key, workspace_id uuid not null, total int not null, readings int not null,
            changed_at timestamptz not null, constraint meter_total_not_negative check (total >= 0));
        alter table meters.meter_view enable row level security, force row level security;
        create policy workspace on meters.meter_view to lectern_api using (workspace_id = (select lectern_workspace()));
        create policy worker on meters.meter_view to lectern_worker using (true);
        grant usage on schema meters to lectern_api, lectern_worker;
        grant select, insert, update, delete on meters.meter_view to lectern_api, lectern_worker;
        """;

    public override string Name => "meters.meter_view";

    public override Type Stream => typeof(Meter);

    public override void Apply(StoredEvent stored, SqlStatements sql)
    {
        switch (stored.Data)
        {
            case MeterInstalled:
                sql.Add(
                    "insert into meters.meter_view values ($1, $2, 0, 0, coalesce($3, now()))",
                    stored.Stream,
                    stored.Workspace,
                    stored.At
                );
                break;
            case MeterRead read:
                sql.Add(
                    "update meters.meter_view set total = total + $2, readings = readings + 1, changed_at = coalesce($3, now()) where id = $1",
                    stored.Stream,
                    read.Units,
                    stored.At
                );
                break;
        }
    }

    public override void Clear(Guid stream, SqlStatements sql) =>
        sql.Add("delete from meters.meter_view where id = $1", stream);
}

internal static class MeterModel
{
    public static void Register(EventingBuilder model)
    {
        model.Event("meters.meter_installed.v1", MeterJson.Default.MeterInstalled);
        model.Event("meters.meter_read.v1", MeterJson.Default.MeterRead);
        model.Stream("meter", Meter.Initial, Meter.Evolve, MeterJson.Default.Meter);
        model.Project(new MeterViewProjection());
    }

    public static async Task CreateTablesAsync(string connectionString)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(connectionString);
        await using var create = source.CreateCommand(MeterViewProjection.Ddl);
        await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
