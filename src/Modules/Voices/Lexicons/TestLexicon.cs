using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Media;
using Lectern.Voices.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Voices.Lexicons;

/// <summary>Lets a lexicon be heard.</summary>
/// <param name="Text">A word or a sentence, at most 100 characters.</param>
/// <param name="Voice">A voice that speaks on this machine, or by a key of the workspace's own.</param>
internal sealed record TestLexicon(string Text, string Voice);

/// <summary>A word before and after.</summary>
/// <param name="Word">As it stands in the text.</param>
/// <param name="Spoken">ipa: the engine speaks its pronunciation; alias: it is given the alias, and takes no pronunciation or there is none; unchanged: it takes no pronunciation, and there is no alias.</param>
/// <param name="As">What it is given.</param>
internal sealed record TestedWord(string Word, string Spoken, string As);

/// <summary>A text before and after, as WAV files in Base64.</summary>
/// <param name="Before">Without the lexicon.</param>
/// <param name="After">With it; null when it changes nothing.</param>
/// <param name="Words">The entries that were found in the text.</param>
internal sealed record LexiconTest(byte[] Before, byte[]? After, IReadOnlyList<TestedWord> Words);

/// <summary><c>POST /lexicons/{id}/test</c>.</summary>
internal static class TestLexiconEndpoint
{
    private const int LongestText = 100;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/lexicons/{id}/test", HandleAsync)
            .WithName("TestLexicon")
            .WithTags("lexicons")
            .WithSummary("Hear a text without a lexicon and with it")
            .WithExample(
                new TestLexicon("Queequeg", "flite-slt"),
                new LexiconTest("RIFF"u8.ToArray(), "RIFF"u8.ToArray(), [new("Queequeg", "ipa", "ˈkwiːkwɛɡ")])
            )
            .WithProblems(CommonProblems.NotFound, CommonProblems.InvalidValues, VoicesProblems.VoiceUnavailable);

    private static async Task<Results<Ok<LexiconTest>, ProblemResult>> HandleAsync(
        string id,
        TestLexicon command,
        Caller caller,
        EventStore store,
        VoiceDirectory directory,
        LexiconVoices voices,
        CancellationToken cancel
    )
    {
        if (string.IsNullOrWhiteSpace(command.Text) || command.Text.Length > LongestText)
            return Refuse(new FieldError("/text", $"must have 1 to {LongestText} characters"));
        await using var session = store.OpenSession(caller);
        if (await ReadLexiconsEndpoints.FindAsync(session, id, cancel) is not (_, { } entries))
            return LexiconSummary.NotFound.AsResult();
        if (await directory.FindAsync(caller.Workspace, command.Voice, cancel) is not { } voice)
            return Refuse(new FieldError("/voice", "is not a voice of the catalogue"));
        // A test is free, so nobody may run up the platform's bill with it.
        if (voice.Engine.Limits.IsRemote && voice.Voice.Class != EngineVoice.OwnAccountClass)
            return Refuse(new FieldError("/voice", "must speak on this machine, or by a key of the workspace's own"));
        if (voice.Unavailable is { } reason)
            return VoicesProblems.Unavailable(reason).AsResult();

        var lexicon = Lexicon.Of(entries);
        var (limits, language) = (voice.Engine.Limits, voice.Voice.Language);
        var after = lexicon.Apply(command.Text, limits, language);
        try
        {
            var plain = await voices.SpeakAsync(voice, command.Text, caller.Workspace, cancel);
            var changed =
                after == command.Text ? null : await voices.SpeakAsync(voice, after, caller.Workspace, cancel);
            return TypedResults.Ok(new LexiconTest(plain, changed, Words(lexicon, command.Text, limits, language)));
        }
        catch (ProviderException failure)
        {
            return VoicesProblems.Failed(failure).AsResult();
        }
    }

    // Every entry that is in the text, also those that this engine can make nothing of.
    private static List<TestedWord> Words(Lexicon lexicon, string text, EngineLimits limits, string language)
    {
        var takesAll = limits with { TakesIpa = true, IpaLanguages = [] };
        var words = new List<TestedWord>();
        foreach (var found in lexicon.Find(text, takesAll, language))
        {
            var (word, entry) = (text.Substring(found.Start, found.Length), found.Entry);
            words.Add(
                entry.Ipa is { } ipa && limits.TakesIpaIn(language) ? new TestedWord(word, "ipa", ipa)
                : entry.Alias is { } alias ? new TestedWord(word, "alias", alias)
                : new TestedWord(word, "unchanged", word)
            );
        }
        return words;
    }

    private static ProblemResult Refuse(FieldError fault) =>
        CommonProblems.InvalidValues.With("This can't be spoken.", fault).AsResult();
}

/// <summary>Speaks for tests of lexicons: few at once, however many ask, and each as a recorded call of the workspace.</summary>
internal sealed class LexiconVoices(EventStore store, EngineCalls engines, RecordedCalls calls)
{
    private const int AtOnce = 2;
    private readonly SemaphoreSlim _slots = new(AtOnce);

    /// <summary>A WAV file.</summary>
    /// <exception cref="ProviderException">The engine failed.</exception>
    public async Task<byte[]> SpeakAsync(CatalogueVoice voice, string text, Guid workspace, CancellationToken cancel)
    {
        await _slots.WaitAsync(cancel);
        try
        {
            var (call, speech) = await engines.SpeakAsync(
                voice,
                text,
                new CallPurpose(store.NewId(), workspace),
                cancel
            );
            await calls.SucceededAsync(call);
            return Wav.Write(speech.Audio);
        }
        finally
        {
            _slots.Release();
        }
    }
}
