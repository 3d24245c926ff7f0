using System.Text.Json.Serialization;
using Lectern.Library.Contracts;
using Lectern.Library.Projects;

namespace Lectern.Library;

/// <summary>How events and snapshots are stored. Changing a shape here means a new version of the name.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProjectCreated))]
[JsonSerializable(typeof(ProjectChanged))]
[JsonSerializable(typeof(ProjectDeleted))]
[JsonSerializable(typeof(Project))]
internal sealed partial class LibraryJson : JsonSerializerContext;
