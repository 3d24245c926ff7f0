namespace Lectern.Host;

/// <summary>
/// The program can't start, and it is not a defect: a setting is wrong, a program is missing, a port is taken. The
/// message is one line for the person who started it; no stack trace is shown.
/// </summary>
internal sealed class StartRefusedException(string message, int exitCode = StartRefusedException.CannotStart)
    : Exception(message)
{
    /// <summary>Something that the program needs isn't there.</summary>
    public const int CannotStart = 1;

    /// <summary>A setting has a value that doesn't fit.</summary>
    public const int WrongSetting = 2;

    /// <summary>What the process exits with.</summary>
    public int ExitCode { get; } = exitCode;
}
