using System.Text.Json.Serialization;
using Lectern.Voices.Characters;
using Lectern.Voices.Contracts;

namespace Lectern.Voices;

/// <summary>How events, messages and snapshots are stored. Changing a shape here means a new version of the name.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CharacterCreated))]
[JsonSerializable(typeof(CharacterChanged))]
[JsonSerializable(typeof(CharacterPublished))]
[JsonSerializable(typeof(CharacterUnpublished))]
[JsonSerializable(typeof(CharacterPictured))]
[JsonSerializable(typeof(CharacterPictureDeleted))]
[JsonSerializable(typeof(ConsentGiven))]
[JsonSerializable(typeof(ConsentWithdrawn))]
[JsonSerializable(typeof(VoiceCloned))]
[JsonSerializable(typeof(CloneFailed))]
[JsonSerializable(typeof(CloneDeleted))]
[JsonSerializable(typeof(CharacterDeleted))]
[JsonSerializable(typeof(CloneVoice))]
[JsonSerializable(typeof(DeleteClone))]
[JsonSerializable(typeof(DeleteCharacterFolder))]
[JsonSerializable(typeof(DeleteCharacterFiles))]
[JsonSerializable(typeof(Character))]
internal sealed partial class VoicesJson : JsonSerializerContext;
