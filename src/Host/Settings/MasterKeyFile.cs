using System.Runtime.InteropServices;
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

        // A hard link is made or refused in one step; File.Move looks first and renames then, so that of two hosts that
        // start together the slower one would replace the key that the faster one has begun to use.
        if (link(temporary, path) != 0 && !File.Exists(path))
            File.Move(temporary, path, overwrite: false); // a file system without hard links
        File.Delete(temporary);
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int link(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string existing,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name
    );
}
