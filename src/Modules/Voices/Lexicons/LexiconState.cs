using System.Text.Json.Serialization;
using Lectern.Eventing;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Lexicons;

/// <summary>A lexicon as its events tell it; its version is the stream's.</summary>
internal sealed record LexiconState(int Entries, bool IsDeleted)
{
    public static readonly LexiconState Initial = new(0, false);

    public static LexiconState Evolve(LexiconState state, object happened) =>
        happened switch
        {
            LexiconCreated created => state with { Entries = created.Entries },
            LexiconChanged changed => state with { Entries = changed.Entries },
            LexiconDeleted => state with { IsDeleted = true },
            _ => state,
        };

    public static void Register(EventingBuilder eventing)
    {
        eventing.Event("voices.lexicon_created.v1", LexiconsJson.Default.LexiconCreated);
        eventing.Event("voices.lexicon_changed.v1", LexiconsJson.Default.LexiconChanged);
        eventing.Event("voices.lexicon_described.v1", LexiconsJson.Default.LexiconDescribed);
        eventing.Event("voices.lexicon_deleted.v1", LexiconsJson.Default.LexiconDeleted);
        eventing.Stream("lexicon", Initial, Evolve, LexiconsJson.Default.LexiconState);
    }
}

/// <summary>How the events of lexicons are stored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(LexiconCreated))]
[JsonSerializable(typeof(LexiconChanged))]
[JsonSerializable(typeof(LexiconDescribed))]
[JsonSerializable(typeof(LexiconDeleted))]
[JsonSerializable(typeof(LexiconState))]
internal sealed partial class LexiconsJson : JsonSerializerContext;
