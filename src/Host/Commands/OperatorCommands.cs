using System.CommandLine;
using System.Text.Json;
using Lectern.Eventing;
using Lectern.SharedKernel.Audit;

namespace Lectern.Host.Commands;

/// <summary>What operators ask of the database: each command may run beside a host that serves.</summary>
internal static class OperatorCommands
{
    /// <summary>Each reads the log by itself: two keep the processors of a small host busy, and leave some to who serves.</summary>
    private const int RebuildsAtOnce = 2;

    public static IEnumerable<Command> Create() => [Migrate(), Projections(), Queue(), Events(), Audit()];

    private static Command Migrate()
    {
        var command = new Command("migrate", "Bring the database to this program's schema.");
        Run(
            command,
            async (services, cancel) =>
            {
                // Making the database ready has applied what was missing; a second look says that nothing is.
                await services.GetRequiredService<Migrations>().ApplyAsync(cancel);
                Console.WriteLine("The database has this program's schema.");
                return 0;
            }
        );
        return command;
    }

    private static Command Projections()
    {
        var list = new Command("list", "Every view with its position and the error that stopped it.");
        Run(
            list,
            async (services, cancel) =>
            {
                var all = await services.GetRequiredService<ProjectionRebuild>().ListAsync(cancel);
                foreach (var p in all)
                    Console.WriteLine(
                        p.Inline
                            ? $"{p.Name, -28} inline"
                            : $"{p.Name, -28} async   at {p.Position} of {p.Head}{(p.Error is null ? "" : $"   STOPPED: {p.Error}")}"
                    );
                return all.Any(p => p.Error is not null) ? 1 : 0;
            }
        );

        var names = new Argument<string[]>("names") { Description = "Views to rebuild; all of them without." };
        var rebuild = new Command("rebuild", "Make views anew from the events, beside a running host.") { names };
        rebuild.SetAction(
            (parsed, cancel) =>
                OperatorWork.RunAsync(
                    async (services, token) =>
                    {
                        var rebuilder = services.GetRequiredService<ProjectionRebuild>();
                        IReadOnlyList<string> wanted = parsed.GetValue(names) is { Length: > 0 } some
                            ? some
                            : rebuilder.Views;
                        await Parallel.ForEachAsync(
                            wanted,
                            new ParallelOptions { MaxDegreeOfParallelism = RebuildsAtOnce, CancellationToken = token },
                            async (name, stop) =>
                                Console.WriteLine($"{name}: {await rebuilder.RebuildAsync(name, stop)} events")
                        );
                        return 0;
                    },
                    cancel
                )
        );
        return new Command("projections", "The views that are made from events.") { list, rebuild };
    }

    private static Command Queue()
    {
        var status = new Command("status", "Depth and age of each lane.");
        Run(
            status,
            async (services, cancel) =>
            {
                foreach (var lane in await services.GetRequiredService<QueueOperations>().StatusAsync(cancel))
                    Console.WriteLine(
                        $"{lane.Lane, -12} ready {lane.Ready}, at work {lane.Leased}, delayed {lane.Delayed}, oldest ready {lane.OldestReady.TotalSeconds:0.0} s, dead letters {lane.DeadLetters}"
                    );
                return 0;
            }
        );
        var dead = new Command("dead", "The messages that were given up, with their errors.");
        Run(
            dead,
            async (services, cancel) =>
            {
                foreach (var letter in await services.GetRequiredService<QueueOperations>().DeadLettersAsync(cancel))
                    Console.WriteLine(
                        $"{letter.Id}  {letter.DiedAt:u}  {letter.Type}  {letter.Json}\n    {letter.Attempts} attempts: {letter.Error}"
                    );
                return 0;
            }
        );
        var id = new Argument<Guid>("id") { Description = "The dead letter's id." };
        var replay = new Command("replay", "Put a dead letter back into its lane.") { id };
        replay.SetAction(
            (parsed, cancel) =>
                OperatorWork.RunAsync(
                    async (services, token) =>
                    {
                        var done = await services
                            .GetRequiredService<QueueOperations>()
                            .ReplayAsync(parsed.GetValue(id), token);
                        Console.WriteLine(done ? "It is back in its lane." : "There is no such dead letter.");
                        return done ? 0 : 1;
                    },
                    cancel
                )
        );
        return new Command("queue", "The durable queue.") { status, dead, replay };
    }

    private static Command Events()
    {
        var stream = new Option<Guid?>("--stream") { Description = "Only this stream." };
        var export = new Command("export", "Write the log as JSON lines, in order.") { stream };
        export.SetAction(
            (parsed, cancel) =>
                OperatorWork.RunAsync(
                    async (services, token) =>
                    {
                        var log = services.GetRequiredService<EventExport>();
                        await foreach (var stored in log.ReadAsync(parsed.GetValue(stream), token))
                            Console.Out.WriteLine(JsonSerializer.Serialize(stored, JsonSerializerOptions.Web));
                        return 0;
                    },
                    cancel
                )
        );
        return new Command("events", "The event log.") { export };
    }

    private static Command Audit()
    {
        var command = new Command("audit", "Check every invariant; exit with 1 if one is breached.");
        Run(
            command,
            async (services, cancel) =>
            {
                var breaches = 0;
                foreach (var check in services.GetServices<IAuditCheck>())
                {
                    var found = await check.FindBreachesAsync(cancel);
                    Console.WriteLine($"{(found.Count == 0 ? "ok    " : "BREACH")}  {check.Name}");
                    foreach (var line in found)
                        Console.WriteLine($"        {line}");
                    breaches += found.Count;
                }

                Console.WriteLine(breaches == 0 ? "Every invariant holds." : $"{breaches} breaches.");
                return breaches == 0 ? 0 : 1;
            }
        );
        return command;
    }

    private static void Run(Command command, Func<IServiceProvider, CancellationToken, Task<int>> work) =>
        command.SetAction((_, cancel) => OperatorWork.RunAsync(work, cancel));
}
