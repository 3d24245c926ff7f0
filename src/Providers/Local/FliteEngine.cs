using System.Globalization;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>
/// CMU flite 2.2, English, spawned once per chunk (50 to 70 times faster than real time). The text goes in as the value
/// of <c>-t</c>: a bare argument without a space would be taken for a file's name, and <c>-f</c> on standard input
/// writes no audio to a pipe since it goes back to append.
/// </summary>
public sealed class FliteEngine(LocalEngineOptions options) : ISpeechEngine
{
    private static readonly EngineVoice[] Voices =
    [
        Voice(
            "slt",
            "Sally",
            "en-US",
            VoiceGender.Female,
            "American woman, clear and even; the best for long texts.",
            16_000
        ),
        Voice("rms", "Roger", "en-US", VoiceGender.Male, "American man, calm and the easiest to understand.", 16_000),
        Voice("awb", "Alan", "en-GB", VoiceGender.Male, "Scottish man, brisk.", 16_000),
        Voice("kal16", "Kal", "en-US", VoiceGender.Male, "American man, a robotic diphone voice.", 16_000),
        Voice(
            "kal",
            "Kal (telephone)",
            "en-US",
            VoiceGender.Male,
            "American man, robotic, in telephone quality.",
            8_000
        ),
    ];

    /// <inheritdoc />
    public string Name => "flite";

    /// <inheritdoc />
    public EngineLimits Limits { get; } =
        new(Environment.ProcessorCount)
        {
            MaxCharacters = 2_000,
            MinSpeed = 0.5,
            MaxSpeed = 2,
            Formats = ["wav"],
        };

    /// <inheritdoc />
    public async Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel)
    {
        var version = await ExternalProgram.VersionAsync(options.FlitePath, "--version", cancel);
        return version is null
            ? EngineInspection.Absent(
                $"The program {options.FlitePath} is not installed. On Debian: apt-get install flite."
            )
            : new EngineInspection($"flite-{version}", null, Voices);
    }

    /// <inheritdoc />
    public Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel)
    {
        SpokenProgram.Check(Name, Limits, request);
        // flite silently speaks with its default voice when it does not know the name.
        if (!Voices.Any(voice => voice.EngineName == request.Voice))
            throw new ProviderException(Name, ProviderFailure.BadInput, $"There is no voice {request.Voice}.");

        string[] pace = request.Speed == 1 ? [] : ["--setf", "duration_stretch=" + Number(1 / request.Speed)];
        string[] arguments =
        [
            "-voice",
            request.Voice,
            .. pace,
            "-t",
            Plain(Pronunciation.Strip(request.Text)),
            "-o",
            "/dev/stdout",
        ];
        var call = new ProgramCall(options.FlitePath, arguments) { Timeout = options.Timeout };
        return SpokenProgram.SpeakAsync(Name, call, cancel);
    }

    // flite reads bytes, not characters: a typographic quote is three strange ones to it, and breaks the word it is in.
    private static string Plain(string text) =>
        SpokenProgram
            .Clean(text)
            .Replace('\u2018', '\'')
            .Replace('\u2019', '\'')
            .Replace('\u201C', '"')
            .Replace('\u201D', '"')
            .Replace("\u2014", ", ", StringComparison.Ordinal)
            .Replace('\u2013', '-')
            .Replace("\u2026", "...", StringComparison.Ordinal);

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    private static EngineVoice Voice(
        string name,
        string called,
        string language,
        VoiceGender gender,
        string description,
        int rate
    ) => new("flite-" + name, called, name, language, gender, description, rate);
}
