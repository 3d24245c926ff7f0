using System.Security.Cryptography;
using System.Text.Json;
using Lectern.Jobs.Audio;
using Lectern.Jobs.Manuscript;
using Lectern.Library.Contracts;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.Voices.Contracts;

namespace Lectern.Jobs.Submission;

/// <summary>What a client asks for when it submits a job or wants a quote; a multipart form has the same fields.</summary>
/// <param name="Text">The manuscript; in a form it may be a file instead.</param>
/// <param name="Kind">What to make; <c>audiobook</c> is the default.</param>
/// <param name="Title">The book's title; the file's name or "Untitled" without one.</param>
/// <param name="Author">The author, for the file's tags.</param>
/// <param name="Markup"><c>plain</c> or <c>markdown</c>; by the file's ending, else plain.</param>
/// <param name="Voice">A voice's id; that of the setting <c>audio.voice</c> without.</param>
/// <param name="FallbackVoice">
/// A voice that speaks the passages that the provider of <paramref name="Voice"/> can't or won't. It must not be dearer.
/// Without it, such a passage fails the job.
/// </param>
/// <param name="Language">
/// The text's language as a BCP-47 tag, for a voice that speaks many. A voice of one language reads in that.
/// </param>
/// <param name="Format"><c>m4b</c>, <c>mp3</c> or <c>wav</c>; that of the setting <c>audio.format</c> without.</param>
/// <param name="Bitrate">
/// Kilobits per second; that of the setting <c>audio.bitrate</c> without, if the format has it, else the format's default.
/// </param>
/// <param name="Project">The project to keep the job in; none without. It changes nothing about a quote.</param>
/// <param name="Quote">For POST /jobs: the quote to accept. The job is then held at exactly its high.</param>
/// <param name="Job">For POST /quotes: the failed or cancelled job that is to go on; all else is left out then.</param>
internal sealed record JobRequest(
    string? Text = null,
    string? Kind = null,
    string? Title = null,
    string? Author = null,
    string? Markup = null,
    string? Voice = null,
    string? FallbackVoice = null,
    string? Language = null,
    string? Format = null,
    int? Bitrate = null,
    string? Project = null,
    string? Quote = null,
    string? Job = null
);

/// <summary>A request whose values fit.</summary>
internal sealed record CheckedRequest(
    string Text,
    string Title,
    string? Author,
    bool Markdown,
    string Language,
    CatalogueVoice Voice,
    CatalogueVoice? Fallback,
    AudioFormat Format,
    Guid? Project
);

/// <summary>A body as it came, with the hash that tells a repeat from another request.</summary>
internal sealed record ReceivedRequest(JobRequest Request, byte[]? File, string? FileName, byte[] Fingerprint);

internal static class JobRequests
{
    private const int MaxTitle = 300;

    private const string UnknownLanguage = "und"; // RFC 5646: no rule of any language is applied

