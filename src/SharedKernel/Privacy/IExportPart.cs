namespace Lectern.SharedKernel.Privacy;

/// <summary>Whose data is exported.</summary>
/// <param name="Person">The person.</param>
/// <param name="Workspace">The personal workspace, all of which is the person's.</param>
public sealed record DataSubject(Guid Person, Guid Workspace);

/// <summary>
/// What a module adds to the export of a person's data. Everything of the personal workspace belongs into it, and of
/// shared workspaces only facts about the person; no secret, and nothing about anybody else.
/// </summary>
public interface IExportPart
{
    /// <summary>The folder in the archive, lower case; unique in the system.</summary>
    string Name { get; }

    /// <summary>What is in the folder, in a sentence for the person.</summary>
    string About { get; }

    /// <summary>Writes the folder, piece by piece: what is exported may be larger than the memory.</summary>
    Task WriteAsync(DataSubject subject, ExportFolder folder, CancellationToken cancel);
}
