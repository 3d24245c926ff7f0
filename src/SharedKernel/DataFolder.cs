namespace Lectern.SharedKernel;

/// <summary>The folder of what this host keeps outside of the database and the blob store.</summary>
/// <param name="Path">Absolute.</param>
public sealed record DataFolder(string Path);
