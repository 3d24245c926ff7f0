using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Lectern.SharedKernel.Processes;

namespace Lectern.Providers.Local;

/// <summary>
/// Rule-based translation by Apertium 3.8 between the pairs of languages that are installed. Fast, and no more than a
/// help to understanding. A request is one run: its texts are the paragraphs of a small HTML page, whose tags and
/// entities the program lets through.
/// </summary>
public sealed partial class ApertiumTranslator(LocalEngineOptions options) : ITranslator
{
    private const string Install =
        "On Debian: apt-get install apertium apertium-eng-spa. It has no package in Homebrew.";

    // ISO 639-3 to 639-1, of the languages that Debian has pairs for. The wiki's list of pairs:
    // https://wiki.apertium.org/wiki/List_of_language_pairs.
    private static readonly Dictionary<string, string> ShortCodes = new(StringComparer.Ordinal)
    {
        ["afr"] = "af",
        ["arg"] = "an",
        ["ara"] = "ar",
        ["bel"] = "be",
        ["bul"] = "bg",
        ["bre"] = "br",
        ["cat"] = "ca",
        ["cym"] = "cy",
        ["dan"] = "da",
        ["eng"] = "en",
        ["epo"] = "eo",
        ["spa"] = "es",
        ["eus"] = "eu",
        ["fra"] = "fr",
        ["glg"] = "gl",
        ["hbs"] = "sh",
        ["hin"] = "hi",
        ["ind"] = "id",
        ["isl"] = "is",
        ["ita"] = "it",
        ["kaz"] = "kk",
        ["mkd"] = "mk",
        ["msa"] = "ms",
        ["mlt"] = "mt",
        ["nld"] = "nl",
        ["nno"] = "nn",
        ["nob"] = "nb",
        ["oci"] = "oc",
        ["por"] = "pt",
        ["ron"] = "ro",
        ["rus"] = "ru",
        ["srd"] = "sc",
        ["slv"] = "sl",
        ["swe"] = "sv",
        ["tat"] = "tt",
        ["ukr"] = "uk",
        ["urd"] = "ur",
    };

    private volatile IReadOnlyDictionary<string, string>? _modes;

    /// <inheritdoc />
    public string Name => "apertium";

    /// <summary>Its pairs are those that are installed, once it was inspected; until then, those that we install.</summary>
    public EngineLimits Limits =>
        new(Environment.ProcessorCount)
        {
            MaxCharacters = 50_000,
            Languages = _modes is { } modes ? [.. modes.Keys.Order(StringComparer.Ordinal)] : ["en-es", "es-en"],
        };

    /// <inheritdoc />
    public async Task<EngineInspection> InspectAsync(string? key, CancellationToken cancel)
    {
        var version = await ExternalProgram.VersionAsync(options.ApertiumPath, "-V", cancel);
        if (version is null)
            return EngineInspection.Absent($"The program {options.ApertiumPath} is not installed. {Install}");
        try
        {
            var modes = await ModesAsync(cancel);
            return modes.Count == 0
                ? EngineInspection.Absent($"Apertium has no pair of languages. {Install}")
                : new EngineInspection($"apertium-{version}", null, [])
                {
                    Models =
                    [
                        .. modes
                            .OrderBy(mode => mode.Key, StringComparer.Ordinal)
                            .Select(mode => new EngineModel(mode.Value, $"{mode.Key}, by rules")),
                    ],
                };
        }
        catch (ProviderException broken)
        {
            return EngineInspection.Absent($"{broken.Message} Reinstall the package apertium.");
        }
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<string>> TranslateAsync(
        TranslationRequest request,
        CallContext context,
        CancellationToken cancel
    )
    {
        if (request.Texts.Sum(text => text.Length) > Limits.MaxCharacters)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"The texts have more than {Limits.MaxCharacters} characters."
            );
        if (request.Texts.Count == 0)
            return [];
        var modes = _modes ?? await ModesAsync(cancel);
        if (Mode(modes, request.From, request.To) is not { } mode)
            throw new ProviderException(
                Name,
                ProviderFailure.BadInput,
                $"It has no pair {request.From}-{request.To}; it has {string.Join(", ", modes.Keys.Order())}."
            );

        var page = new StringBuilder();
        foreach (var text in request.Texts)
            page.Append("<p>").Append(WebUtility.HtmlEncode(LocalProgram.Clean(text))).Append("</p>\n");
        // -u: without the asterisk that it puts before words that it doesn't know.
        var call = new ProgramCall(options.ApertiumPath, "-u", "-f", "html", mode)
        {
            Input = Encoding.UTF8.GetBytes(page.ToString()),
            Timeout = options.Timeout,
        };
        var result = await LocalProgram.RunAsync(Name, call, cancel);
        var translated = Paragraph().Matches(Encoding.UTF8.GetString(result.Output.Span));
        return translated.Count == request.Texts.Count
            ? [.. translated.Select(paragraph => WebUtility.HtmlDecode(paragraph.Groups[1].Value).Trim())]
            : throw new ProviderException(
                Name,
                ProviderFailure.BadAnswer,
                $"{translated.Count} of {request.Texts.Count} texts came back."
            );
    }

    // "  eng-spa" a line; the right side may have a region: "spa-eng_US".
    private async Task<IReadOnlyDictionary<string, string>> ModesAsync(CancellationToken cancel)
    {
        var call = new ProgramCall(options.ApertiumPath, "-l") { Timeout = options.Timeout };
        var list = await LocalProgram.RunAsync(Name, call, cancel);
        var modes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (Match mode in ModeLine().Matches(Encoding.UTF8.GetString(list.Output.Span)))
            modes.TryAdd($"{Tag(mode.Groups[1].Value)}-{Tag(mode.Groups[2].Value)}", mode.Value.Trim());
        _modes = modes;
        return modes;
    }

    private static string Tag(string code)
    {
        var parts = code.Split('_', 2);
        var language = ShortCodes.GetValueOrDefault(parts[0], parts[0]);
        return parts.Length == 1 ? language : $"{language}-{parts[1]}";
    }

    private static string? Mode(IReadOnlyDictionary<string, string> modes, string from, string to)
    {
        var (source, target) = (from.Split('-')[0], to.Split('-')[0]);
        return modes.GetValueOrDefault($"{source}-{to}") ?? modes.GetValueOrDefault($"{source}-{target}");
    }

    [GeneratedRegex(@"^\s*([a-z]{2,3}(?:_[A-Z]{2})?)-([a-z]{2,3}(?:_[A-Z]{2})?)\s*$", RegexOptions.Multiline)]
    private static partial Regex ModeLine();

    [GeneratedRegex("<p>(.*?)</p>", RegexOptions.Singleline)]
    private static partial Regex Paragraph();
}
