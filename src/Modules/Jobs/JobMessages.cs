namespace Lectern.Jobs;

/// <summary>Give the workspace's free places to its oldest pending jobs.</summary>
internal sealed record StartJobs(Guid Workspace);

/// <summary>Cut the manuscript, or, if an earlier run did, go on from where that run stopped.</summary>
internal sealed record PrepareManuscript(Guid Job, int Run);

/// <summary>Speak the chunk whose turn it is.</summary>
internal sealed record SynthesizeChunk(Guid Job, int Run, int Turn);

/// <summary>Encode a segment whose chunks are all there.</summary>
internal sealed record EncodeSegment(Guid Job, int Run, int Segment);

/// <summary>Join the segments into the finished file.</summary>
internal sealed record PackageAudiobook(Guid Job, int Run);

/// <summary>End a run that was asked to stop, once nobody works on it any more.</summary>
internal sealed record FinishStopping(Guid Job, int Run);

/// <summary>Find the files that nothing refers to since this job was deleted.</summary>
internal sealed record CollectFiles(Guid Job);

/// <summary>Delete files whose rows are gone.</summary>
internal sealed record DeleteFiles(IReadOnlyList<string> Blobs);
