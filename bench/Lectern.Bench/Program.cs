using Lectern.Bench;
using Lectern.Bench.Rows;

if (args is [BareApi.Command, var connectionString])
{
    await BareApi.ServeAsync(connectionString);
    return 0;
}

var (scale, names) = Scale.Read(args);
IRow[] rows =
[
    new NewStreamRow(),
    new FetchAndAppendRow(),
    new MessagesRow(),
    new HandledLatencyRow(),
    new VisibleLatencyRow(),
    new RebuildRow(),
    new MillionEventsRow(),
    new AnalyticsRow(),
    new FeedRow(),
    new FeedLatencyRow(),
    new LiveLatencyRow(),
    new HoldsRow(),
    new JobsPostRow(),
    new JobsGetRow(),
    new AuthenticationRow(),
    new LogInsRow(),
    new StartRow(),
    new MemoryRow(),
    new AudiobookRow(scale),
    new FirstAudioRow(),
    new RenderMemoryRow(scale),
    new ChunkOverheadRow(scale),
];
var chosen = rows.Where(r => names.Length == 0 || names.Contains(r.Name)).ToList();
if (chosen.Count == 0)
{
    Console.Error.WriteLine($"There is no such row. There are: {string.Join(", ", rows.Select(r => r.Name))}");
    return 1;
}

await using var postgres = await Postgres.StartAsync();
Console.WriteLine(
    $"{await postgres.SettingsAsync()}; {Environment.ProcessorCount} cores, load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}; .NET {Environment.Version}"
);
Console.WriteLine();
Console.WriteLine("| what | floor | ours | ratio | bar | |");
Console.WriteLine("|---|---|---|---|---|---|");
foreach (var row in chosen)
await foreach (var line in row.MeasureAsync(postgres))
    Console.WriteLine(
        $"| {line.What} | {line.Floor} | {line.Ours} | {line.Ratio} | {line.Bar} | {(line.IsMet ? "met" : "**short**")} |"
    );
return 0;
