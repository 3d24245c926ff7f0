using System.Globalization;
using System.Text.RegularExpressions;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Characters;

/// <summary>Who may see a character.</summary>
internal enum CharacterVisibility
{
    /// <summary>Its workspace.</summary>
    Private,

    /// <summary>Everybody who is logged in.</summary>
    Public,
}

/// <summary>That the voice may be cloned.</summary>
/// <param name="Statement">Who agrees, in the person's own words.</param>
/// <param name="By"><c>self</c>: the voice is the person's own; <c>permitted</c>: its owner agrees.</param>
internal sealed record GiveConsent(string Statement, string By)
{
    private const int MostCharacters = 2_000;

    /// <summary>What is wrong with it; none when it fits.</summary>
    public IEnumerable<FieldError> Faults(string statement, string by)
    {
        if (string.IsNullOrWhiteSpace(Statement) || Statement.Length > MostCharacters)
            yield return new FieldError(statement, $"must say who agrees, in at most {MostCharacters} characters");
        if (By is not ("self" or "permitted"))
            yield return new FieldError(by, "must be self or permitted");
    }
}

/// <summary>The texts of the form that makes a character, with what holds where they are silent.</summary>
internal sealed partial record CharacterRequest(
    string Name,
    string Description,
    string Language,
    string Gender,
    CharacterVisibility Visibility,
    CharacterParameters Parameters,
    GiveConsent? Consent
)
{
    public const int MostNameCharacters = 100;
    public const int MostDescriptionCharacters = 2_000;

    public static readonly IReadOnlyCollection<string> Fields =
    [
        "name",
        "description",
        "language",
        "gender",
        "visibility",
        "speed",
        "steps",
        "crossFade",
        "removeSilences",
        "consentStatement",
        "consentBy",
    ];

    public static (CharacterRequest? Request, Problem? Refusal) Of(IReadOnlyDictionary<string, string> fields)
    {
        var faults = new List<FieldError>();
        var given = new CharacterParameters();
        var request = new CharacterRequest(
            fields.GetValueOrDefault("name", "").Trim(),
            fields.GetValueOrDefault("description", "").Trim(),
            fields.GetValueOrDefault("language", "en"),
            OneOf("gender", "neutral", "female", "male"),
            OneOf("visibility", "private", "public") == "public"
                ? CharacterVisibility.Public
                : CharacterVisibility.Private,
            new CharacterParameters(
                Number("speed", given.Speed),
                (int)Number("steps", given.Steps),
                Number("crossFade", given.CrossFade),
                OneOf("removeSilences", "true", "false") == "true"
            ),
            fields.ContainsKey("consentStatement") || fields.ContainsKey("consentBy")
                ? new GiveConsent(
                    fields.GetValueOrDefault("consentStatement", ""),
                    fields.GetValueOrDefault("consentBy", "")
                )
                : null
        );
        faults.AddRange(NameFaults("name", request.Name));
        faults.AddRange(DescriptionFaults("description", request.Description));
        if (!LanguageTag().IsMatch(request.Language))
            faults.Add(new FieldError("language", "must be a BCP 47 tag such as en or en-GB"));
        faults.AddRange(ParameterFaults("", request.Parameters));
        faults.AddRange(request.Consent?.Faults("consentStatement", "consentBy") ?? []);
        return faults.Count == 0
            ? (request, null)
            : (null, CommonProblems.InvalidValues.With("The form has values that don't fit.", [.. faults]));

        string OneOf(string field, params string[] values)
        {
            var value = fields.GetValueOrDefault(field, values[0]);
            if (values.Contains(value))
                return value;
            faults.Add(new FieldError(field, $"must be one of {string.Join(", ", values)}"));
            return values[0];
        }

        double Number(string field, double otherwise)
        {
            if (!fields.TryGetValue(field, out var text))
                return otherwise;
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return field == "steps" && number % 1 != 0 ? double.NaN : number;
            faults.Add(new FieldError(field, "must be a number"));
            return otherwise;
        }
    }

    public static IEnumerable<FieldError> NameFaults(string field, string name)
    {
        if (name.Length is 0 or > MostNameCharacters || name.Any(char.IsControl))
            yield return new FieldError(field, $"must have 1 to {MostNameCharacters} characters, all of one line");
    }

    public static IEnumerable<FieldError> DescriptionFaults(string field, string description)
    {
        if (description.Length > MostDescriptionCharacters)
            yield return new FieldError(field, $"may have at most {MostDescriptionCharacters} characters");
    }

    /// <summary>Also of a NaN, which is between nothing.</summary>
    public static IEnumerable<FieldError> ParameterFaults(string before, CharacterParameters parameters)
    {
        if (parameters.Speed is not (>= 0.5 and <= 2))
            yield return new FieldError(before + "speed", "must be from 0.5 to 2");
        if (parameters.Steps is < 4 or > 64)
            yield return new FieldError(before + "steps", "must be a whole number from 4 to 64");
        if (parameters.CrossFade is not (>= 0 and <= 1))
            yield return new FieldError(before + "crossFade", "must be from 0 to 1");
    }

    [GeneratedRegex(@"\A[a-z]{2,3}(-[A-Za-z]{4})?(-[A-Z]{2})?\z")]
    private static partial Regex LanguageTag();
}
