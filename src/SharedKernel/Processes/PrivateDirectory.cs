namespace Lectern.SharedKernel.Processes;

/// <summary>A new temporary directory that only this user can enter, deleted with all it holds when disposed.</summary>
public sealed class PrivateDirectory : IDisposable
{
    /// <summary>The absolute path of the directory.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("lectern-").FullName; // mode 0700

    /// <summary>The absolute path of a file in it.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <inheritdoc />
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Someone cleaned the temporary directory before us: nothing is left to do.
        }
    }
}
