using Lectern.SharedKernel.Media;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>
/// Speech to text on this machine, American English only: about a third of the words of an ordinary recording are wrong.
/// A long recording is cut at its quietest places, since the search slows down with the length of a piece.
/// </summary>
public sealed class PocketsphinxTranscriber(LocalEngineOptions options, Ffmpeg ffmpeg) : ITranscriber
{
    private static readonly TimeSpan ParagraphPause = TimeSpan.FromSeconds(0.5);

    private readonly Pocketsphinx _program = new(options, ffmpeg);

    /// <inheritdoc />
    public string Name => Pocketsphinx.Name;

    /// <inheritdoc />
    public EngineLimits Limits { get; } =
        new(Environment.ProcessorCount)
        {
            MaxSeconds = 3_600,
            Formats = ["wav"],
            Languages = ["en"],
            GivesTimings = true,
        };

    /// <inheritdoc />
    public async Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel) =>
        await _program.FindOutWhatIsMissingAsync(cancel) is { } missing
            ? EngineInspection.Absent(missing)
            : new EngineInspection("pocketsphinx-5prealpha", null, [])
            {
                Models = [new EngineModel("en-us", "American English of 2016; about one word in three is wrong")],
            };

    /// <inheritdoc />
    public async Task<Transcript> TranscribeAsync(
        TranscriptionRequest request,
        CallContext context,
        CancellationToken cancel
    )
    {
        if (
            request.Language is { } language
            && !language.Split('-')[0].Equals("en", StringComparison.OrdinalIgnoreCase)
        )
            throw new ProviderException(Name, ProviderFailure.BadInput, "It understands English only.");
        if (request.Audio.Duration.TotalSeconds > Limits.MaxSeconds)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"The recording is {request.Audio.Duration.TotalSeconds:0} s long; the limit is {Limits.MaxSeconds} s."
            );

        var samples = await _program.ResampleAsync(request.Audio, cancel);
        var cuts = QuietCuts.Of(samples.Span, Pocketsphinx.SampleRate);
        if (cuts.Count == 0)
            return new Transcript("", "en", [], []);
        using var folder = new PrivateDirectory();
        var pieces = cuts.Select(cut => samples[cut]).ToList();
        // A third of the recording's length on an idle machine; more than its length is a machine that does not get on.
        var timeout = options.Timeout + request.Audio.Duration;
        var heard = await _program.ListenAsync(folder, pieces, _program.AnyWords(), timeout, cancel);

        var words = new List<TimedWord>();
        for (var piece = 0; piece < pieces.Count; piece++)
        {
            var start = TimeSpan.FromSeconds((double)cuts[piece].Start.Value / Pocketsphinx.SampleRate);
            words.AddRange(heard[piece].Select(w => w with { Start = w.Start + start, End = w.End + start }));
        }
        return new Transcript(Join(words), "en", Segments(words), words);
    }

    private static List<TimedWord> Segments(List<TimedWord> words)
    {
        var segments = new List<TimedWord>();
        var first = 0;
        for (var next = 1; next <= words.Count; next++)
        {
            if (next < words.Count && words[next].Start - words[next - 1].End < ParagraphPause)
                continue;
            var said = words[first..next];
            segments.Add(new TimedWord(Join(said), said[0].Start, said[^1].End));
            first = next;
        }
        return segments;
    }

    private static string Join(IEnumerable<TimedWord> words) => string.Join(' ', words.Select(word => word.Text));
}
