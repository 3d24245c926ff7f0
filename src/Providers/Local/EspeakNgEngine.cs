using System.Globalization;
using System.Text;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>
/// espeak-ng 1.51, a formant synthesizer for about 130 languages and accents, spawned once per chunk. The text goes in
/// through standard input. Its licence (GPL-3) is why it is spawned and never linked.
/// </summary>
public sealed class EspeakNgEngine(LocalEngineOptions options) : ISpeechEngine
{
    private const int SampleRate = 22_050;
    private const double NaturalWordsPerMinute = 175; // espeak-ng's own default

    // The few of its ~100 timbres that people bear for long, as counterparts to the plain (male) voices.
    private static readonly (string Suffix, string Name, VoiceGender Gender)[] EnglishVariants =
    [
        ("f2", "female 2", VoiceGender.Female),
        ("f4", "female 4", VoiceGender.Female),
        ("m3", "male 3", VoiceGender.Male),
        ("m7", "male 7", VoiceGender.Male),
    ];

    /// <inheritdoc />
    public string Name => "espeak";

    /// <inheritdoc />
    public EngineLimits Limits { get; } =
        new(Environment.ProcessorCount)
        {
            MaxCharacters = 4_000,
            MinSpeed = 0.5,
            MaxSpeed = 2,
            Formats = ["wav"],
        };

    /// <inheritdoc />
    public async Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel)
    {
        var version = await ExternalProgram.VersionAsync(options.EspeakNgPath, "--version", cancel);
        if (version is null)
            return EngineInspection.Absent(
                $"The program {options.EspeakNgPath} is not installed. On Debian: apt-get install espeak-ng."
            );
        try
        {
            var call = new ProgramCall(options.EspeakNgPath, "--voices") { Timeout = options.Timeout };
            var list = await ExternalProgram.RunAsync(call, cancel);
            return new EngineInspection(
                $"espeak-ng-{version}",
                null,
                ParseVoices(Encoding.UTF8.GetString(list.Output.Span))
            );
        }
        catch (ExternalProgramException broken)
        {
            return EngineInspection.Absent($"{broken.Message} Reinstall the package espeak-ng.");
        }
    }

    /// <inheritdoc />
    public Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel)
    {
        SpokenProgram.Check(Name, Limits, request);
        if (!IsVoiceName(request.Voice))
            throw new ProviderException(Name, ProviderFailure.BadInput, $"There is no voice {request.Voice}.");

        var pace = Math.Round(NaturalWordsPerMinute * request.Speed).ToString(CultureInfo.InvariantCulture);
        // It takes [[…]] for phoneme codes, which no author means.
        var text = SpokenProgram
            .Clean(Pronunciation.Strip(request.Text))
            .Replace("[[", "[ [", StringComparison.Ordinal);
        var call = new ProgramCall(
            options.EspeakNgPath,
            ["--stdin", "--stdout", "-b", "1", "-v", request.Voice, "-s", pace]
        )
        {
            Input = Encoding.UTF8.GetBytes(text),
            Timeout = options.Timeout,
        };
        return SpokenProgram.SpeakAsync(Name, call, cancel);
    }

    // A voice is a file below the program's data directory; a name with dots could reach outside.
    private static bool IsVoiceName(string name) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '/' or '+');

    // Columns: priority, language, age/gender, name, file, other languages. Names have underscores for spaces.
    private static List<EngineVoice> ParseVoices(string table)
    {
        var voices = new List<EngineVoice>();
        var ids = new HashSet<string>();
        foreach (var line in table.Split('\n').Skip(1))
        {
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length < 5 || columns[4].StartsWith("mb/", StringComparison.Ordinal)) // MBROLA: data not included
                continue;
            var (language, name, file) = (columns[1], columns[3].Replace('_', ' ').Trim(), columns[4]);
            var gender = columns[2].EndsWith('F') ? VoiceGender.Female : VoiceGender.Male;
            var id = "espeak-" + language.ToLowerInvariant();
            if (!ids.Add(id)) // two spellings of one language
                ids.Add(id = "espeak-" + file[(file.LastIndexOf('/') + 1)..].ToLowerInvariant());

            voices.Add(Voice(id, name, file, language, gender));
            if (language is "en-us" or "en-gb")
                foreach (var (suffix, called, ofVariant) in EnglishVariants)
                    voices.Add(Voice($"{id}-{suffix}", $"{name}, {called}", $"{file}+{suffix}", language, ofVariant));
        }
        return voices;
    }

    private static EngineVoice Voice(string id, string name, string file, string language, VoiceGender gender) =>
        new(id, name, file, language, gender, $"{name}: a synthetic voice, robotic but distinct.", SampleRate);
}
