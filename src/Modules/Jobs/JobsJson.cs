using System.Text.Json.Serialization;
using Lectern.Jobs.Contracts;

namespace Lectern.Jobs;

/// <summary>How events, messages and snapshots are stored. Changing a shape here means a new version of the name.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(JobSubmitted))]
[JsonSerializable(typeof(JobStarted))]
[JsonSerializable(typeof(ManuscriptPrepared))]
[JsonSerializable(typeof(VoiceFellBack))]
[JsonSerializable(typeof(ChunkSynthesized))]
[JsonSerializable(typeof(ChunkReused))]
[JsonSerializable(typeof(SegmentEncoded))]
[JsonSerializable(typeof(ChapterAssembled))]
[JsonSerializable(typeof(AudioAssembled))]
[JsonSerializable(typeof(JobCompleted))]
[JsonSerializable(typeof(JobFailed))]
[JsonSerializable(typeof(JobCancellationRequested))]
[JsonSerializable(typeof(JobCancelled))]
[JsonSerializable(typeof(JobReopened))]
[JsonSerializable(typeof(JobMoved))]
[JsonSerializable(typeof(JobRenamed))]
[JsonSerializable(typeof(JobDeletionRequested))]
[JsonSerializable(typeof(JobDeleted))]
[JsonSerializable(typeof(StartJobs))]
[JsonSerializable(typeof(PrepareManuscript))]
[JsonSerializable(typeof(SynthesizeChunk))]
[JsonSerializable(typeof(EncodeSegment))]
[JsonSerializable(typeof(PackageAudiobook))]
[JsonSerializable(typeof(FinishStopping))]
[JsonSerializable(typeof(CollectFiles))]
[JsonSerializable(typeof(DeleteFiles))]
[JsonSerializable(typeof(Job))]
internal sealed partial class JobsJson : JsonSerializerContext;
