using System.Security.Cryptography;
using Lectern.SharedKernel.Secrets;

namespace Lectern.Host.Settings;

/// <summary>Where the master key comes from: the setting, else a file that the first start makes.</summary>
internal static class MasterKeyFile
{
    /// <summary>Reads or makes the key.</summary>
    /// <exception cref="StartRefusedException">The file holds something else.</exception>
    public static MasterKey Load(string? configured, string dataFolder)
    {
        if (!string.IsNullOrEmpty(configured))
            return new MasterKey(Convert.FromBase64String(configured));

        var path = Path.Combine(Path.GetFullPath(dataFolder), "master.key");
        if (!File.Exists(path))
            Create(path);
        try
        {
            return new MasterKey(Convert.FromBase64String(File.ReadAllText(path).Trim()));
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            throw new StartRefusedException(
                $"{path} is not a master key (base64 of {MasterKey.Length} bytes): restore it from a backup.",
                StartRefusedException.WrongSetting
            );
        }
    }

    private static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var file = new FileStream(temporary, options))
        {
            file.Write(
                System.Text.Encoding.ASCII.GetBytes(
                    Convert.ToBase64String(RandomNumberGenerator.GetBytes(MasterKey.Length)) + "\n"
                )
            );
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(temporary); // another host was faster, and its key counts
        }
    }
}
