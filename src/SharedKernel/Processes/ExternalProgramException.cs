namespace Lectern.SharedKernel.Processes;

/// <summary>Why a run of an external program came to nothing.</summary>
public enum ProgramFailure
{
    /// <summary>The program could not be started: absent, or not executable.</summary>
    NotInstalled,

    /// <summary>It ran and answered with an exit code other than zero, or was killed by a signal (128 + its number).</summary>
    Failed,

    /// <summary>It took longer than its wall-clock limit and was killed.</summary>
    TimedOut,

    /// <summary>It wrote more than was asked for and was killed.</summary>
    TooMuchOutput,
}

/// <summary>A run of an external program failed. The message holds the end of what it wrote to standard error.</summary>
public sealed class ExternalProgramException : Exception
{
    /// <summary>Describes the failed run.</summary>
    public ExternalProgramException(
        string program,
        ProgramFailure failure,
        int? exitCode = null,
        string errorTail = "",
        Exception? inner = null
    )
        : base(Describe(program, failure, exitCode, errorTail), inner)
    {
        Program = program;
        Failure = failure;
        ExitCode = exitCode;
        ErrorTail = errorTail;
    }

    /// <summary>The program as it was asked for.</summary>
    public string Program { get; }

    /// <summary>What kind of failure this is.</summary>
    public ProgramFailure Failure { get; }

    /// <summary>The exit code, when the program ended by itself or by a signal (128 + signal).</summary>
    public int? ExitCode { get; }

    /// <summary>The last 8 KB of standard error.</summary>
    public string ErrorTail { get; }

    private static string Describe(string program, ProgramFailure failure, int? exitCode, string errorTail)
    {
        var what = failure switch
        {
            ProgramFailure.NotInstalled => "could not be started",
            ProgramFailure.TimedOut => "took too long and was stopped",
            ProgramFailure.TooMuchOutput => "wrote too much and was stopped",
            _ => $"ended with exit code {exitCode}",
        };
        return errorTail.Length == 0 ? $"{program} {what}." : $"{program} {what}: {errorTail.Trim()}";
    }
}
