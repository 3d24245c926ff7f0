using System.Globalization;
using System.Text;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>
/// RHVoice 1.8 by its program RHVoice-test (https://github.com/RHVoice/RHVoice/blob/master/src/test/test.cpp), when
/// somebody has installed it: its voices are in Debian's non-free section. Which are there, its data folder says.
/// </summary>
/// <remarks>
/// Only the English voices that were made from CMU ARCTIC's permissive recordings, and Alan, are offered. Others may not be
/// used commercially (evgeniy-eng, lyubov) or have terms that nobody here has read.
/// </remarks>
public sealed class RhVoiceEngine(LocalEngineOptions options) : ISpeechEngine
{
    private const int SampleRate = 24_000;

    private static readonly EngineVoice[] Offered =
    [
        Voice("slt", "SLT", "en-US", VoiceGender.Female, "American woman, even and clear."),
        Voice("clb", "CLB", "en-US", VoiceGender.Female, "American woman, lively."),
        Voice("bdl", "BDL", "en-US", VoiceGender.Male, "American man, warm."),
        Voice("alan", "Alan", "en-GB", VoiceGender.Male, "Scottish man, brisk."),
    ];

    /// <inheritdoc />
    public string Name => "rhvoice";

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
        var version = await ExternalProgram.VersionAsync(options.RhVoicePath, "--version", cancel);
        var installed = InstalledVoices();
        if (version is null)
            return Absent($"The program {options.RhVoicePath} is not installed.");
        return installed.Length == 0
            ? Absent($"None of RHVoice's voices that are offered is in {options.RhVoiceFolder}.")
            : new EngineInspection($"rhvoice-{version}", null, installed);
    }

    /// <inheritdoc />
    public async Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel)
    {
        Limits.Check(Name, request);
        if (!Offered.Any(voice => voice.EngineName == request.Voice))
            throw LocalProgram.NoVoice(Name, request.Voice);

        using var folder = new PrivateDirectory();
        var speech = folder.File("speech.wav");
        var percent = Math.Round(request.Speed * 100).ToString(CultureInfo.InvariantCulture);
        var call = new ProgramCall(options.RhVoicePath, "-p", request.Voice, "-r", percent, "-o", speech)
        {
            Input = Encoding.UTF8.GetBytes(LocalProgram.Clean(Pronunciation.Strip(request.Text)) + "\n"),
            Timeout = options.Timeout,
        };
        await LocalProgram.RunAsync(Name, call, cancel);
        return new Speech(await LocalProgram.ReadAsync(Name, speech, cancel));
    }

    // A voice is a folder of its name below voices/; the case differs between versions.
    private EngineVoice[] InstalledVoices()
    {
        var folder = new DirectoryInfo(Path.Combine(options.RhVoiceFolder, "voices"));
        if (!folder.Exists)
            return [];
        var there = folder
            .EnumerateDirectories()
            .Select(voice => voice.Name)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. Offered.Where(voice => there.Contains(voice.EngineName))];
    }

    private static EngineInspection Absent(string reason) =>
        new(null, $"{reason} On Debian, from the section non-free: apt-get install rhvoice rhvoice-english.", Offered);

    private static EngineVoice Voice(
        string name,
        string called,
        string language,
        VoiceGender gender,
        string description
    ) => new("rhvoice-" + name, called, name, language, gender, description, SampleRate);
}
