using System.Globalization;
using System.Text;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>
/// espeak-ng 1.51, a formant synthesizer for about 130 languages and accents, spawned once per chunk. The text goes in
/// through standard input. Its licence (GPL-3) is why it is spawned and never linked.
/// </summary>
/// <remarks>
/// Any of its about 100 timbres ("variants") goes with any language: 13,000 voices, of which a list would help nobody.
/// Listed are each language in its plain voice, American English in every timbre, and British English in the few that
/// people bear for long. <see cref="FindUnlisted"/> finds the others by their ids: <c>espeak-fr-fr-alicia</c>.
/// </remarks>
public sealed class EspeakNgEngine(LocalEngineOptions options) : ISpeechEngine
{
    private const int SampleRate = 22_050;
    private const double NaturalWordsPerMinute = 175; // espeak-ng's own default
    private static readonly string[] BearableVariants = ["f2", "f4", "m3", "m7"];

    private volatile Known _known = new(new Dictionary<string, EngineVoice>(), []);

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
            TakesIpa = true,
            IpaLanguages = ["en"],
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
            var plain = PlainVoices(await ListAsync("--voices", cancel));
            var variants = Variants(await ListAsync("--voices=variant", cancel));
            _known = new Known(plain.ToDictionary(voice => voice.Id), variants);
            return new EngineInspection($"espeak-ng-{version}", null, [.. Listed(plain, variants)]);
        }
        catch (ExternalProgramException broken)
        {
            return EngineInspection.Absent($"{broken.Message} Reinstall the package espeak-ng.");
        }
    }

    /// <inheritdoc />
    public EngineVoice? FindUnlisted(string id)
    {
        var known = _known;
        // Both languages and variants have hyphens in their names, so each hyphen may be the one between them.
        for (var hyphen = id.LastIndexOf('-'); hyphen > 0; hyphen = id.LastIndexOf('-', hyphen - 1))
            if (
                known.Plain.GetValueOrDefault(id[..hyphen]) is { } voice
                && known.Variants.FirstOrDefault(v => v.Suffix == id[(hyphen + 1)..]) is { } variant
            )
                return InVariant(voice, variant);
        return null;
    }

    /// <inheritdoc />
    public async Task<Speech> SynthesizeAsync(SpeechRequest request, CallContext context, CancellationToken cancel)
    {
        Limits.Check(Name, request);
        if (!IsVoiceName(request.Voice))
            throw LocalProgram.NoVoice(Name, request.Voice);

        var pace = Math.Round(NaturalWordsPerMinute * request.Speed).ToString(CultureInfo.InvariantCulture);
        var english = IsEnglish(request.Voice); // each language has phonemes of its own
        var text = Pronunciation.Render(
            LocalProgram.Clean(request.Text),
            WithoutPhonemes,
            (word, ipa) => (english ? EspeakPhonemes.Render(ipa) : null) ?? WithoutPhonemes(word)
        );
        var call = new ProgramCall(
            options.EspeakNgPath,
            ["--stdin", "--stdout", "-b", "1", "-v", request.Voice, "-s", pace]
        )
        {
            Input = Encoding.UTF8.GetBytes(text),
            Timeout = options.Timeout,
        };
        return new Speech(await LocalProgram.SpeakAsync(Name, call, cancel));
    }

    // It takes [[…]] for phoneme mnemonics, which no author means; nor must an author's last bracket join with ours.
    private static string WithoutPhonemes(string text)
    {
        var apart = text.Replace("[[", "[ [", StringComparison.Ordinal);
        return apart.EndsWith('[') ? apart + " " : apart;
    }

    // A voice is a file below the program's data directory; a name with dots could reach outside.
    private static bool IsVoiceName(string name) =>
        name.Length is > 0 and <= 64
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '/' or '+' or ' ');

    // gmw/en-US+f2: below the family of West Germanic languages.
    private static bool IsEnglish(string voice) => voice[(voice.LastIndexOf('/') + 1)..].Split('+', '-')[0] == "en";

    private async Task<string> ListAsync(string argument, CancellationToken cancel)
    {
        var call = new ProgramCall(options.EspeakNgPath, argument) { Timeout = options.Timeout };
        var list = await ExternalProgram.RunAsync(call, cancel);
        return Encoding.UTF8.GetString(list.Output.Span);
    }

    // Columns: priority, language, age/gender, name, file, other languages. Names have underscores for spaces.
    private static List<EngineVoice> PlainVoices(string table)
    {
        var voices = new List<EngineVoice>();
        var ids = new HashSet<string>();
        foreach (var line in table.Split('\n').Skip(1))
        {
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length < 5 || columns[4].StartsWith("mb/", StringComparison.Ordinal)) // MBROLA: data not included
                continue;
            var (language, name, file) = (columns[1], columns[3].Replace('_', ' ').Trim(), columns[4]);
            var id = "espeak-" + language.ToLowerInvariant();
            if (!ids.Add(id)) // two spellings of one language
                ids.Add(id = "espeak-" + file[(file.LastIndexOf('/') + 1)..].ToLowerInvariant());
            voices.Add(new EngineVoice(id, name, file, language, GenderOf(columns[2]), Description(name), SampleRate));
        }
        return voices;
    }

    // The same columns; a file's name may have a space in it, and begins with "!v/".
    private static List<Variant> Variants(string table)
    {
        var variants = new List<Variant>();
        foreach (var line in table.Split('\n').Skip(1))
        {
            var columns = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length < 5 || !columns[4].StartsWith("!v/", StringComparison.Ordinal))
                continue;
            var file = columns[4].Split("  ", 2)[0].Trim()[3..];
            var suffix = file.ToLowerInvariant().Replace(' ', '-');
            var name = columns[3].Replace('_', ' ');
            if (variants.All(other => other.Suffix != suffix))
                variants.Add(new Variant(suffix, name, file, GenderOf(columns[2])));
        }
        return variants;
    }

    private static IEnumerable<EngineVoice> Listed(List<EngineVoice> plain, List<Variant> variants)
    {
        foreach (var voice in plain)
        {
            yield return voice;
            foreach (var variant in variants)
                if (
                    voice.Language == "en-us"
                    || (voice.Language == "en-gb" && BearableVariants.Contains(variant.Suffix))
                )
                    yield return InVariant(voice, variant);
        }
    }

    private static EngineVoice InVariant(EngineVoice voice, Variant variant) =>
        voice with
        {
            Id = $"{voice.Id}-{variant.Suffix}",
            Name = $"{voice.Name}, {variant.Name}",
            EngineName = $"{voice.EngineName}+{variant.File}",
            Gender = variant.Gender,
            Description = Description($"{voice.Name}, {variant.Name}"),
        };

    private static VoiceGender GenderOf(string column) => column.EndsWith('F') ? VoiceGender.Female : VoiceGender.Male;

    private static string Description(string name) => $"{name}: a synthetic voice, robotic but distinct.";

    private sealed record Variant(string Suffix, string Name, string File, VoiceGender Gender);

    private sealed record Known(IReadOnlyDictionary<string, EngineVoice> Plain, IReadOnlyList<Variant> Variants);
}
