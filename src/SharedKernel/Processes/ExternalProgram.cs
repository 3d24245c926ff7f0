using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Lectern.SharedKernel.Processes;

/// <summary>
/// The one way in which Lectern runs another program: an argument list and never a shell, a bare environment, streams
/// that are read and written side by side, a wall clock, kernel limits, and nothing left running afterwards.
/// </summary>
public static partial class ExternalProgram
{
    private const int ErrorTailBytes = 8 * 1024;

    // Connection strings and provider keys live in our environment; a program that decodes hostile bytes gets none of it.
    private static readonly string[] InheritedVariables = ["PATH", "HOME", "TMPDIR"];

    /// <summary>Runs the program to its end.</summary>
    /// <exception cref="ExternalProgramException">It is not installed, failed, took too long or wrote too much.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the program and its children are dead.</exception>
    public static async Task<ProgramResult> RunAsync(ProgramCall call, CancellationToken cancellationToken)
    {
        var (exitCode, result) = await RunToExitAsync(call, cancellationToken);
        return exitCode == 0
            ? result
            : throw new ExternalProgramException(call.Program, ProgramFailure.Failed, exitCode, result.ErrorTail);
    }

    /// <summary>
    /// The first thing that reads like a version ("2.2-current") in what the program says of itself, or null when it is
    /// not installed. The exit code is not asked: <c>flite --version</c> answers with 1.
    /// </summary>
    public static async Task<string?> VersionAsync(string program, string argument, CancellationToken cancellationToken)
    {
        try
        {
            var call = new ProgramCall(program, argument) { Timeout = TimeSpan.FromSeconds(10) };
            var (_, result) = await RunToExitAsync(call, cancellationToken);
            var said = Encoding.UTF8.GetString(result.Output.Span) + "\n" + result.ErrorTail;
            var version = VersionNumber().Match(said);
            return version.Success ? version.Value : "unknown";
        }
        catch (ExternalProgramException)
        {
            return null;
        }
    }

    private static async Task<(int ExitCode, ProgramResult Result)> RunToExitAsync(
        ProgramCall call,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = Start(call);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(call.Timeout);
        var captured = call.Output is null ? new BoundedBuffer(call.MaxCapturedBytes) : null;
        var errors = new TailBuffer(ErrorTailBytes);
        using var output = process.StandardOutput.BaseStream;
        using var complaints = process.StandardError.BaseStream;
        try
        {
            // A pipe read can't always be cancelled, so the wait is; killing the tree then ends the reads.
            await AllOrFirstFailureAsync(
                    FeedAsync(process.StandardInput.BaseStream, call, deadline.Token),
                    output.CopyToAsync(call.Output ?? captured!, deadline.Token),
                    complaints.CopyToAsync(errors, deadline.Token)
                )
                .WaitAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, new ProgramResult(captured?.Written ?? default, errors.Text));
        }
        catch (OutputLimitException)
        {
            await KillAsync(process);
            throw new ExternalProgramException(call.Program, ProgramFailure.TooMuchOutput, null, errors.Text);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await KillAsync(process);
            throw new ExternalProgramException(call.Program, ProgramFailure.TimedOut, null, errors.Text);
        }
        catch
        {
            await KillAsync(process);
            throw;
        }
    }

    private static Process Start(ProgramCall call)
    {
        var info = new ProcessStartInfo(call.Program, call.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = call.WorkingDirectory ?? "",
        };
        var inherited = InheritedVariables.Select(name => (name, value: Environment.GetEnvironmentVariable(name)));
        info.Environment.Clear();
        foreach (var (name, value) in inherited)
            if (value is not null)
                info.Environment[name] = value;
        info.Environment["LC_ALL"] = "C.UTF-8";

        try
        {
            var process = Process.Start(info)!;
            if (call.Limits is { } limits && OperatingSystem.IsLinux())
                KernelLimits.Set(process.Id, limits);
            return process;
        }
        catch (Win32Exception absent)
        {
            throw new ExternalProgramException(call.Program, ProgramFailure.NotInstalled, null, absent.Message, absent);
        }
    }

    private static async Task FeedAsync(Stream input, ProgramCall call, CancellationToken cancellationToken)
    {
        try
        {
            await using (input)
            {
                if (call.WriteInput is not null)
                    await call.WriteInput(input, cancellationToken);
                else if (!call.Input.IsEmpty)
                    await input.WriteAsync(call.Input, cancellationToken);
            }
        }
        catch (IOException stoppedReading)
            when (stoppedReading.InnerException is SocketException { SocketErrorCode: SocketError.Shutdown }) // EPIPE
        {
            // Its exit code says whether that is a failure. Any other I/O error is the source's and must not pass for
            // the end of the input.
        }
    }

    private static async Task AllOrFirstFailureAsync(params Task[] tasks)
    {
        // When one stream fails the others may wait for ever, on a program that waits for us.
        await foreach (var done in Task.WhenEach(tasks))
            await done;
    }

    private static async Task KillAsync(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
            using var grace = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await process.WaitForExitAsync(grace.Token);
        }
        catch (Exception gone) when (gone is InvalidOperationException or Win32Exception or OperationCanceledException)
        {
            // It ended by itself between the decision and the signal, or the kernel holds it in uninterruptible sleep.
        }
    }

    [GeneratedRegex(@"\d+\.\d+[\w.+~-]*")]
    private static partial Regex VersionNumber();
}
