using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Lectern.Bench.Rows;

/// <summary>
/// A whole novel as an m4b, from before it is submitted until the finished file is charged and there, against a shell
/// script that runs flite on the same chunks and ffmpeg on the same segments, as many at once as there are cores.
/// </summary>
internal sealed class AudiobookRow(Scale scale) : IRow
{
    // The arguments are those of FliteEngine, SegmentEncoder and Packaging; apad fills in the pauses that the host puts
    // between chunks. What the script doesn't do: check, measure, store, resume, and put in chapters.
    private const string Script = """
        set -e
        cd "$0"
        xargs -0 -a flite.list -n 6 -P "$(nproc)" flite
        encode='
          for chunk in $2; do tail -c +45 $chunk; done |
          ffmpeg -nostdin -hide_banner -v error -protocol_whitelist file,pipe -format_whitelist s16le -f s16le -ar 16000 -ac 1 -i pipe:0 \
            -filter_threads 1 -af aresample=44100,apad=whole_len=$1,atrim=end_sample=$1 -threads 1 -b:a 64k -c:a aac -aac_coder fast -f adts $0'
        xargs -0 -a segments.list -n 3 -P "$(nproc)" sh -c "$encode"
        while read -r segment; do cat "$segment"; done <join.list |
          ffmpeg -nostdin -hide_banner -v error -f aac -i pipe:0 -map 0:a:0 -c copy -movflags +faststart -f ipod book.m4b
        """;

    public string Name => "audiobook";

    public async IAsyncEnumerable<Line> MeasureAsync(Postgres postgres)
    {
        await using var installation = await Installation.CreateAsync(postgres);
        await using var host = await installation.StartHostAsync();
        var account = (await installation.SignUpAsync(1))[0];
        var text = Books.Persuasion(scale.Chapters);
        var started = Stopwatch.GetTimestamp();
        var job = await host.Client.SubmitAsync(account.Token, text, "m4b");
        var view = await host.Client.CompleteAsync(account.Token, job, TimeSpan.FromMilliseconds(250));
        var ours = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var hours = view.GetProperty("audioMs").GetInt64() / 3_600_000.0;

        var folder = Directory.CreateDirectory($"{installation.Folder}/script").FullName;
        await WriteListsAsync(installation, folder);
        started = Stopwatch.GetTimestamp();
        using var script = Process.Start("bash", ["-c", Script, folder]);
        await script.WaitForExitAsync();
        var floor = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (script.ExitCode != 0 || !File.Exists($"{folder}/book.m4b"))
            throw new InvalidOperationException("The script failed.");
        yield return Line.AtMost(
            $"{(scale.Chapters is { } n ? $"{n} chapters of a" : "a")} novel as m4b, {Line.Number(hours)} hours of audio (floor: flite and ffmpeg by xargs)",
            floor,
            ours,
            1.15,
            "s"
        );
    }

    private static async Task WriteListsAsync(Installation installation, string folder)
    {
        var (flite, segments, join) = (new StringBuilder(), new StringBuilder(), new StringBuilder());
        await using (
            var chunks = installation.Plain.CreateCommand("select chunk, spoken from jobs.chunks order by chunk")
        )
        await using (var reader = await chunks.ExecuteReaderAsync())
            while (await reader.ReadAsync())
                foreach (
                    var argument in (string[])
                        ["-voice", "slt", "-t", Plain(reader.GetString(1)), "-o", $"{reader.GetInt32(0)}.wav"]
                )
                    flite.Append(argument).Append('\0');

        await using var encodings = installation.Plain.CreateCommand(
            """
            select s.segment, e.samples, s.first_chunk, s.chunks from jobs.segments s
            join jobs.encodings e on e.workspace_id = s.workspace_id and e.hash = s.encoding order by s.segment
            """
        );
        await using (var reader = await encodings.ExecuteReaderAsync())
            while (await reader.ReadAsync())
            {
                var waves = Enumerable.Range(reader.GetInt32(2), reader.GetInt32(3)).Select(chunk => $"{chunk}.wav");
                segments.Append(
                    CultureInfo.InvariantCulture,
                    $"{reader.GetInt32(0)}.aac\0{reader.GetInt64(1)}\0{string.Join(' ', waves)}\0"
                );
                join.Append(CultureInfo.InvariantCulture, $"{reader.GetInt32(0)}.aac\n");
            }

        await File.WriteAllTextAsync($"{folder}/flite.list", flite.ToString());
        await File.WriteAllTextAsync($"{folder}/segments.list", segments.ToString());
        await File.WriteAllTextAsync($"{folder}/join.list", join.ToString());
    }

    /// <summary>As FliteEngine does, since flite reads bytes.</summary>
    private static string Plain(string text) =>
        text.Replace('\u2018', '\'')
            .Replace('\u2019', '\'')
            .Replace('\u201C', '"')
            .Replace('\u201D', '"')
            .Replace("\u2014", ", ", StringComparison.Ordinal);
}
