using System.Globalization;
using System.Text;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>
/// Festival 2.5 with the HTS voice of CMU ARCTIC's slt, by its program text2wave. The text lies in a file, which festival
/// reads as text and never as Scheme; what it evaluates is ours alone. It reads Latin-1: other scripts are not spoken,
/// and are found out by <see cref="SpeechCheck"/>.
/// </summary>
public sealed class FestivalEngine(LocalEngineOptions options) : ISpeechEngine
{
    private const string Install =
        "On Debian: apt-get install festival festvox-us-slt-hts. It has no package in Homebrew.";

    private static readonly EngineVoice Slt = new(
        "festival-slt",
        "Sally (HTS)",
        "cmu_us_slt_arctic_hts",
        "en-US",
        VoiceGender.Female,
        "American woman, softer than flite's, and slower to make.",
        32_000
    );

    /// <inheritdoc />
    public string Name => "festival";

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
        var version = await ExternalProgram.VersionAsync(options.FestivalPath, "--version", cancel);
        if (version is null)
            return Absent($"The program {options.FestivalPath} is not installed. {Install}");
        try
        {
            // The voice is a package of its own; festival says which are there.
            var voices = new ProgramCall(options.FestivalPath, "--batch", "(print (voice.list))")
            {
                Timeout = options.Timeout,
            };
            var list = await ExternalProgram.RunAsync(voices, cancel);
            return Encoding.UTF8.GetString(list.Output.Span).Contains(Slt.EngineName, StringComparison.Ordinal)
                ? new EngineInspection($"festival-{version}", null, [Slt])
                : Absent($"Festival's voice {Slt.EngineName} is not installed. {Install}");
        }
        catch (ExternalProgramException broken)
        {
            return Absent($"{broken.Message} Reinstall the package festival.");
        }
    }

    /// <inheritdoc />
    public async Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel)
    {
        Limits.Check(Name, request);
        if (request.Voice != Slt.EngineName)
            throw LocalProgram.NoVoice(Name, request.Voice);

        using var folder = new PrivateDirectory();
        var (text, speech) = (folder.File("text.txt"), folder.File("speech.wav"));
        var latin = LocalProgram.Plain(Pronunciation.Strip(request.Text));
        await File.WriteAllTextAsync(text, latin + "\n", Encoding.Latin1, cancel);
        var pace = request.Speed.ToString("0.####", CultureInfo.InvariantCulture);
        // -r is the synthesizer's rate of speech: https://hts-engine.sourceforge.net (hts_engine's usage).
        var voice =
            $"(begin (voice_{Slt.EngineName}) "
            + $"(set! hts_engine_params (append hts_engine_params (list (list \"-r\" {pace})))))";
        var call = new ProgramCall(options.Text2WavePath, "-eval", voice, "-o", speech, text)
        {
            Timeout = options.Timeout,
            WorkingDirectory = folder.Path,
        };
        await LocalProgram.RunAsync(Name, call, cancel);
        return new Speech(await LocalProgram.ReadAsync(Name, speech, cancel));
    }

    private static EngineInspection Absent(string reason) => new(null, reason, [Slt]);
}
