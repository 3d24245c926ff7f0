using System.Text.Json.Serialization;
using Lectern.Eventing;

namespace Lectern.Tests.Eventing;

// A small domain to exercise Eventing with: a meter that is read, its running total as an inline view, the sum of all
// meters per workspace as an async one, and a message whose handler each test writes for itself.

internal sealed record MeterInstalled(string Place);

internal sealed record MeterRead(int Units);

internal sealed record MeterReadV0(int KiloUnits);

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
[JsonSerializable(typeof(MeterReadV0))]
[JsonSerializable(typeof(Meter))]
[JsonSerializable(typeof(CountUnits))]
internal sealed partial class MeterJson : JsonSerializerContext;

internal sealed class MeterViewProjection : InlineProjection
{
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

/// <summary>The units of all meters of a workspace; chokes on a reading of so many units, if told to.</summary>
internal sealed class UnitsByWorkspaceProjection(
    string table = "units_by_workspace",
    int version = 1,
    int? poison = null
) : AsyncProjection
{
    public override string Name => $"meters.{table}";

    public override int Version => version;

    public override string Ddl =>
        $"""
            create table {table} (
                workspace_id uuid primary key, units bigint not null, readings bigint not null, last_at timestamptz not null,
                constraint {table}_counted check (readings > 0));
            create index {table}_units on {table} (units);
            alter table {table} enable row level security, force row level security;
            create policy workspace on {table} for select to lectern_api using (workspace_id = (select lectern_workspace()));
            create policy worker on {table} to lectern_worker using (true);
            grant select on {table} to lectern_api;
            grant select, insert, update, delete on {table} to lectern_worker;
            """;

    public override IReadOnlyList<Type> Events => [typeof(MeterRead)];

    public override void Apply(IReadOnlyList<StoredEvent> events, SqlStatements sql)
    {
        foreach (var stored in events)
        {
            var units = ((MeterRead)stored.Data).Units;
            if (units == poison)
                throw new InvalidOperationException($"{units} units can't be.");
            sql.Add(
                $"""
                insert into {table} values ($1, $2, 1, $3)
                on conflict (workspace_id) do update
                set units = {table}.units + excluded.units, readings = {table}.readings + 1, last_at = excluded.last_at
                """,
                stored.Workspace,
                (long)units,
                stored.At
            );
        }
    }
}

/// <summary>What the message's handler does in a test.</summary>
internal sealed class Script
{
    public Func<CountUnits, MessageContext, CancellationToken, Task> Handle { get; set; } =
        (message, context, _) =>
        {
            context.Session.Append<Meter>(message.Meter, new MeterRead(message.Units));
            return Task.CompletedTask;
        };

    public Func<CountUnits, MessageContext, Exception, Task> GiveUp { get; set; } = (_, _, _) => Task.CompletedTask;
}

internal sealed class CountUnitsHandler(Script script) : IMessageHandler<CountUnits>
{
    public Task HandleAsync(CountUnits message, MessageContext context, CancellationToken stop) =>
        script.Handle(message, context, stop);

    public Task GiveUpAsync(CountUnits message, MessageContext context, Exception error, CancellationToken stop) =>
        script.GiveUp(message, context, error);
}

internal static class MeterModel
{
    public const string Lane = "counting";
    public const string NarrowLane = "narrow";
    public const string LimitedLane = "limited";
    public const int MaxAttempts = 4;

    public static void Register(EventingBuilder model) => Register(model, new UnitsByWorkspaceProjection());

    public static void Register(EventingBuilder model, params AsyncProjection[] projections)
    {
        model.Schema("meters", typeof(MeterModel).Assembly);
        model.Event("meters.meter_installed.v1", MeterJson.Default.MeterInstalled);
        model.Event("meters.meter_read.v1", MeterJson.Default.MeterRead);
        model.OldEvent(
            "meters.meter_read.v0",
            MeterJson.Default.MeterReadV0,
            old => new MeterRead(old.KiloUnits * 1000)
        );
        model.Stream("meter", Meter.Initial, Meter.Evolve, MeterJson.Default.Meter);
        model.Project(new MeterViewProjection());
        foreach (var projection in projections)
            model.Project(projection);
        model.Lane(Lane, 8);
        model.Lane(NarrowLane, 1);
        model.Lane(LimitedLane, 8, clusterLimit: 3);
        model.Message<CountUnits, CountUnitsHandler>(
            "meters.count_units.v1",
            Lane,
            MeterJson.Default.CountUnits,
            MaxAttempts
        );
    }
}
