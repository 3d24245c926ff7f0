using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Lectern.Activity.Catalogue;

/// <summary>How what is told about events is written, wherever it is kept or sent.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NoData))]
[JsonSerializable(typeof(JobSubmittedData))]
[JsonSerializable(typeof(JobRunData))]
[JsonSerializable(typeof(JobPreparedData))]
[JsonSerializable(typeof(ChunkDoneData))]
[JsonSerializable(typeof(VoiceFellBackData))]
[JsonSerializable(typeof(ChapterAssembledData))]
[JsonSerializable(typeof(AudioAssembledData))]
[JsonSerializable(typeof(ChargedData))]
[JsonSerializable(typeof(JobFailedData))]
[JsonSerializable(typeof(JobReopenedData))]
[JsonSerializable(typeof(JobMovedData))]
[JsonSerializable(typeof(CreditsData))]
[JsonSerializable(typeof(CreditsLowData))]
[JsonSerializable(typeof(CapsData))]
[JsonSerializable(typeof(CloneData))]
[JsonSerializable(typeof(CloneFailedData))]
[JsonSerializable(typeof(LexiconChangedData))]
[JsonSerializable(typeof(LexiconData))]
[JsonSerializable(typeof(RoleData))]
[JsonSerializable(typeof(MemberData))]
[JsonSerializable(typeof(WebhookDisabledData))]
internal sealed partial class PublicJson : JsonSerializerContext
{
    /// <summary>How the data of a type is written.</summary>
    public static JsonTypeInfo Of(PublicEventType type) =>
        Default.GetTypeInfo(type.Data)
        ?? throw new InvalidOperationException($"{type.Data.Name} of {type.Name} is missing in {nameof(PublicJson)}.");
}
