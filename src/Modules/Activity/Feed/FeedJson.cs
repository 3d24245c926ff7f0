using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Lectern.Activity.Catalogue;

namespace Lectern.Activity.Feed;

/// <summary>How the feed keeps what is told about events.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NoData))]
[JsonSerializable(typeof(JobSubmittedData))]
[JsonSerializable(typeof(JobFailedData))]
[JsonSerializable(typeof(JobReopenedData))]
[JsonSerializable(typeof(ChargedData))]
[JsonSerializable(typeof(CreditsData))]
[JsonSerializable(typeof(CreditsLowData))]
[JsonSerializable(typeof(CapsData))]
[JsonSerializable(typeof(CloneData))]
[JsonSerializable(typeof(CloneFailedData))]
[JsonSerializable(typeof(LexiconData))]
[JsonSerializable(typeof(LexiconChangedData))]
[JsonSerializable(typeof(RoleData))]
[JsonSerializable(typeof(MemberData))]
internal sealed partial class FeedJson : JsonSerializerContext
{
    /// <summary>How the data of a type is kept.</summary>
    public static JsonTypeInfo Of(PublicEventType type) =>
        Default.GetTypeInfo(type.Data)
        ?? throw new InvalidOperationException($"The feed can't keep what is told about {type.Name}.");
}
