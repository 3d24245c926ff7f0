using System.Globalization;
using System.Text;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>
/// CMU flite 2.2, English, spawned once per chunk (50 to 70 times faster than real time). The text goes in as the value
/// of <c>-t</c>: a bare argument without a space would be taken for a file's name, and <c>-f</c> on standard input
/// writes no audio to a pipe since it goes back to append. It says when each phone is spoken but not when each word is:
/// <see cref="ForcedAligner"/> finds that.
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
            GivesTimings = true,
            TakesIpa = true,
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
    public async Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel)
    {
        Limits.Check(Name, request);
        // flite silently speaks with its default voice when it does not know the name.
        if (!Voices.Any(voice => voice.EngineName == request.Voice))
            throw LocalProgram.NoVoice(Name, request.Voice);

        var pronunciations = new FlitePronunciations();
        var text = LocalProgram.Plain(Pronunciation.Render(request.Text, pronunciations.Say));
        List<string> arguments = ["-voice", request.Voice];
        if (request.Speed != 1)
            arguments.AddRange(["--setf", "duration_stretch=" + Number(1 / request.Speed)]);
        if (pronunciations.Entries.Length == 0 && !request.WantsTimings)
            return await SpeakAsync([.. arguments, "-t", text], cancel);

        using var folder = new PrivateDirectory();
        if (pronunciations.Entries.Length > 0)
        {
            await File.WriteAllTextAsync(folder.File("lexicon"), pronunciations.Entries, cancel);
            arguments.AddRange(["-add_lex", folder.File("lexicon")]);
        }
        arguments.AddRange(["-t", text]);
        if (!request.WantsTimings)
            return await SpeakAsync(arguments, cancel);

        // The timings take standard output, so the audio takes a file. That costs nothing that could be measured.
        var timed = Call([.. arguments, "-psdur", "-o", folder.File("speech.wav")]);
        var result = await LocalProgram.RunAsync(Name, timed, cancel);
        var audio = await LocalProgram.ReadAsync(Name, folder.File("speech.wav"), cancel);
        return new Speech(audio) { Phones = ReadPhones(Encoding.ASCII.GetString(result.Output.Span), audio.Duration) };
    }

    private async Task<Speech> SpeakAsync(List<string> arguments, CancellationToken cancel) =>
        new(await LocalProgram.SpeakAsync(Name, Call([.. arguments, "-o", "/dev/stdout"]), cancel));

    private ProgramCall Call(IReadOnlyList<string> arguments) =>
        new(options.FlitePath, arguments) { Timeout = options.Timeout };

    // "pau:0.164 hh:0.255": each phone with its end. Pauses aren't spoken, and only move the next one's start.
    private List<TimedWord> ReadPhones(string printed, TimeSpan duration)
    {
        var phones = new List<TimedWord>();
        var start = TimeSpan.Zero;
        foreach (var item in printed.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = item.LastIndexOf(':');
            if (
                colon < 1
                || !double.TryParse(
                    item[(colon + 1)..],
                    NumberStyles.Float,
                    CultureInfo.InvariantCulture,
                    out var seconds
                )
            )
                throw new ProviderException(Name, ProviderFailure.BadAnswer, "Its timings can't be read.");
            var end = TimeSpan.FromSeconds(Math.Min(seconds, duration.TotalSeconds)); // it rounds beyond the last sample
            if (item[..colon] != "pau")
                phones.Add(new TimedWord(item[..colon], start, end));
            start = end;
        }
        return phones;
    }

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