    /// <summary>Checks shape and values; reads nothing but the voice catalogue.</summary>
    public static async Task<(CheckedRequest? Request, Problem? Refusal)> CheckAsync(
        ReceivedRequest received,
        AudioDefaults defaults,
        Guid workspace,
        VoiceDirectory voices,
        JobsOptions options,
        CancellationToken cancel
    )
    {
        var request = received.Request;
        var errors = new List<FieldError>();
        if (request.Kind is not (null or JobKinds.Audiobook))
            errors.Add(new FieldError("/kind", $"must be {JobKinds.Audiobook}"));
        if (request.Job is not null)
            errors.Add(new FieldError("/job", "is for POST /quotes; POST /jobs/{id}/retry goes on with a job"));
        if (TitleFault(request.Title) is { } badTitle)
            errors.Add(badTitle);
        if (request.Author is { Length: > MaxTitle })
            errors.Add(new FieldError("/author", $"must have at most {MaxTitle} characters"));
        if (request.Markup is not (null or "plain" or "markdown"))
            errors.Add(new FieldError("/markup", "must be plain or markdown"));
        if (request.Language is { } language && !IsTag(language))
            errors.Add(new FieldError("/language", "must be a BCP-47 tag such as en or pt-BR"));
        var project = Guid.Empty;
        if (request.Project is { } named && !PublicId.TryParse(ProjectDirectory.Prefix, named, out project))
            errors.Add(new FieldError("/project", "must be the id of a project"));
        if (request.Text is null && received.File is null)
            errors.Add(new FieldError("/text", "is required, or a file in a multipart form"));
        if (request.Text is not null && received.File is not null)
            errors.Add(new FieldError("/text", "must not come together with a file"));

        var name = request.Format ?? defaults.Format;
        var bitrate =
            request.Bitrate
            ?? (defaults.Bitrate is { } rate && AudioFormat.BitratesOf(name).Contains(rate) ? rate : null);
        var format = AudioFormat.Find(name, bitrate);
        if (format is null)
            errors.Add(
                AudioFormat.Find(name) is null
                    ? new FieldError("/format", "must be m4b, mp3 or wav")
                    : new FieldError(
                        "/bitrate",
                        AudioFormat.BitratesOf(name) is { Count: > 0 } rates
                            ? $"must be one of {string.Join(", ", rates)} for {name}"
                            : $"must not be given for {name}"
                    )
            );
        if (errors.Count > 0)
            return (null, CommonProblems.InvalidValues.With("The request has values that don't fit.", [.. errors]));

        var id = request.Voice ?? defaults.Voice;
        var byDefault = request.Voice is null && id is not null ? $"The setting audio.voice names {id}: " : "";
        var (voice, unusable) = await FindVoiceAsync(id ?? voices.Default()?.Voice.Id, byDefault, "/voice");
        if (voice is null)
            return (null, unusable);
        CatalogueVoice? fallback = null;
        if (request.FallbackVoice is { } other)
        {
            (fallback, unusable) = await FindVoiceAsync(other, "", "/fallbackVoice");
            if (fallback is null)
                return (null, unusable);
        }
        if (fallback is not null && !Speaks(fallback, voice.Voice.Language))
            return (
                null,
                CommonProblems.InvalidValues.With(
                    $"The voice {voice.Voice.Id} speaks {voice.Voice.Language}, {fallback.Voice.Id} {fallback.Voice.Language}.",
                    new FieldError("/fallbackVoice", "must speak the voice's language")
                )
            );
        if (
            request.Language is { } tag
            && new[] { voice, fallback }.FirstOrDefault(v => !Speaks(v, tag)) is { } foreign
        )
            return (
                null,
                CommonProblems.InvalidValues.With(
                    $"The voice {foreign.Voice.Id} speaks {foreign.Voice.Language}.",
                    new FieldError("/language", "is not the voice's language")
                )
            );

        var text = ManuscriptText.Read(
            received.File ?? System.Text.Encoding.UTF8.GetBytes(request.Text!),
            options.MaxCharacters
        );
        if (text.Fault is { } fault)
            return (null, Refuse(fault, text.Detail, received.File is null ? "/text" : "file"));

        return (
            new CheckedRequest(
                text.Text!,
                request.Title ?? TitleOf(received.FileName) ?? "Untitled",
                string.IsNullOrWhiteSpace(request.Author) ? null : request.Author,
                request.Markup is { } markup ? markup == "markdown" : IsMarkdown(received.FileName),
                request.Language
                    ?? (voice.Voice.Language == EngineVoice.ManyLanguages ? UnknownLanguage : voice.Voice.Language),
                voice,
                fallback,
                format!,
                request.Project is null ? null : project
            ),
            null
        );

        async Task<(CatalogueVoice? Voice, Problem? Refusal)> FindVoiceAsync(
            string? id,
            string named,
            string pointer
        ) =>
            (id is null ? null : await voices.FindAsync(workspace, id, cancel)) switch
            {
                null when id is null => (
                    null,
                    JobsProblems.VoiceUnavailable.With("No voice is available on this server.")
                ),
                null => (
                    null,
                    JobsProblems.UnknownVoice.With(
                        $"{named}There is no voice {id}.",
                        new FieldError(pointer, "is not a voice of the catalogue")
                    )
                ),
                { Unavailable: { } reason } => (
                    null,
                    JobsProblems.VoiceUnavailable.With(named + reason, new FieldError(pointer, "is not available"))
                ),
                { } found => (found, null),
            };
    }

    /// <summary>What is wrong with a title; null when it fits, or there is none.</summary>
    public static FieldError? TitleFault(string? title) =>
        title is not null && (title.Length > MaxTitle || string.IsNullOrWhiteSpace(title))
            ? new FieldError("/title", $"must have 1 to {MaxTitle} characters")
            : null;

    private static bool IsTag(string tag) =>
        tag.Length is >= 2 and <= 35
        && tag.Split('-').All(part => part.Length is >= 1 and <= 8 && part.All(char.IsAsciiLetterOrDigit));

    // A text in British English can be read by an American voice; one in French can't.
    private static bool Speaks(CatalogueVoice? voice, string tag) =>
        voice is null
        || tag == EngineVoice.ManyLanguages
        || voice.Voice.Language == EngineVoice.ManyLanguages
        || voice.Voice.Language.Split('-')[0].Equals(tag.Split('-')[0], StringComparison.OrdinalIgnoreCase);

    private static Problem Refuse(TextFault fault, string detail, string pointer) =>
        fault == TextFault.TooLong
            ? JobsProblems.TextTooLong.With(detail, new FieldError(pointer, "is too long"))
            : JobsProblems.UnusableText.With(detail, new FieldError(pointer, "can't be read as a text"));

    private static bool IsMarkdown(string? fileName) =>
        Path.GetExtension(fileName)?.ToLowerInvariant() is ".md" or ".markdown";

    private static string? TitleOf(string? fileName)
    {
        var name = Path.GetFileNameWithoutExtension(fileName?.Replace('\\', '/'));
        if (name is null)
            return null;
        name = string.Concat(name.Where(c => !char.IsControl(c))).Replace('_', ' ').Replace('-', ' ').Trim();
        return name.Length == 0 ? null : name[..Math.Min(name.Length, MaxTitle)];
    }

    /// <summary>Reads a JSON body and its fingerprint.</summary>
    /// <exception cref="JsonException">It isn't the JSON that is wanted; the host answers with a problem.</exception>
    public static ReceivedRequest Read(byte[] body) =>
        new(
            JsonSerializer.Deserialize<JobRequest>(body, StrictJson.Options)
                ?? throw new JsonException("The body is null."),
            null,
            null,
            SHA256.HashData(body)
        );
}
